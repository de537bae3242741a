/** What PostgreSQL does with the query of an EXISTS, of which only that there is a row is seen. */
import type { FunctionTraits } from '../bind/function-traits.js'
import { hasGroupingSets } from '../bind/grouping-sets.js'
import type { Inside } from '../parse/syntax-tree.js'
import { integerOf } from './constant-condition.js'
import { isRowWise } from './row-wise.js'

/**
 * Whether PostgreSQL leaves out the outputs of an EXISTS, where they might fail: not of one that looks at rows together, or
 * does not take the first of them (simplify_EXISTS_query in its subselect.c).
 */
export function leavesOutOutputs(select: Inside<'SelectStmt'>, functions: FunctionTraits): boolean {
  const { larg, havingClause, lockingClause, limitCount, limitOffset } = select
  const { targetList, sortClause, distinctClause } = select
  const areAbsent = [larg, havingClause, lockingClause, limitOffset].every((part) => part === undefined)
  const limit = limitCount === undefined ? 1 : (integerOf(limitCount) ?? 0)
  return (
    areAbsent &&
    limit > 0 &&
    !hasGroupingSets({ statement: select }) &&
    isRowWise([targetList, sortClause, distinctClause], functions)
  )
}
