import type { TableReference } from '../bind/binding.js'
import type { ScanRecord } from '../report/scan-record.js'
import type { ScanTable } from '../stage/scan-table.js'

/** The rows that a statement reads, in scan tables, and what became of the scans that fetched them. */
export class StagedScans {
  readonly tables: ReadonlyMap<TableReference, ScanTable>
  readonly records: readonly ScanRecord[]

  constructor(tables: ReadonlyMap<TableReference, ScanTable>, records: readonly ScanRecord[]) {
    this.tables = tables
    this.records = records
  }

  tableOf(reference: TableReference): ScanTable {
    const table = this.tables.get(reference)
    if (table === undefined) throw new Error(`the scan of ${reference.name} is not staged`)
    return table
  }

  release(): void {
    for (const table of this.tables.values()) table.release()
  }
}
