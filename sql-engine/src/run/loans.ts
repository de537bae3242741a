/**
 * Scan tables that a session lends to PostgreSQL, while PostgreSQL fills a materialized view for it. The view's query
 * reads the virtual tables by their own names, over the loopback; there, the rows that the whole query needs are
 * already here, among them those whose keys only its joins give.
 */
import type { ScanTable } from '../stage/scan-table.js'

export interface LentScan {
  readonly table: ScanTable
  /** Columns that are filled. */
  readonly columns: ReadonlySet<string>
}

/** By OIDs of virtual tables. */
export type Loan = ReadonlyMap<number, LentScan>

export class Loans {
  /** By the server process of the session that lends. */
  readonly #loans = new Map<number, Loan>()

  /** @returns to be called when PostgreSQL has done the statement that the loan is for */
  lend(processId: number, loan: Loan): () => void {
    this.#loans.set(processId, loan)
    return () => {
      if (this.#loans.get(processId) === loan) this.#loans.delete(processId)
    }
  }

  /** What is lent to whom the process asks for. */
  of(processId: number | undefined): Loan | undefined {
    return processId === undefined ? undefined : this.#loans.get(processId)
  }
}
