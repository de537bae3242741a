/** Tables that by themselves are the nullable side of an outer join. */
import type { Binding, FromItem } from '../bind/binding.js'
import { type Inside, inside } from '../parse/syntax-tree.js'

/** The LEFT or RIGHT JOIN of which a table is by itself the nullable side, if it is nullable for no other reason. */
export function ownJoin(fromItem: FromItem): Inside<'JoinExpr'> | undefined {
  const [outer, another] = fromItem.nullable
  if (fromItem.kind !== 'virtual' || outer === undefined || another !== undefined) return undefined
  const { join, side } = outer
  if (join.jointype !== 'JOIN_LEFT' && join.jointype !== 'JOIN_RIGHT') return undefined
  const nullable = side === 'left' ? join.larg : join.rarg
  return inside(nullable, 'RangeVar') === fromItem.rangeVar ? join : undefined
}

/** Whether a reference certainly means a column of something else. */
export function isOfOther(reference: Inside<'ColumnRef'>, fromItem: FromItem, binding: Binding): boolean {
  const column = binding.columnOf(reference)
  return column !== undefined && column.fromItem !== fromItem
}
