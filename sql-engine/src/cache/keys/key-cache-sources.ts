/** Which virtual tables' lookups are cached, and by which key. */

import type { CatalogColumn, VirtualTable } from '../../catalog/virtual-table.js'
import type { Connection } from '../../fetch/connection.js'
import type { ScanQuals } from '../../fetch/scan-quals.js'
import { cacheSource } from '../cache-source.js'
import type { KeyCacheSource } from './key-cache.js'

/** Types whose values are written as they are read: an instant, for one, is a number to the plugins. */
const listableTypes: ReadonlySet<string> = new Set(['text', 'inet', 'cidr', 'bigint', 'uuid', 'date'])

export function keyCacheSources(
  tables: Iterable<VirtualTable>,
  connections: ReadonlyMap<string, Connection>,
): KeyCacheSource[] {
  return [...tables].flatMap((table) => {
    const key = lookupColumn(table)
    const connection = connections.get(table.connection.name)
    if (key === undefined || connection === undefined) return []
    const fingerprint = fingerprintOf(table, connection)
    return [{ source: cacheSource(table, connection), columns: table.columns, key, fingerprint }]
  })
}

/**
 * The keys of a scan that is a plain lookup.
 * @returns undefined for any other scan
 */
export function lookupKeys(
  table: VirtualTable,
  columns: readonly string[],
  quals: ScanQuals,
): readonly string[] | undefined {
  const key = lookupColumn(table)
  if (key === undefined || !columns.includes(key.name)) return undefined
  const [only, ...others] = Object.entries(quals).filter(([, ofColumn]) => ofColumn.length > 0)
  if (only === undefined || others.length > 0) return undefined
  const [column, [qual, ...more]] = only
  if (column !== key.name || qual?.operator !== '=' || more.length > 0) return undefined
  return qual.values.map(String)
}

export function lookupColumn({ definition: table, columns }: VirtualTable): CatalogColumn | undefined {
  const name = table.cache?.lookup
  if (name === undefined || table.keys[name]?.valuesPerCall === undefined) return undefined
  return columns.find(
    (column) => column.name === name && column.type === column.databaseType && listableTypes.has(column.type),
  )
}

function fingerprintOf(
  { definition: table, columns, schema }: VirtualTable,
  connection: Connection,
): string | undefined {
  const { plugin, identity } = connection
  if (table.cache?.persist !== true || identity === undefined) return undefined
  const layout = columns.map(({ name, type, databaseType }) => [name, type, databaseType])
  return JSON.stringify([
    plugin.name,
    plugin.version,
    identity,
    schema,
    table.name,
    table.cache.lookup,
    layout,
  ])
}
