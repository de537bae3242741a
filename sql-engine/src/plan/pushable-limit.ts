import type { Operator } from '@millrace/plugin-sdk'
import type { Binding, TableReference } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { comparedTruth } from './compared-truth.js'
import type { DependencyFinder } from './dependencies.js'
import type { NeededColumns } from './needed.js'
import { pushableOrder } from './pushable-order.js'
import { isRowWise } from './row-wise.js'
import type { PlannedComparison, PlannedLimit, PlannedQual } from './scan-plan.js'

/**
 * LIMIT and OFFSET of the block that reads a table, if any rows of the scan will do, or the first ones by a column:
 * the block only reads the table, and every condition is one that the table promises to fulfil, or to count by.
 */
export function pushableLimit(
  { fromItem, quals }: { readonly fromItem: TableReference; readonly quals: readonly PlannedQual[] },
  binding: Binding,
  dependencyFinder: DependencyFinder,
  functions: FunctionTraits,
  needed: Pick<NeededColumns, 'isOrderRead'>,
): PlannedLimit | undefined {
  const { block } = fromItem
  const select = block.statement as Inside<'SelectStmt'>
  const { limitCount, limitOffset, sortClause } = select
  if (limitCount === undefined) return undefined
  const looksAtRowsTogether =
    block.fromItems.length !== 1 ||
    select.groupClause !== undefined ||
    select.havingClause !== undefined ||
    select.distinctClause !== undefined ||
    select.windowClause !== undefined ||
    select.lockingClause !== undefined ||
    select.larg !== undefined
  if (looksAtRowsTogether) return undefined
  const isOrdered = sortClause !== undefined && needed.isOrderRead(block)
  const order = isOrdered ? pushableOrder(fromItem, binding) : undefined
  // Rows in one place are among those that a table yields in order, WITH TIES or not.
  const areAnyRows = !isOrdered && select.limitOption === 'LIMIT_OPTION_COUNT'
  if (order === undefined && !areAnyRows) return undefined
  if (!isRowWise([select.targetList, sortClause], functions)) return undefined
  const isWhole = block.conditions.every((condition) => {
    const ofCondition = quals.filter((qual) => qual.condition === condition)
    const isTold = ofCondition.every(order === undefined ? isPromised : isCountable)
    const areExact = ofCondition.every(({ isExact }) => isExact)
    return isTold && areExact && ofCondition.length === comparisonsIn(condition.expression)
  })
  if (!isWhole) return undefined
  const bounds = limitOffset === undefined ? [limitCount] : [limitCount, limitOffset]
  const areKnown = bounds.every((bound) => {
    const dependencies = dependencyFinder.of(bound)
    return dependencies !== undefined && dependencies.fromItems.size === 0 && dependencies.virtuals.size === 0
  })
  return areKnown ? { bounds, order } : undefined
}

/** Why LIMIT cannot be pushed from the block that reads a table. */
export function whyLimitStays({ block }: TableReference): 'ties' | 'joined' | 'together' | 'afterwards' {
  const select = block.statement as Inside<'SelectStmt'>
  if (select.limitOption !== 'LIMIT_OPTION_COUNT') return 'ties'
  if (block.fromItems.length !== 1) return 'joined'
  const { sortClause, groupClause, havingClause, distinctClause, windowClause, lockingClause, larg } = select
  const together = [sortClause, groupClause, havingClause, distinctClause, windowClause, lockingClause, larg]
  return together.some((clause) => clause !== undefined) ? 'together' : 'afterwards'
}

/**
 * Whether a table promises that its rows fulfil a qual. One that takes a number of values per call promises that each
 * row has one of them.
 */
function isPromised({ key, comparison }: PlannedQual): boolean {
  const { operator } = comparison
  const isExact = key.exact?.includes(operator) === true
  return (isExact || (operator === '=' && key.valuesPerCall !== undefined)) && isOfConstants(comparison)
}

/** Operators by which a table can count. Only PostgreSQL decides what a pattern means. */
const countable: ReadonlySet<Operator> = new Set(['=', '<>', '<', '<=', '>', '>=', 'is null', 'is not null'])

/** Whether a table can see which rows fulfil a qual, so as to count them. */
function isCountable({ comparison }: PlannedQual): boolean {
  return countable.has(comparison.operator) && isOfConstants(comparison)
}

/**
 * Whether all values are constants. Values that come from rows of an outer query are asked for together, while LIMIT
 * holds for each row by itself.
 */
function isOfConstants(comparison: PlannedComparison): boolean {
  const sources =
    'sources' in comparison ? comparison.sources : 'source' in comparison ? [comparison.source] : []
  return sources.every((source) => source.kind === 'boolean' || source.query.from.length === 0)
}

/**
 * The number of comparisons of one column as which a condition is planned, if they express all of it. `(a, b) = (1,
 * 2)`, `a = 1 OR …` and `(a = 1 OR …) = true` ask for more than one column can show.
 */
function comparisonsIn(expression: Node): number | undefined {
  const { kind, name, lexpr, rexpr } = inside(expression, 'A_Expr') ?? {}
  if (kind === undefined) {
    const { boolop, args } = inside(expression, 'BoolExpr') ?? {}
    const column = inside(expression, 'NullTest')?.arg ?? (boolop === 'NOT_EXPR' ? args?.[0] : expression)
    return inside(column, 'ColumnRef') === undefined ? undefined : 1
  }
  if (lexpr === undefined || rexpr === undefined || inside(lexpr, 'RowExpr') !== undefined) return undefined
  if (comparedTruth(lexpr, rexpr) !== undefined) return undefined
  const items = inside(rexpr, 'List')?.items ?? []
  const isNotIn = kind === 'AEXPR_IN' && stringsOf(name)?.at(-1) === '<>'
  return kind === 'AEXPR_BETWEEN' || isNotIn ? items.length : 1
}
