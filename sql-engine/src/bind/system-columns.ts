/** Columns that PostgreSQL gives every table: what they tell of a scan table means nothing of the virtual one. */
import { DatabaseError } from '../database-error.js'
import { type Inside, inside, stringsOf } from '../parse/syntax-tree.js'
import type { Leaf, VirtualLeaf } from './binding.js'
import type { Scope } from './scope.js'

const systemColumns: ReadonlySet<string> = new Set(['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax'])

/**
 * The virtual table whose OID a reference means; undefined if it means something else.
 * @throws DatabaseError 0A000 for other system columns of a virtual table, and where an outer join fills them
 */
export function resolveTableOid(reference: Inside<'ColumnRef'>, scope: Scope): VirtualLeaf | undefined {
  const fields = stringsOf(reference.fields)
  const column = fields?.at(-1)
  if (fields === undefined || column === undefined || !systemColumns.has(column)) return undefined
  const leaf = holderOf(fields.slice(0, -1), scope)
  if (leaf === undefined) return undefined
  if (column === 'tableoid' && leaf.nullable.size === 0) return leaf
  const reason =
    column === 'tableoid'
      ? 'It would be needed where an outer join makes it NULL.'
      : 'The rows come from an API; they have no place in a table.'
  throw new DatabaseError(
    `system column "${column}" of virtual table "${leaf.table.table.name}" is not there`,
    {
      sqlState: '0A000',
      detail: reason,
      hint: 'Leave it out, or copy the rows into a table of your own: CREATE TABLE … AS SELECT …',
    },
  )
}

function holderOf(qualifier: readonly string[], scope: Scope): VirtualLeaf | undefined {
  const [name, schema] = qualifier.toReversed()
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const holders = level.leaves.filter((leaf) =>
      name === undefined ? hasSystemColumns(leaf) : leaf.name === name && isOfSchema(leaf, schema),
    )
    if (name === undefined && level.leaves.some(({ columns }) => columns === undefined)) return undefined
    const [holder] = holders
    // PostgreSQL refuses what is ambiguous.
    if (holder !== undefined) return holder.kind === 'virtual' && holders.length === 1 ? holder : undefined
  }
  return undefined
}

function hasSystemColumns({ kind }: Leaf): boolean {
  return kind === 'virtual' || kind === 'relation'
}

function isOfSchema(leaf: Leaf, schema: string | undefined): boolean {
  if (schema === undefined) return true
  if (leaf.aliased) return false
  if (leaf.kind === 'virtual') return leaf.table.schema === schema
  return leaf.kind === 'relation' && inside(leaf.node, 'RangeVar')?.schemaname === schema
}
