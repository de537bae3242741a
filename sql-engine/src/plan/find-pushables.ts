/** Finds, in the conditions of a statement, those that could narrow a scan. */
import type { Operator } from '@millrace/plugin-sdk/qual'
import type { Binding, Block, Condition, Leaf } from '../bind/binding.js'
import { type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import type { FunctionTraits } from './function-traits.js'
import type { Comparison, Pushable, ValueSource } from './pushable.js'
import { passesConditions, type TracedColumn, traceColumn, traceOutput } from './trace-column.js'

export function findPushables(binding: Binding, functions: FunctionTraits): readonly Pushable[] {
  const finder = new Finder(binding, functions)
  return binding.blocks.flatMap(({ conditions }) => conditions.flatMap((condition) => finder.find(condition)))
}

/** A column of the condition's own block, and the virtual table's column behind it. */
interface Target extends TracedColumn {
  readonly anchor: Leaf
}

class Finder {
  readonly #binding: Binding
  readonly #functions: FunctionTraits

  constructor(binding: Binding, functions: FunctionTraits) {
    this.#binding = binding
    this.#functions = functions
  }

  find(condition: Condition): readonly Pushable[] {
    const found: Pushable[] = []
    for (const [target, comparison] of this.#comparisons(condition.expression, condition.block)) {
      if (!mayNarrow(target, comparison, condition)) continue
      const { leaf, column, anchor } = target
      found.push({ leaf, column, comparison, condition, anchor })
    }
    return [...found, ...this.#throughIn(condition), ...this.#throughExists(condition)]
  }

  #comparisons(expression: Node, within: Block): readonly [Target, Comparison][] {
    const operation = inside(expression, 'A_Expr')
    if (operation !== undefined) return this.#ofOperation(operation, within)
    const junction = inside(expression, 'BoolExpr')
    if (junction?.boolop === 'OR_EXPR') return this.#ofAlternatives(junction.args ?? [], within)
    if (junction?.boolop === 'NOT_EXPR') return this.#ofBoolean(junction.args?.[0], false, within)
    const booleanTest = inside(expression, 'BooleanTest')
    if (booleanTest?.booltesttype === 'IS_TRUE') return this.#ofBoolean(booleanTest.arg, true, within)
    if (booleanTest?.booltesttype === 'IS_FALSE') return this.#ofBoolean(booleanTest.arg, false, within)
    const nullTest = inside(expression, 'NullTest')
    if (nullTest !== undefined) {
      const operator = nullTest.nulltesttype === 'IS_NULL' ? 'is null' : 'is not null'
      return this.#on(nullTest.arg, within, () => ({ operator }))
    }
    const link = inside(expression, 'SubLink')
    if (link?.subselect !== undefined && isPlainIn(link)) {
      const source: ValueSource = { kind: 'subquery', select: link.subselect }
      return this.#on(link.testexpr, within, () => ({ operator: '=', sources: [source] }))
    }
    return this.#ofBoolean(expression, true, within)
  }

  #ofOperation(operation: Inside<'A_Expr'>, within: Block): readonly [Target, Comparison][] {
    const { lexpr, rexpr } = operation
    const name = operatorName(operation.name)
    if (lexpr === undefined || rexpr === undefined || name === undefined) return []
    const items = inside(rexpr, 'List')?.items
    switch (operation.kind) {
      case 'AEXPR_OP': {
        const pairs = rowPairs(lexpr, rexpr)
        if (pairs !== undefined && name === '=') {
          return pairs.flatMap(([left, right]) => this.#ofComparison('=', left, right, within))
        }
        return this.#ofComparison(name, lexpr, rexpr, within)
      }
      case 'AEXPR_LIKE':
      case 'AEXPR_ILIKE':
        return this.#ofComparison(name, lexpr, rexpr, within)
      case 'AEXPR_IN': {
        if (items === undefined) return []
        if (name === '=') {
          const sources = items.map((node): ValueSource => ({ kind: 'expression', node }))
          return this.#on(lexpr, within, () => ({ operator: '=', sources }))
        }
        return items.flatMap((node) => this.#on(lexpr, within, () => ({ operator: '<>', node })))
      }
      case 'AEXPR_OP_ANY': {
        if (name !== '=') return []
        const source: ValueSource = { kind: 'elements', node: rexpr }
        return this.#on(lexpr, within, () => ({ operator: '=', sources: [source] }))
      }
      case 'AEXPR_BETWEEN': {
        const [low, high] = items ?? []
        if (low === undefined || high === undefined) return []
        return [
          ...this.#on(lexpr, within, () => ({ operator: '>=', node: low })),
          ...this.#on(lexpr, within, () => ({ operator: '<=', node: high })),
        ]
      }
      default:
        return []
    }
  }

  #ofComparison(name: string, left: Node, right: Node, within: Block): readonly [Target, Comparison][] {
    const commuted = commutators.get(name)
    return [
      ...this.#on(left, within, () => comparisonOf(name, right)),
      ...(commuted === undefined ? [] : this.#on(right, within, () => comparisonOf(commuted, left))),
    ]
  }

  /** OR narrows a column when every arm gives values for it. */
  #ofAlternatives(arms: readonly Node[], within: Block): readonly [Target, Comparison][] {
    const [first, ...others] = arms.map((arm) => this.#equalities(arm, within))
    const found: [Target, Comparison][] = []
    for (const [target, sources] of first ?? []) {
      const matching = others.map((arm) => arm.find(([other]) => isSameColumn(other, target))?.[1])
      if (matching.some((match) => match === undefined)) continue
      found.push([
        target,
        { operator: '=', sources: [...sources, ...matching.flatMap((match) => match ?? [])] },
      ])
    }
    return found
  }

  /** The columns that an arm of an OR binds to values; in an AND, any of its parts may. */
  #equalities(arm: Node, within: Block): readonly (readonly [Target, readonly ValueSource[]])[] {
    const junction = inside(arm, 'BoolExpr')
    if (junction?.boolop === 'AND_EXPR') {
      return (junction.args ?? []).flatMap((part) => this.#equalities(part, within))
    }
    return this.#comparisons(arm, within).flatMap(([target, comparison]) =>
      comparison.operator === '=' ? [[target, comparison.sources] as const] : [],
    )
  }

  #ofBoolean(node: Node | undefined, value: boolean, within: Block): readonly [Target, Comparison][] {
    return this.#on(node, within, ({ leaf, column }) =>
      leaf.table.columns.find(({ name }) => name === column)?.type === 'boolean'
        ? { operator: '=', sources: [{ kind: 'boolean', value }] }
        : undefined,
    )
  }

  /** `x IN (SELECT t.key FROM t)`: only rows of t that equal some x can fulfil it. */
  #throughIn(condition: Condition): readonly Pushable[] {
    const link = inside(condition.expression, 'SubLink')
    if (link?.testexpr === undefined || link.subselect === undefined || !isPlainIn(link)) return []
    const select = inside(link.subselect, 'SelectStmt')
    const block = select && this.#binding.blockOf(select)
    if (block === undefined || block.output?.length !== 1) return []
    const traced = traceOutput(block, 0, this.#functions)
    if (traced === undefined) return []
    const comparison: Comparison = { operator: '=', sources: [{ kind: 'expression', node: link.testexpr }] }
    const { leaf, column } = traced
    return [{ leaf, column, comparison, condition, anchor: undefined }]
  }

  /** `EXISTS (SELECT … WHERE x = t.key)`: rows of t that equal no x cannot fulfil it. */
  #throughExists(condition: Condition): readonly Pushable[] {
    const link = inside(condition.expression, 'SubLink')
    if (link?.subLinkType !== 'EXISTS_SUBLINK' || link.subselect === undefined) return []
    const select = inside(link.subselect, 'SelectStmt')
    const block = select && this.#binding.blockOf(select)
    if (block === undefined || !passesConditions(block, this.#functions)) return []
    const found: Pushable[] = []
    for (const inner of block.conditions) {
      if (inner.position.kind === 'on' && inner.position.join !== 'inner') continue
      for (const [target, comparison] of this.#comparisons(inner.expression, condition.block)) {
        if (!mayNarrow(target, comparison, condition)) continue
        const { leaf, column } = target
        found.push({ leaf, column, comparison, condition: inner, anchor: undefined })
      }
    }
    return found
  }

  #on(
    node: Node | undefined,
    within: Block,
    comparisonOfTarget: (target: Target) => Comparison | undefined,
  ): readonly [Target, Comparison][] {
    const reference = node && inside(node, 'ColumnRef')
    const bound = reference && this.#binding.columnOf(reference)
    // A column of another query is one value here, and nothing to be narrowed.
    if (bound === undefined || bound.leaf.block !== within) return []
    const traced = traceColumn(bound, this.#functions)
    if (traced === undefined) return []
    const target: Target = { ...traced, anchor: bound.leaf }
    const comparison = comparisonOfTarget(target)
    return comparison === undefined ? [] : [[target, comparison]]
  }
}

/** Whether rows that fail a condition may be left out where it stands. */
function mayNarrow(target: Target, comparison: Comparison, condition: Condition): boolean {
  const { position, nullable } = condition
  if (comparison.operator === 'is null' && (target.nullable || nullable.has(target.anchor))) return false
  if (position.kind === 'where') return true
  switch (position.join) {
    case 'inner':
      return true
    // An outer join keeps the rows of one side whatever its condition says.
    case 'left':
      return position.right.has(target.anchor)
    case 'right':
      return position.left.has(target.anchor)
    case 'full':
      return false
  }
}

function isSameColumn(left: TracedColumn, right: TracedColumn): boolean {
  return left.leaf === right.leaf && left.column === right.column
}

function isPlainIn(link: Inside<'SubLink'>): boolean {
  return (
    link.subLinkType === 'ANY_SUBLINK' && (link.operName === undefined || operatorName(link.operName) === '=')
  )
}

/** Pairs of `(a, b) = (c, d)`. */
function rowPairs(left: Node, right: Node): readonly (readonly [Node, Node])[] | undefined {
  const lefts = inside(left, 'RowExpr')?.args
  const rights = inside(right, 'RowExpr')?.args
  if (lefts === undefined || rights === undefined || lefts.length !== rights.length) return undefined
  return lefts.flatMap((node, index) => {
    const other = rights[index]
    return other === undefined ? [] : [[node, other] as const]
  })
}

/** An operator of PostgreSQL's own; undefined for one of another schema. */
function operatorName(name: readonly Node[] | undefined): string | undefined {
  const [first, second] = stringsOf(name) ?? []
  if (second === undefined) return first
  return first === 'pg_catalog' ? second : undefined
}

const commutators: ReadonlyMap<string, string> = new Map([
  ['=', '='],
  ['<>', '<>'],
  ['<', '>'],
  ['>', '<'],
  ['<=', '>='],
  ['>=', '<='],
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

function comparisonOf(name: string, node: Node): Comparison | undefined {
  if (name === '=') return { operator: '=', sources: [{ kind: 'expression', node }] }
  return isNodeOperator(name) ? { operator: name, node } : undefined
}
