import { type Block, type BoundColumn, type Leaf, ownColumn, type VirtualLeaf } from '../bind/binding.js'
import { findAll, type Inside, stringsOf } from '../parse/syntax-tree.js'
import type { FunctionTraits } from './function-traits.js'
import { isRowWise } from './row-wise.js'

export interface TracedColumn {
  readonly leaf: VirtualLeaf
  readonly column: string
  /** Whether an outer join on the way may fill it with NULL (beside those around the first leaf). */
  readonly nullable: boolean
}

/**
 * Follows a column through subqueries and CTEs down to the virtual table that it comes from, as long as to
 * drop rows at the table is the same as to drop them where the column is seen.
 */
export function traceColumn(bound: BoundColumn, functions: FunctionTraits): TracedColumn | undefined {
  const { leaf, index } = bound
  if (leaf.kind === 'virtual') {
    const own = ownColumn(leaf, bound)
    return own === undefined ? undefined : { leaf, column: own, nullable: false }
  }
  const query = queryOf(leaf)
  if (query === undefined || index === undefined) return undefined
  return traceOutput(query, index, functions)
}

/** Follows an output column of a query block. */
export function traceOutput(
  query: Block,
  index: number,
  functions: FunctionTraits,
): TracedColumn | undefined {
  const output = query.output?.[index]?.column
  if (output === undefined || output.leaf.block !== query || !passesConditions(query, functions))
    return undefined
  const traced = traceColumn(output, functions)
  return traced && { ...traced, nullable: traced.nullable || output.leaf.nullable.size > 0 }
}

/** The query behind a leaf, if no one else reads it. */
function queryOf(leaf: Leaf): Block | undefined {
  if (leaf.kind === 'subquery') return leaf.query
  // What narrows a CTE for one reader would narrow it for all.
  if (leaf.kind === 'cte' && leaf.cte.references === 1 && !leaf.cte.recursive) return leaf.cte.query
  return undefined
}

/** Whether dropping rows of a query's result is the same as dropping them before they get there. */
export function passesConditions(query: Block, functions: FunctionTraits): boolean {
  const select = query.statement as Inside<'SelectStmt'>
  const wholeResultMatters =
    select.limitOption === undefined ||
    select.limitCount !== undefined ||
    select.limitOffset !== undefined ||
    select.groupClause !== undefined ||
    select.havingClause !== undefined ||
    select.valuesLists !== undefined ||
    select.lockingClause !== undefined ||
    select.intoClause !== undefined ||
    select.larg !== undefined
  if (wholeResultMatters || isDistinctOn(select)) return false
  const expressions = [select.targetList, select.sortClause]
  const isVolatile = findAll(expressions, 'FuncCall').some((call) =>
    functions.isVolatile(stringsOf(call.funcname)?.at(-1) ?? ''),
  )
  return !isVolatile && isRowWise(expressions, functions)
}

/** Plain DISTINCT is a list of one empty node. */
function isDistinctOn(select: Inside<'SelectStmt'>): boolean {
  return (select.distinctClause ?? []).some((node) => Object.keys(node).length > 0)
}
