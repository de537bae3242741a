import type { Binding, BoundColumn } from '../bind/binding.js'
import { inside, type Node } from '../parse/syntax-tree.js'

/** The column that an expression is a reference to; undefined for any other expression. */
export function columnIn(node: Node | undefined, binding: Binding): BoundColumn | undefined {
  const reference = inside(node, 'ColumnRef')
  return reference && binding.columnOf(reference)
}

export function isReferenceTo(column: BoundColumn, node: Node | undefined, binding: Binding): boolean {
  const other = columnIn(node, binding)
  return other?.fromItem === column.fromItem && other.index === column.index
}
