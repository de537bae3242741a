/** Fetches rows of a scan into a scan table, within what its statement may ask for. */
import type { VirtualTable } from '../catalog/virtual-table.js'
import type { Connection } from '../fetch/connection.js'
import { countCalls, countKeys, type ScanQuals } from '../fetch/scan-quals.js'
import { scanRows } from '../fetch/scan-rows.js'
import { CeilingError } from '../report/ceiling-error.js'
import type { ScanMeter, StatementMeter } from '../report/statement-meter.js'
import type { StagedTable } from '../stage/scan-table.js'
import type { ScanTables } from '../stage/scan-tables.js'

export interface FetchRequest {
  readonly table: VirtualTable
  readonly connection: Connection
  /** Names of the columns to be filled. */
  readonly columns: readonly string[]
  readonly quals: ScanQuals
  readonly limit: number | undefined
  readonly signal: AbortSignal
}

/** @throws DatabaseError; 53400 for what goes over one of the statement's ceilings */
export async function fetchScan(
  { table, connection, columns, quals, limit, signal }: FetchRequest,
  scanTables: ScanTables,
  meter: ScanMeter,
): Promise<StagedTable> {
  const { name, keys } = table.table
  const lists = countCalls(quals, keys)
  // One list may do without a call; and rows enough may come before all lists are asked.
  meter.begin(lists > 1 && limit === undefined ? lists : 0, countKeys(quals, keys))
  const rows = scanRows({
    table,
    connection,
    columns,
    quals,
    limit,
    counts: meter,
    statement: meter.statement,
    signal,
  })
  return scanTables.stage({ columns: table.columns, filled: columns, tableName: name, rows, meter, signal })
}

/** Of others, with whom a scan waits for the same rows. */
const mostFailures = 10

/**
 * Asks again for what another statement has asked for too, and may not have.
 * @throws DatabaseError; a {@link CeilingError} only of the statement's own, unless others' come again and again
 */
export async function withinOwnCeilings<Result>(
  statement: StatementMeter,
  ask: () => Promise<Result>,
): Promise<Result> {
  for (let left = mostFailures; ; left--) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof CeilingError) || error.owner === statement || left === 0) throw error
    }
  }
}
