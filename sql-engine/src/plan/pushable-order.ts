import type { ColumnType, ScanOrder } from '@millrace/plugin-sdk'
import {
  type Binding,
  type Block,
  type BoundColumn,
  type OutputColumn,
  ownColumn,
  type TableReference,
} from '../bind/binding.js'
import { type Inside, inside, stringsOf } from '../parse/syntax-tree.js'

/** Types whose order is the same everywhere. The order of texts depends on their collation. */
const orderedTypes: ReadonlySet<ColumnType> = new Set([
  'bigint',
  'double precision',
  'numeric',
  'date',
  'timestamp with time zone',
])

/**
 * The order of the block that reads a table, as far as the table can yield the first rows by it: that of the first
 * item of ORDER BY. Rows that it leaves in one place all come, and PostgreSQL sorts them by the others.
 */
export function pushableOrder(fromItem: TableReference, binding: Binding): ScanOrder | undefined {
  const { sortClause } = fromItem.block.statement as Inside<'SelectStmt'>
  const sortBy = inside(sortClause?.[0], 'SortBy')
  const bound = sortBy && sortedColumn(sortBy, fromItem.block, binding)
  if (bound === undefined || bound.fromItem !== fromItem || sortBy?.sortby_dir === 'SORTBY_USING')
    return undefined
  const column = ownColumn(fromItem, bound)
  const definition = fromItem.table.columns.find(({ name }) => name === column)
  if (definition === undefined || definition.type !== definition.databaseType) return undefined
  const { name, type } = definition
  const direction = sortBy?.sortby_dir === 'SORTBY_DESC' ? 'desc' : 'asc'
  // Where NULLs stand does not matter: the column has none.
  const isKnown = fromItem.table.definition.orders?.[name]?.includes(direction) === true
  return isKnown && orderedTypes.has(type) ? { column: name, direction } : undefined
}

/** The column that an item of ORDER BY names: by its position or name in the output, or else by its own. */
export function sortedColumn(
  sortBy: Inside<'SortBy'>,
  block: Block,
  binding: Binding,
): BoundColumn | undefined {
  const output = sortedOutput(sortBy, block)
  if (output === 'unknown') return undefined
  if (output !== undefined) return output.column
  const reference = inside(sortBy.node, 'ColumnRef')
  return reference === undefined || stringsOf(reference.fields) === undefined
    ? undefined
    : binding.columnOf(reference)
}

/**
 * The output that an item of ORDER BY names, by its position or name.
 * @returns undefined for what names none: an expression of its own
 */
export function sortedOutput(
  { node }: Inside<'SortBy'>,
  { output }: Block,
): OutputColumn | 'unknown' | undefined {
  const position = inside(node, 'A_Const')?.ival?.ival
  if (position !== undefined) return output?.[position - 1] ?? 'unknown'
  const fields = stringsOf(inside(node, 'ColumnRef')?.fields)
  if (fields?.length !== 1) return undefined
  // A name in the output means that output, whatever column of the table has the same name.
  if (output === undefined || output.some(({ name }) => name === undefined)) return 'unknown'
  const [first, ...others] = output.filter(({ name }) => name === fields[0])
  return others.length === 0 ? first : 'unknown'
}
