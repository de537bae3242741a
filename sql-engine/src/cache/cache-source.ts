/** What rows are cached under. */
import { createHash } from 'node:crypto'
import type { VirtualTable } from '../catalog/virtual-table.js'
import type { Connection } from '../fetch/connection.js'

const prefixes = new WeakMap<VirtualTable, string>()
const layouts = new WeakMap<VirtualTable, string>()
const definitions = new WeakMap<object, number>()
let lastDefinition = 0

/**
 * The same for scans of one table through one connection. A connection whose settings have changed is another one,
 * and may be of another account; a table that a plugin has redefined may have other rows.
 * @param table whose layout the rows have
 */
export function cacheSource(table: VirtualTable, { id }: Pick<Connection, 'id'>): string {
  const prefix = prefixes.get(table) ?? prefixOf(table)
  prefixes.set(table, prefix)
  return `${prefix} ${id}`
}

/** Names and types of the columns, in the order of the catalog. */
export function layoutOf(table: VirtualTable): string {
  const layout =
    layouts.get(table) ??
    JSON.stringify(table.columns.map(({ name, type, databaseType }) => [name, type, databaseType]))
  layouts.set(table, layout)
  return layout
}

function prefixOf(table: VirtualTable): string {
  const definition = definitions.get(table.definition) ?? ++lastDefinition
  definitions.set(table.definition, definition)
  const layout = createHash('sha256').update(layoutOf(table)).digest('hex').slice(0, 12)
  return `${table.oid} ${definition} ${layout}`
}
