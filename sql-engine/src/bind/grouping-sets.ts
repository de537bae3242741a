import { type Inside, inside } from '../parse/syntax-tree.js'
import type { Block } from './binding.js'

/** Whether a query's GROUP BY makes columns NULL in some of its rows: ROLLUP, CUBE, GROUPING SETS. */
export function hasGroupingSets({ statement }: Pick<Block, 'statement'>): boolean {
  const { groupClause } = statement as Inside<'SelectStmt'>
  return (groupClause ?? []).some((node) => inside(node, 'GroupingSet') !== undefined)
}
