/** Columns that PostgreSQL gives every table: what they show of a scan table means nothing for the virtual one. */
import { DatabaseError } from '../database-error.js'
import { type Inside, inside, stringsOf } from '../parse/syntax-tree.js'
import type { FromItem, TableReference } from './binding.js'
import type { Scope } from './scope.js'

const systemColumns: ReadonlySet<string> = new Set(['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax'])

/**
 * The virtual table whose OID a reference means; undefined if it means something else.
 * @throws DatabaseError 0A000 for other system columns of a virtual table, and where an outer join fills them
 */
export function resolveTableOid(reference: Inside<'ColumnRef'>, scope: Scope): TableReference | undefined {
  const fields = stringsOf(reference.fields)
  const column = fields?.at(-1)
  if (fields === undefined || column === undefined || !systemColumns.has(column)) return undefined
  const fromItem = holderOf(fields.slice(0, -1), scope)
  if (fromItem === undefined) return undefined
  if (column === 'tableoid' && fromItem.nullable.size === 0) return fromItem
  const reason =
    column === 'tableoid'
      ? 'It would be needed where an outer join makes it NULL.'
      : 'The rows come from an API; they have no place in a table.'
  throw new DatabaseError(
    `system column "${column}" of virtual table "${fromItem.table.definition.name}" is not there`,
    {
      sqlState: '0A000',
      detail: reason,
      hint: 'Leave it out, or copy the rows into a table of your own: CREATE TABLE … AS SELECT …',
    },
  )
}

function holderOf(qualifier: readonly string[], scope: Scope): TableReference | undefined {
  const [name, schema] = qualifier.toReversed()
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const holders = level.fromItems.filter((fromItem) =>
      name === undefined
        ? hasSystemColumns(fromItem)
        : fromItem.name === name && isOfSchema(fromItem, schema),
    )
    if (name === undefined && level.fromItems.some(({ columns }) => columns === undefined)) return undefined
    const [holder] = holders
    // PostgreSQL rejects what is ambiguous.
    if (holder !== undefined) return holder.kind === 'virtual' && holders.length === 1 ? holder : undefined
  }
  return undefined
}

function hasSystemColumns({ kind }: FromItem): boolean {
  return kind === 'virtual' || kind === 'relation'
}

function isOfSchema(fromItem: FromItem, schema: string | undefined): boolean {
  if (schema === undefined) return true
  if (fromItem.aliased) return false
  if (fromItem.kind === 'virtual') return fromItem.table.schema === schema
  return fromItem.kind === 'relation' && inside(fromItem.node, 'RangeVar')?.schemaname === schema
}
