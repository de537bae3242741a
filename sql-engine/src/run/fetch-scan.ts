/** Fetches rows of a scan into a scan table, within the statement's quotas. */
import type { VirtualTable } from '../catalog/virtual-table.js'
import type { DecodeThreads } from '../decode/decode-threads.js'
import type { Connection } from '../fetch/connection.js'
import type { ScanLimit } from '../fetch/scan-limit.js'
import { countCalls, countKeys, type ScanQuals } from '../fetch/scan-quals.js'
import { scanRows } from '../fetch/scan-rows.js'
import { QuotaError } from '../quota/quota-error.js'
import type { ScanMeter, StatementMeter } from '../quota/statement-meter.js'
import type { MissingPart, StagedTable } from '../stage/scan-table.js'
import { type ScanTables, writtenColumns } from '../stage/scan-tables.js'

export interface FetchRequest {
  readonly table: VirtualTable
  readonly connection: Connection
  /** Names of the columns to be filled. */
  readonly columns: readonly string[]
  readonly quals: ScanQuals
  readonly limit: ScanLimit | undefined
  readonly signal: AbortSignal
}

/** What scans are made with. */
export interface FetchParts {
  readonly scanTables: ScanTables
  readonly decodeThreads: DecodeThreads
}

/** Fetches a scan. @throws DatabaseError; 53400 when it exceeds one of the statement's quotas */
export async function fetchScan(
  { table, connection, columns, quals, limit, signal }: FetchRequest,
  { scanTables, decodeThreads }: FetchParts,
  meter: ScanMeter,
): Promise<StagedTable> {
  const { name, keys } = table.definition
  const lists = countCalls(quals, keys)
  // One list may do without a call; and enough rows, where any will do, may come before all lists are asked.
  const takesAll = limit === undefined || limit.order !== undefined
  meter.begin(lists > 1 && takesAll ? lists : 0, countKeys(quals, keys))
  const missing = new Map<string, MissingPart>()
  const rows = scanRows({
    table,
    connection: connection.ofTable(table.definition),
    columns,
    quals,
    limit,
    counts: meter,
    statement: meter.statement,
    decoding: { threads: decodeThreads, columns: writtenColumns(table.columns, columns) },
    leaveOut: (one) => missing.set(one.part, missing.get(one.part) ?? one),
    signal,
  })
  const request = { columns: table.columns, filled: columns, tableName: name, rows, meter, signal }
  const staged = await scanTables.stage(request)
  // A statement that needs only this many rows, whichever they are, misses none.
  const hasRows = !takesAll && staged.rowCount >= limit.rows
  return { ...staged, missing: [...missing.values()].filter(({ kind }) => kind === 'values' || !hasRows) }
}

/**
 * The most times that a scan is tried again after a quota of another statement, which waits for the same rows, has
 * failed it.
 */
const mostFailures = 10

/**
 * Asks again for rows that another statement has asked for too, and whose quota forbids them.
 * @throws DatabaseError; a {@link QuotaError} only of the statement's own, unless others' come again and again
 */
export async function withinOwnQuotas<Result>(
  statement: StatementMeter,
  ask: () => Promise<Result>,
): Promise<Result> {
  for (let left = mostFailures; ; left--) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof QuotaError) || error.owner === statement || left === 0) throw error
    }
  }
}
