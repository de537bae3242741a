import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll, stringsOf } from '../parse/syntax-tree.js'

/**
 * Whether expressions give one value for each row, out of that row alone: they hold no aggregates or window
 * functions, which look at rows together, and no set-returning functions, which make several rows out of one.
 */
export function isRowWise(expressions: unknown, functions: FunctionTraits): boolean {
  if (aggregateTags.some((tag) => findAll(expressions, tag).length > 0)) return false
  return findAll(expressions, 'FuncCall').every((call) => {
    const name = stringsOf(call.funcname)?.at(-1)
    return call.over === undefined && name !== undefined && functions.isPlain(name)
  })
}

/** Aggregates that have nodes of their own in the grammar. */
export const aggregateTags = ['JsonArrayAgg', 'JsonObjectAgg', 'GroupingFunc'] as const
