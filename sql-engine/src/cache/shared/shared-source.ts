/** What rows are known by among gateways over one database: whatever could give one question two answers is in it. */
import { createHash } from 'node:crypto'
import type { VirtualTable } from '../../catalog/virtual-table.js'
import type { Connection } from '../../fetch/connection.js'
import { layoutOf } from '../cache-source.js'

/**
 * Settings alone do not tell whose rows a connection sees: credentials may come from each gateway's own surroundings.
 * @returns undefined where the plugin does not tell either, so that rows are kept to this gateway
 */
export async function sharedSource(table: VirtualTable, connection: Connection): Promise<string | undefined> {
  const asked = connection.ofTable(table.definition)
  const owner = await asked.owner()
  if (owner === undefined) return undefined
  const { plugin, options } = asked
  const { settings, ignored, name } = options
  const parts = [
    [plugin.name, plugin.version, owner, name],
    [settings, ignored],
    [table.schema, table.definition.name, layoutOf(table)],
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
