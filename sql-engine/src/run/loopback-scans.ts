/**
 * Scan tables that a session has staged ahead for PostgreSQL, which fills a materialized view for it. The view's
 * query reads the virtual tables by their own names, over the loopback; the rows that the whole query needs are
 * already there, including those whose keys only its joins give.
 */
import type { ScanTable } from '../stage/scan-table.js'

export interface LoopbackScan {
  readonly table: ScanTable
  /** Columns that are filled. */
  readonly columns: ReadonlySet<string>
}

/** The scans staged ahead, by the OIDs of their virtual tables. */
export type ScansByTable = ReadonlyMap<number, LoopbackScan>

export class LoopbackScans {
  /** The scans by the server process of the session that staged them. */
  readonly #loopbackScans = new Map<number, ScansByTable>()

  /** @returns a function to call when PostgreSQL has run the statement that the scans are staged for */
  offer(processId: number, scans: ScansByTable): () => void {
    this.#loopbackScans.set(processId, scans)
    return () => {
      if (this.#loopbackScans.get(processId) === scans) this.#loopbackScans.delete(processId)
    }
  }

  /** The scans that were staged for a server process. */
  of(processId: number | undefined): ScansByTable | undefined {
    return processId === undefined ? undefined : this.#loopbackScans.get(processId)
  }
}
