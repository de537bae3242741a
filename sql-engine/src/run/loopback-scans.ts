/**
 * Scan tables that a session lends to PostgreSQL, while PostgreSQL fills a materialized view for it. The view's query
 * reads the virtual tables by their own names, over the loopback; there, the rows that the whole query needs are
 * already here, among them those whose keys only its joins give.
 */
import type { ScanTable } from '../stage/scan-table.js'

export interface LoopbackScan {
  readonly table: ScanTable
  /** Columns that are filled. */
  readonly columns: ReadonlySet<string>
}

/** By OIDs of virtual tables. */
export type ScansByTable = ReadonlyMap<number, LoopbackScan>

export class LoopbackScans {
  /** By the server process of the session that lends. */
  readonly #loopbackScans = new Map<number, ScansByTable>()

  /** @returns to be called when PostgreSQL has done the statement that the loan is for */
  offer(processId: number, scans: ScansByTable): () => void {
    this.#loopbackScans.set(processId, scans)
    return () => {
      if (this.#loopbackScans.get(processId) === scans) this.#loopbackScans.delete(processId)
    }
  }

  /** What is lent to whom the process asks for. */
  of(processId: number | undefined): ScansByTable | undefined {
    return processId === undefined ? undefined : this.#loopbackScans.get(processId)
  }
}
