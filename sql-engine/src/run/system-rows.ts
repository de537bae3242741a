/** Rows of system tables, which come from Millrace's memory. */
import { equalValues, type Row } from '@millrace/plugin-sdk'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { DatabaseError } from '../database-error.js'
import type { ScanQuals } from '../fetch/scan-quals.js'
import { systemSchema } from '../postgres/names.js'
import type { ScanHistory } from '../report/scan-history.js'
import { cacheClearTable, isSystemTable } from '../report/system-tables.js'
import { cacheRows } from './cache-rows.js'
import { catalogRows } from './catalog-rows.js'
import type { EngineContext } from './engine-context.js'
import { sourcesOf } from './stage-members.js'
import { steampipeRows, steampipeScanRows } from './steampipe-rows.js'
import type { VisibleContext } from './visible-context.js'

export type SystemRows = (quals: ScanQuals) => Promise<readonly Row[]>

/**
 * @param visible gives what the reader sees of the context
 * @param history of the session; undefined where PostgreSQL asks for one over the loopback
 * @returns undefined for tables of connections
 */
export function systemRows(
  virtualTable: VirtualTable,
  history: ScanHistory | undefined,
  visible: () => Promise<VisibleContext>,
): SystemRows | undefined {
  if (!isSystemTable(virtualTable)) return undefined
  const { definition: table } = virtualTable
  if (table.name === cacheClearTable) return async (quals) => clear(quals, await visible())
  if (table.name === 'cache') return async () => cacheRows(await visible())
  const ofCatalog = catalogRows.get(table.name) ?? steampipeRows.get(table.name)
  if (ofCatalog !== undefined) return async () => ofCatalog(await visible())
  return async () => {
    if (history === undefined) throw noHistory(table.name)
    const ofSession = steampipeScanRows.get(table.name)
    if (ofSession !== undefined) return ofSession(history)
    return table.name === 'scan' ? history.scanRows() : history.summaryRows()
  }
}

async function clear(quals: ScanQuals, context: VisibleContext): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const value of equalValues(quals.table_name) ?? []) {
    const name = String(value)
    const forget = () => (name === '' ? clearAll(context) : clearTable(name, context))
    // Other gateways forget all: they do not know one table's rows from another's.
    const scans = await (context.shared === undefined ? forget() : context.shared.clear(forget))
    rows.push({ table_name: name, scans: BigInt(scans) })
  }
  return rows
}

async function clearAll(context: VisibleContext): Promise<number> {
  const { cache, keyCache, virtualTables, isWhole } = context
  if (isWhole) return cache.clear() + (await keyCache.clear())
  return clearTables(
    [...virtualTables.values()].filter((one) => !isSystemTable(one)),
    context,
  )
}

/** @param name with or without its schema; without, there may be several */
async function clearTable(name: string, context: EngineContext): Promise<number> {
  const { virtualTables } = context
  const tables = [...virtualTables.values()].filter(
    (one) =>
      !isSystemTable(one) &&
      (one.definition.name === name || `${one.schema}.${one.definition.name}` === name),
  )
  if (tables.length === 0) {
    throw new DatabaseError(`virtual table "${name}" does not exist`, {
      sqlState: '42P01',
      hint: 'Give a name such as ipstack_ip or ipstack.ipstack_ip, or none for all tables.',
    })
  }
  return clearTables(tables, context)
}

async function clearTables(tables: readonly VirtualTable[], context: EngineContext): Promise<number> {
  const { cache, keyCache } = context
  const sources = new Set(tables.flatMap((table) => sourcesOf(table, context)))
  let scans = 0
  for (const source of sources) scans += cache.clear(source) + (await keyCache.clear(source))
  return scans
}

function noHistory(name: string): DatabaseError {
  return new DatabaseError(`${systemSchema}.${name} cannot be read from inside a function`, {
    sqlState: '0A000',
    detail: 'It tells what the session itself has done; a function’s tables are read in another session.',
    hint: 'Query it by itself, or by a view.',
  })
}
