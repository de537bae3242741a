/**
 * What a role that does not see everything reads a scan by: a view of the statement's own, which it alone is granted, and
 * which goes with the statement. The scan tables themselves, and those of lookups, hold what others have asked for as
 * well.
 */
import type { Reader } from '../bind/access.js'
import type { ScanTable } from '../stage/scan-table.js'
import type { ScanTables } from '../stage/scan-tables.js'

export interface ReadableScanOptions {
  readonly scanTables: ScanTables
  readonly reader: Reader
  /** The virtual table's name, for errors. */
  readonly tableName: string
  readonly signal: AbortSignal
}

/**
 * Makes a scan table readable, which is released with the result.
 * @throws DatabaseError; the table is then released
 */
export async function readableScan(
  table: ScanTable,
  { scanTables, reader, tableName, signal }: ReadableScanOptions,
): Promise<ScanTable> {
  if (!reader.isRestricted) return table
  try {
    const parts = [{ table, condition: table.askedFor }]
    const view = await scanTables.combine(tableName, parts, signal, reader.role)
    return {
      ...view,
      release: () => {
        view.release()
        table.release()
      },
    }
  } catch (error) {
    table.release()
    throw error
  }
}
