/** What a condition, where it is true, says of single columns of virtual tables: by its form alone. */
import type { Key, Operator } from '@millrace/plugin-sdk'
import type { Binding, Block, FromItem } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import type { CatalogColumn } from '../catalog/virtual-table.js'
import { findAll, type Inside, inside, type Node, sameTree } from '../parse/syntax-tree.js'
import { extremeNode } from './build-nodes.js'
import type { ColumnTraces, TracedColumn } from './column-traces.js'
import { rowItems, rowPairs } from './compared-rows.js'
import { comparedTruth } from './compared-truth.js'
import { isNeverTrue } from './constant-condition.js'
import { isMixedList, listed, mixedListSources } from './listed-values.js'
import { operatorName } from './operator-name.js'
import type { Comparison, Equality, ValueSource } from './pushable.js'
import { type Seen, seenThrough } from './seen-through.js'
import { mayAskForWideDigits } from './wide-digits.js'
import { type Wrapper, wrappedColumn } from './wrapped-column.js'

/** A column of the condition's own block, and the virtual table's column behind it. */
export interface Target extends TracedColumn {
  readonly anchor: FromItem
}

/** A column, and a comparison that holds of it. */
export interface ColumnComparison {
  readonly target: Target
  readonly comparison: Comparison
  /** Whether the condition says no more of the column. */
  readonly isExact: boolean
}

export class Comparisons {
  readonly #binding: Binding
  readonly #functions: FunctionTraits
  readonly #traces: ColumnTraces

  constructor(binding: Binding, functions: FunctionTraits, traces: ColumnTraces) {
    this.#binding = binding
    this.#functions = functions
    this.#traces = traces
  }

  /** What follows from an expression that is true. @param within the block whose columns may be narrowed */
  of(expression: Node, within: Block): readonly ColumnComparison[] {
    const operation = inside(expression, 'A_Expr')
    if (operation !== undefined) return this.#ofOperation(operation, within)
    const { boolop, args = [] } = inside(expression, 'BoolExpr') ?? {}
    if (boolop === 'AND_EXPR') return args.flatMap((part) => this.of(part, within))
    if (boolop === 'OR_EXPR') {
      const arms = args.filter((arm) => !isNeverTrue(arm))
      return alternatives(arms.map((arm) => this.of(arm, within)))
    }
    if (boolop === 'NOT_EXPR') return this.#ofFalse(args[0], within)
    const booleanTest = inside(expression, 'BooleanTest')
    if (booleanTest !== undefined) {
      const { booltesttype, arg } = booleanTest
      if (booltesttype === 'IS_TRUE') return arg === undefined ? [] : this.of(arg, within)
      return booltesttype === 'IS_FALSE' ? this.#ofFalse(arg, within) : []
    }
    const nullTest = inside(expression, 'NullTest')
    if (nullTest !== undefined) {
      const operator = nullTest.nulltesttype === 'IS_NULL' ? 'is null' : 'is not null'
      return this.#on(nullTest.arg, within, { operator })
    }
    const link = inside(expression, 'SubLink')
    if (link?.subselect !== undefined && isPlainIn(link, this.#functions)) {
      return this.#ofSubquery(link.testexpr, link.subselect, within)
    }
    return this.#ofBoolean(expression, true, within)
  }

  /** What follows from an expression that is false, and not NULL. */
  #ofFalse(expression: Node | undefined, within: Block): readonly ColumnComparison[] {
    if (expression === undefined) return []
    const operation = inside(expression, 'A_Expr')
    if (operation !== undefined) {
      const negated = negatedOperation(operation)
      return negated === undefined ? [] : this.#ofOperation(negated, within)
    }
    const { boolop, args = [] } = inside(expression, 'BoolExpr') ?? {}
    if (boolop === 'OR_EXPR') return args.flatMap((part) => this.#ofFalse(part, within))
    if (boolop === 'AND_EXPR') return alternatives(args.map((part) => this.#ofFalse(part, within)))
    if (boolop === 'NOT_EXPR') return args[0] === undefined ? [] : this.of(args[0], within)
    const { booltesttype, arg } = inside(expression, 'BooleanTest') ?? {}
    if (booltesttype === 'IS_NOT_TRUE') return arg === undefined ? [] : this.of(arg, within)
    if (booltesttype === 'IS_NOT_FALSE') return this.#ofFalse(arg, within)
    const nullTest = inside(expression, 'NullTest')
    if (nullTest !== undefined) {
      const operator = nullTest.nulltesttype === 'IS_NULL' ? 'is not null' : 'is null'
      return this.#on(nullTest.arg, within, { operator })
    }
    return this.#ofBoolean(expression, false, within)
  }

  #ofOperation(operation: Inside<'A_Expr'>, within: Block): readonly ColumnComparison[] {
    const { lexpr, rexpr } = operation
    const name = operatorName(operation.name)
    if (lexpr === undefined || rexpr === undefined || name === undefined) return []
    // It may not be PostgreSQL's own, and do anything.
    if (this.#functions.hasShadowedOperators && operation.name?.length === 1) return []
    const items = inside(rexpr, 'List')?.items
    switch (operation.kind) {
      case 'AEXPR_OP': {
        if (inside(lexpr, 'RowExpr') !== undefined) return this.#ofRows(name, lexpr, rexpr, within)
        const truth = name === '=' ? comparedTruth(lexpr, rexpr) : undefined
        if (truth !== undefined) {
          return truth.value ? this.of(truth.expression, within) : this.#ofFalse(truth.expression, within)
        }
        return this.#ofComparison(name, lexpr, rexpr, within)
      }
      case 'AEXPR_LIKE':
      case 'AEXPR_ILIKE':
        return this.#ofComparison(name, lexpr, rexpr, within)
      case 'AEXPR_IN': {
        if (items === undefined) return []
        if (inside(lexpr, 'RowExpr') !== undefined) {
          return name === '=' ? this.#ofRowList(lexpr, items, within) : []
        }
        if (isMixedList(items, this.#isOf(within)))
          return name === '=' ? this.#ofMixedList(lexpr, items, within) : []
        if (name === '=') return this.#on(lexpr, within, listed(items))
        return items.flatMap((node) => this.#on(lexpr, within, { operator: '<>', node }))
      }
      case 'AEXPR_OP_ANY': {
        if (name !== '=') return []
        const source: ValueSource = { kind: 'elements', node: rexpr }
        return this.#on(lexpr, within, { operator: '=', sources: [source] })
      }
      case 'AEXPR_NOT_DISTINCT':
        return [...this.#ofSame(lexpr, rexpr, within), ...this.#ofSame(rexpr, lexpr, within)]
      case 'AEXPR_BETWEEN':
      case 'AEXPR_BETWEEN_SYM':
        return this.#ofBetween(lexpr, items ?? [], operation.kind === 'AEXPR_BETWEEN_SYM', within)
      default:
        return []
    }
  }

  /** Whether an expression names a column of a block. */
  #isOf(block: Block): (expression: Node) => boolean {
    return (expression) =>
      findAll(expression, 'ColumnRef').some((one) => this.#binding.columnOf(one)?.fromItem.block === block)
  }

  /** Of a column as it stands: what is made of one may be of any type. */
  #ofMixedList(column: Node, items: readonly Node[], within: Block): readonly ColumnComparison[] {
    const reference = inside(column, 'ColumnRef')
    const bound = reference && this.#binding.columnOf(reference)
    if (bound?.fromItem.block !== within) return []
    return this.#traces.of(bound).flatMap((traced): readonly ColumnComparison[] => {
      const type = definitionOf(traced)?.databaseType
      if (type === undefined || traced.wrappers.length > 0) return []
      const sources = mixedListSources(items, type, this.#isOf(within))
      const target: Target = { ...traced, anchor: bound.fromItem }
      return seenOf(target, [], { operator: '=', sources }).map((seen) => ({ target, ...seen }))
    })
  }

  #ofBetween(
    column: Node,
    bounds: readonly Node[],
    isSymmetric: boolean,
    within: Block,
  ): readonly ColumnComparison[] {
    const [first, second] = bounds
    if (first === undefined || second === undefined) return []
    if (sameTree(first, second)) return this.#on(column, within, equalTo(first))
    if (isSymmetric) {
      const [low, high] = [extremeNode('least', bounds), extremeNode('greatest', bounds)]
      return [
        ...this.#on(column, within, { operator: '>=', node: low, bounds }),
        ...this.#on(column, within, { operator: '<=', node: high, bounds }),
      ]
    }
    return [
      ...this.#on(column, within, { operator: '>=', node: first }),
      ...this.#on(column, within, { operator: '<=', node: second }),
    ]
  }

  /** `x IS NOT DISTINCT FROM …` */
  #ofSame(column: Node, node: Node, within: Block): readonly ColumnComparison[] {
    const source: ValueSource = { kind: 'expression', node, matchesNull: true }
    return this.#on(column, within, { operator: '=', sources: [source] })
  }

  #ofComparison(name: string, left: Node, right: Node, within: Block): readonly ColumnComparison[] {
    const commuted = commutators.get(name)
    const said = mayAskForWideDigits(name, right, this.#functions) ? undefined : comparisonOf(name, right)
    const saidCommuted = commuted === undefined ? undefined : comparisonOf(commuted, left)
    return [
      ...(said === undefined ? [] : this.#on(left, within, said)),
      ...(saidCommuted === undefined ? [] : this.#on(right, within, saidCommuted)),
    ]
  }

  /** Rows are compared column by column; the first that differ decide. */
  #ofRows(name: string, left: Node, right: Node, within: Block): readonly ColumnComparison[] {
    const link = inside(right, 'SubLink')
    if (name === '=' && link?.subLinkType === 'EXPR_SUBLINK' && link.subselect !== undefined) {
      return this.#ofSubquery(left, link.subselect, within)
    }
    const pairs = rowPairs(left, right) ?? []
    if (name === '=') return pairs.flatMap(([one, other]) => this.#ofComparison('=', one, other, within))
    const [first] = pairs
    const bound = rowBounds.get(name)
    return first === undefined || bound === undefined ? [] : this.#ofComparison(bound, ...first, within)
  }

  /** `(a, b) IN ((1, 2), (3, 4))`: each column has its values, but not all combinations of them are meant. */
  #ofRowList(left: Node, items: readonly Node[], within: Block): readonly ColumnComparison[] {
    const pairs = items.map((item) => rowPairs(left, item))
    return (pairs[0] ?? []).flatMap(([column], index) => {
      const nodes = pairs.map((row) => row?.[index]?.[1])
      const sources = nodes.flatMap((node): ValueSource[] =>
        node === undefined ? [] : [{ kind: 'expression', node }],
      )
      if (sources.length < items.length) return []
      return this.#on(column, within, { operator: '=', sources })
    })
  }

  /** `x IN (SELECT …)`, `(x, y) IN (SELECT …, …)`. */
  #ofSubquery(left: Node | undefined, select: Node, within: Block): readonly ColumnComparison[] {
    const columns = inside(left, 'RowExpr') === undefined ? [left] : (rowItems(left) ?? [])
    return columns.flatMap((column, index) => {
      const source: ValueSource = { kind: 'subquery', select, index, count: columns.length }
      return this.#on(column, within, { operator: '=', sources: [source] })
    })
  }

  #ofBoolean(node: Node | undefined, value: boolean, within: Block): readonly ColumnComparison[] {
    const comparison: Comparison = { operator: '=', sources: [{ kind: 'boolean', value }] }
    return this.#on(node, within, comparison).filter(({ target }) => definitionOf(target)?.type === 'boolean')
  }

  #on(node: Node | undefined, within: Block, said: Comparison): readonly ColumnComparison[] {
    const wrapped = wrappedColumn(node, this.#functions)
    const bound = wrapped && this.#binding.columnOf(wrapped.reference)
    // A column of another query is one value here, and cannot be narrowed.
    if (wrapped === undefined || bound === undefined || bound.fromItem.block !== within) return []
    return this.#traces.of(bound).flatMap((traced): readonly ColumnComparison[] => {
      const target: Target = { ...traced, anchor: bound.fromItem }
      return seenOf(target, wrapped.wrappers, said).map((seen) => ({ target, ...seen }))
    })
  }
}

/** What a comparison with something that is made of a column says of the virtual table's column behind it. */
export function seenOf(
  traced: TracedColumn,
  wrappers: readonly Wrapper[],
  said: Comparison,
): readonly Seen[] {
  const type = definitionOf(traced)?.type
  const key = traced.fromItem.table.definition.keys[traced.column]
  return type === undefined
    ? []
    : seenThrough([...traced.wrappers, ...wrappers], type, key, plainly(said, key))
}

function definitionOf({ fromItem, column }: TracedColumn): CatalogColumn | undefined {
  return fromItem.table.columns.find(({ name }) => name === column)
}

/** A pattern that matches nothing but itself is an equality. */
function plainly(said: Comparison, key: Key | undefined): Comparison {
  if (said.operator !== '~~' || key?.operators.includes('=') !== true) return said
  const pattern = inside(said.node, 'A_Const')?.sval
  return pattern === undefined || /[%_\\]/.test(pattern.sval ?? '') ? said : equalTo(said.node)
}

/** One of several conditions is true: a column is narrowed when each of them gives values for it. */
function alternatives(arms: readonly (readonly ColumnComparison[])[]): readonly ColumnComparison[] {
  const [first, ...others] = arms.map((arm) =>
    arm.flatMap(({ target, comparison, isExact }) =>
      comparison.operator === '=' ? [{ target, comparison, isExact }] : [],
    ),
  )
  const found: ColumnComparison[] = []
  for (const { target, comparison, isExact } of first ?? []) {
    const matching = others.flatMap((arm) => arm.find((other) => isSameColumn(other.target, target)) ?? [])
    if (matching.length < others.length) continue
    found.push({
      target,
      comparison: anyOf([comparison, ...matching.map((match) => match.comparison)]),
      isExact: isExact && matching.every((match) => match.isExact),
    })
  }
  // With one arm left, whatever it says.
  return arms.length === 1 ? (arms[0] ?? []) : found
}

function anyOf(comparisons: readonly Equality[]): Equality {
  const sources = comparisons.flatMap((one) => one.sources)
  return { operator: '=', sources, lists: comparisons.flatMap(({ lists = [] }) => lists) }
}

/** The operation that is true where this one is false; undefined for operations that have none. */
function negatedOperation(operation: Inside<'A_Expr'>): Inside<'A_Expr'> | undefined {
  const name = operatorName(operation.name)
  const isRow = inside(operation.lexpr, 'RowExpr') !== undefined
  const negator = name === undefined || isRow ? undefined : negators.get(name)
  if (operation.kind === 'AEXPR_DISTINCT') return { ...operation, kind: 'AEXPR_NOT_DISTINCT' }
  const isSimple =
    operation.kind === 'AEXPR_OP' ||
    operation.kind === 'AEXPR_IN' ||
    operation.kind === 'AEXPR_LIKE' ||
    operation.kind === 'AEXPR_ILIKE'
  return negator === undefined || !isSimple
    ? undefined
    : { ...operation, name: [{ String: { sval: negator } }] }
}

function isSameColumn(left: TracedColumn, right: TracedColumn): boolean {
  return left.fromItem === right.fromItem && left.column === right.column
}

export function isPlainIn(link: Inside<'SubLink'>, functions: FunctionTraits): boolean {
  if (functions.hasShadowedOperators || link.subLinkType !== 'ANY_SUBLINK') return false
  return link.operName === undefined || operatorName(link.operName) === '='
}

const commutators: ReadonlyMap<string, string> = new Map([
  ['=', '='],
  ['<>', '<>'],
  ['<', '>'],
  ['>', '<'],
  ['<=', '>='],
  ['>=', '<='],
])

const negatorPairs = [
  ['=', '<>'],
  ['<', '>='],
  ['>', '<='],
  ['~~', '!~~'],
  ['~~*', '!~~*'],
  ['~', '!~'],
  ['~*', '!~*'],
] as const

const negators: ReadonlyMap<string, string> = new Map(
  negatorPairs.flatMap(([one, other]) => [[one, other] as const, [other, one] as const]),
)

/** What a comparison of rows says of their first columns. */
const rowBounds: ReadonlyMap<string, string> = new Map([
  ['<', '<='],
  ['<=', '<='],
  ['>', '>='],
  ['>=', '>='],
])

const nodeOperators: ReadonlySet<string> = new Set<Exclude<Operator, '=' | 'is null' | 'is not null'>>([
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  '~~',
  '~~*',
  '!~~',
  '!~~*',
  '~',
  '~*',
  '!~',
  '!~*',
])

function isNodeOperator(name: string): name is Exclude<Operator, '=' | 'is null' | 'is not null'> {
  return nodeOperators.has(name)
}

function equalTo(node: Node): Comparison {
  return { operator: '=', sources: [{ kind: 'expression', node }] }
}

function comparisonOf(name: string, node: Node): Comparison | undefined {
  if (name === '=') return equalTo(node)
  return isNodeOperator(name) ? { operator: name, node } : undefined
}
