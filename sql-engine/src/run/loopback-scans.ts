/**
 * Scan tables that a session has staged ahead for PostgreSQL, which fills a materialized view for it. The view's
 * query reads the virtual tables by their own names, over the loopback; the rows that the whole query needs are
 * already there, including those whose keys only its joins give.
 */
import type { ScansByTable, SharedLoopback } from '../cache/shared/shared-loopback.js'

export class LoopbackScans {
  /** The scans by the server process of the session that staged them. */
  readonly #loopbackScans = new Map<number, ScansByTable>()

  readonly #shared: SharedLoopback | undefined

  /** @param shared where PostgreSQL may ask another gateway */
  constructor(shared?: SharedLoopback) {
    this.#shared = shared
  }

  /** @returns a function to call when PostgreSQL has run the statement that the scans are staged for */
  async offer(processId: number, scans: ScansByTable): Promise<() => void> {
    const withdraw = () => {
      if (this.#loopbackScans.get(processId) !== scans) return
      this.#loopbackScans.delete(processId)
      this.#shared?.withdraw(processId)
    }
    this.#loopbackScans.set(processId, scans)
    try {
      await this.#shared?.offer(processId, scans)
    } catch (error) {
      withdraw()
      throw error
    }
    return withdraw
  }

  /** The scans that were staged for a server process. */
  async of(processId: number | undefined): Promise<ScansByTable | undefined> {
    if (processId === undefined) return undefined
    return this.#loopbackScans.get(processId) ?? this.#shared?.of(processId)
  }
}
