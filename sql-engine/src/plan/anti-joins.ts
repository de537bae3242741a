/**
 * Outer joins of which WHERE leaves only the rows that nothing matched: `a LEFT JOIN b ON b.x = a.x WHERE b.x IS NULL`. What
 * is shown of b, as by `SELECT *`, is NULL in all of them.
 */
import {
  type Binding,
  type Block,
  type BoundColumn,
  type Condition,
  type FromItem,
  isColumns,
  type OuterSide,
  ownColumn,
} from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { columnType } from '../bind/output-types.js'
import { type Inside, inside, type Node } from '../parse/syntax-tree.js'
import { columnIn, isReferenceTo } from './column-reference.js'
import { cannotFail } from './discardable.js'
import { isNeverNull } from './never-null.js'
import { operatorName } from './operator-name.js'

/** FROM items whose columns are NULL in all rows that a query makes its outputs, its groups and its order of. */
function emptyItems(block: Block, binding: Binding, functions: FunctionTraits): ReadonlySet<FromItem> {
  const empty = new Set<FromItem>()
  if (functions.hasShadowedOperators || !isMadeOfLastRows(block, functions)) return empty
  for (const { clause, expression } of block.conditions) {
    const column = clause.kind === 'where' ? columnIn(nullOperand(expression), binding) : undefined
    // A row may be equal to another, although all of its columns are NULL.
    if (column?.index === undefined || columnType(column, binding, functions) === undefined) continue
    const { fromItem } = column
    const own = block.conditions.filter((condition) => isStrictIn(column, condition.expression, binding))
    for (const condition of own) {
      const side = nullableSide(condition)
      if (side?.has(fromItem) === true) for (const one of side) empty.add(one)
    }
    if (
      fromItem.nullable.size === 0 ||
      !(own.some((one) => isOfPairs(one, fromItem)) || hasNoNull(column, binding))
    )
      continue
    // Whichever outer join fills it, fills what is on all of its sides, too.
    for (const one of block.fromItems) {
      if ([...fromItem.nullable].every((side) => isIn(side, one.nullable))) empty.add(one)
    }
  }
  return empty
}

/** What is NULL wherever a condition is true. */
function nullOperand(condition: Node | undefined): Node | undefined {
  const test = inside(condition, 'NullTest')
  if (test?.nulltesttype === 'IS_NULL') return test.arg
  const { boolop, args } = inside(condition, 'BoolExpr') ?? {}
  const negated = boolop === 'NOT_EXPR' ? inside(args?.[0], 'NullTest') : undefined
  if (negated?.nulltesttype === 'IS_NOT_NULL') return negated.arg
  // None of these is ever NULL itself.
  const { booltesttype, arg } = inside(condition, 'BooleanTest') ?? {}
  if (booltesttype === 'IS_TRUE' || booltesttype === 'IS_NOT_FALSE') return nullOperand(arg)
  const { kind, lexpr, rexpr } = inside(condition, 'A_Expr') ?? {}
  if (kind !== 'AEXPR_NOT_DISTINCT') return undefined
  if (isNull(rexpr)) return lexpr
  return isNull(lexpr) ? rexpr : undefined
}

function isNull(node: Node | undefined): boolean {
  return inside(node, 'A_Const')?.isnull === true
}

/** Whether a condition is one of an inner join, which is true of all pairs of rows that there are. */
function isOfPairs({ clause }: Condition, fromItem: FromItem): boolean {
  return (
    clause.kind === 'on' &&
    clause.join === 'inner' &&
    (clause.left.has(fromItem) || clause.right.has(fromItem))
  )
}

/** Whether a FROM item has no row in which a column is NULL. */
function hasNoNull({ fromItem, index }: BoundColumn, binding: Binding): boolean {
  if (fromItem.kind === 'virtual') {
    const own = ownColumn(fromItem, { fromItem, column: '', index })
    return own !== undefined && isNeverNull(fromItem.table.definition.keys[own])
  }
  if (fromItem.kind !== 'subquery' || index === undefined) return false
  const { conditions, output, statement } = fromItem.query
  const column = output?.[index]?.column
  // Some groups of ROLLUP have NULL in place of a column.
  const { groupClause } = statement as Inside<'SelectStmt'>
  if (column === undefined || groupClause !== undefined || column.fromItem.block !== fromItem.query)
    return false
  const isCompared = conditions.some(
    ({ clause, expression }) => clause.kind === 'where' && isStrictIn(column, expression, binding),
  )
  return isCompared || (column.fromItem.nullable.size === 0 && hasNoNull(column, binding))
}

function isIn({ join, side }: OuterSide, sides: ReadonlySet<OuterSide>): boolean {
  return [...sides].some((one) => one.join === join && one.side === side)
}

/** What is known to be NULL in the rows of which something is read. */
export class EmptyItems {
  readonly #binding: Binding
  readonly #functions: FunctionTraits
  readonly #ofBlocks = new Map<Block, ReadonlySet<FromItem>>()
  #current: ReadonlySet<FromItem> = none

  constructor(binding: Binding, functions: FunctionTraits) {
    this.#binding = binding
    this.#functions = functions
  }

  /** Whether a FROM item's columns are NULL wherever what is being read is evaluated. */
  has(fromItem: FromItem): boolean {
    return this.#current.has(fromItem)
  }

  /** @param block whose outputs, groups or order are read; undefined for what may be evaluated of rows that WHERE drops */
  reading(block: Block | undefined, read: () => void): void {
    const before = this.#current
    this.#current = block === undefined ? none : this.#of(block)
    read()
    this.#current = before
  }

  #of(block: Block): ReadonlySet<FromItem> {
    const known = this.#ofBlocks.get(block) ?? emptyItems(block, this.#binding, this.#functions)
    this.#ofBlocks.set(block, known)
    return known
  }
}

const none: ReadonlySet<FromItem> = new Set()

/**
 * Whether nothing that is made of a query's rows may be made of those, too, that its WHERE drops, where it might fail:
 * PostgreSQL moves conditions of a query around it into it.
 */
function isMadeOfLastRows(block: Block, functions: FunctionTraits): boolean {
  if (!('limitOption' in block.statement)) return false
  const { parent } = block
  if (parent === undefined) return true
  if (!('limitOption' in parent.statement)) return false
  const outer = parent.statement as Inside<'SelectStmt'>
  if (outer.larg !== undefined) return isWhole(parent)
  const [only, another] = parent.fromItems
  return (
    another === undefined &&
    only?.kind === 'subquery' &&
    only.query === block &&
    block.output?.every(({ reads }) => isColumns(reads) || cannotFail(reads, functions)) === true &&
    parent.conditions.every(({ expression }) => cannotFail(expression, functions)) &&
    cannotFail(outer.havingClause, functions) &&
    isMadeOfLastRows(parent, functions)
  )
}

/** Whether a set operation is the statement, or an arm of one that is. */
function isWhole({ parent }: Block): boolean {
  if (parent === undefined) return true
  const isArm = 'larg' in parent.statement && parent.statement.larg !== undefined
  return isArm && isWhole(parent)
}

/** The side that an outer join fills with NULL where a condition of its own is true of no pair of rows. */
function nullableSide({ clause }: Condition): ReadonlySet<FromItem> | undefined {
  if (clause.kind !== 'on') return undefined
  if (clause.join === 'left') return clause.right
  return clause.join === 'right' ? clause.left : undefined
}

const strictOperators: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>='])

/** Whether a condition is true of no row in which a column is NULL. */
function isStrictIn(column: BoundColumn, condition: Node, binding: Binding): boolean {
  const test = inside(condition, 'NullTest')
  if (test !== undefined)
    return test.nulltesttype === 'IS_NOT_NULL' && isReferenceTo(column, test.arg, binding)
  const { kind, name, lexpr, rexpr } = inside(condition, 'A_Expr') ?? {}
  switch (kind) {
    case 'AEXPR_OP':
      return (
        strictOperators.has(operatorName(name) ?? '') &&
        (isReferenceTo(column, lexpr, binding) || isReferenceTo(column, rexpr, binding))
      )
    case 'AEXPR_IN':
    case 'AEXPR_BETWEEN':
      return isReferenceTo(column, lexpr, binding)
    default:
      return false
  }
}
