import type { Operator } from '@millrace/plugin-sdk/qual'
import type { Key } from '@millrace/plugin-sdk/table'
import type { VirtualLeaf } from '../bind/binding.js'
import { type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { comparedTruth } from './comparisons.js'
import type { FunctionTraits } from './function-traits.js'
import type { Pieces } from './piece.js'
import { isRowWise } from './row-wise.js'
import type { PlannedComparison, PlannedQual } from './scan-plan.js'

/**
 * LIMIT and OFFSET of the block that reads a table, if any rows of the scan will do: the block does nothing
 * but read it, and every condition is one that the table promises to fulfil.
 */
export function pushableLimit(
  { leaf, quals }: { readonly leaf: VirtualLeaf; readonly quals: readonly PlannedQual[] },
  pieces: Pieces,
  functions: FunctionTraits,
): readonly Node[] | undefined {
  const { block } = leaf
  const select = block.statement as Inside<'SelectStmt'>
  const { limitCount, limitOffset } = select
  if (limitCount === undefined || select.limitOption !== 'LIMIT_OPTION_COUNT') return undefined
  const looksAtRowsTogether =
    block.leaves.length !== 1 ||
    select.sortClause !== undefined ||
    select.groupClause !== undefined ||
    select.havingClause !== undefined ||
    select.distinctClause !== undefined ||
    select.windowClause !== undefined ||
    select.lockingClause !== undefined ||
    select.larg !== undefined
  if (looksAtRowsTogether) return undefined
  if (!isRowWise(select.targetList, functions)) return undefined
  const isWhole = block.conditions.every((condition) => {
    const comparisons = comparisonsIn(condition.expression)
    const promised = quals.filter(
      (qual) =>
        qual.condition === condition &&
        isPromised(qual.key, qual.comparison.operator) &&
        isOfConstants(qual.comparison),
    )
    return comparisons > 0 && promised.length === comparisons
  })
  if (!isWhole) return undefined
  const bounds = limitOffset === undefined ? [limitCount] : [limitCount, limitOffset]
  const areKnown = bounds.every((bound) => {
    const piece = pieces.of(bound)
    return piece !== undefined && piece.leaves.size === 0 && piece.virtuals.size === 0
  })
  return areKnown ? bounds : undefined
}

/** Why LIMIT cannot be pushed from the block that reads a table. */
export function whyLimitStays({ block }: VirtualLeaf): 'ties' | 'joined' | 'together' | 'afterwards' {
  const select = block.statement as Inside<'SelectStmt'>
  if (select.limitOption !== 'LIMIT_OPTION_COUNT') return 'ties'
  if (block.leaves.length !== 1) return 'joined'
  const { sortClause, groupClause, havingClause, distinctClause, windowClause, lockingClause, larg } = select
  const together = [sortClause, groupClause, havingClause, distinctClause, windowClause, lockingClause, larg]
  return together.some((clause) => clause !== undefined) ? 'together' : 'afterwards'
}

/** A table that takes a number of values a call promises that each row has one of them. */
function isPromised(key: Key, operator: Operator): boolean {
  return key.exact?.includes(operator) === true || (operator === '=' && key.valuesPerCall !== undefined)
}

/** Values that come from rows of an outer query are asked for together; LIMIT holds for each row by itself. */
function isOfConstants(comparison: PlannedComparison): boolean {
  if (comparison.operator === '=') {
    return comparison.sources.every((source) => source.kind === 'boolean' || source.query.from.length === 0)
  }
  return 'source' in comparison && comparison.source.query.from.length === 0
}

/**
 * As how many comparisons of one column a condition is planned, if they say all of it; else 0. `(a, b) = (1, 2)`,
 * `a = 1 OR …` and `(a = 1 OR …) = true` ask for more than one column can tell.
 */
function comparisonsIn(expression: Node): number {
  const { kind, name, lexpr, rexpr } = inside(expression, 'A_Expr') ?? {}
  if (lexpr === undefined || rexpr === undefined || inside(lexpr, 'RowExpr') !== undefined) return 0
  if (comparedTruth(lexpr, rexpr) !== undefined) return 0
  const items = inside(rexpr, 'List')?.items ?? []
  const isNotIn = kind === 'AEXPR_IN' && stringsOf(name)?.at(-1) === '<>'
  return kind === 'AEXPR_BETWEEN' || isNotIn ? items.length : 1
}
