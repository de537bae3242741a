/** Keeps scan tables for a while, so that later statements read them instead of asking the API again. */

import type { Key } from '@millrace/plugin-sdk/table'
import { canceledError } from '../database-error.js'
import { abortable } from '../stage/abortable.js'
import type { ScanTable } from '../stage/scan-table.js'
import { covers, type ScanShape } from './covers.js'

export interface ScanCacheOptions {
  /** Bytes of rows that are kept at most; what has not been read for longest goes first. */
  readonly maxBytes: number
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number
}

export interface CacheRequest extends ScanShape {
  /** The same for scans of one table through one connection. */
  readonly source: string
  readonly keys: Readonly<Record<string, Key | undefined>>
  readonly limit: number | undefined
  /** Milliseconds that may have passed since the rows were asked for; 0 asks anew and keeps nothing. */
  readonly maxAge: number
  readonly signal: AbortSignal
}

/** A scan table that is not dropped before it is released. */
export interface LeasedTable extends ScanTable {
  /** Whether its rows were there, or on their way, before they were asked for. */
  readonly isHit: boolean
}

interface Entry {
  readonly shape: ScanShape
  readonly source: string
  readonly startedAt: number
  readonly expiresAt: number
  /** Aborted when nobody waits for the rows any more. */
  readonly controller: AbortController
  readonly staging: Promise<ScanTable>
  state: 'fetching' | 'kept' | 'gone'
  table: ScanTable | undefined
  leases: number
}

export class ScanCache {
  readonly #maxBytes: number
  readonly #now: () => number
  /** Those that may answer, the one that was read last at the end. */
  readonly #entries = new Set<Entry>()
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor({ maxBytes, now = () => performance.now() }: ScanCacheOptions) {
    this.#maxBytes = maxBytes
    this.#now = now
  }

  /**
   * A table with the rows of a scan: one that is kept, one that is being filled for the same question, or a
   * new one.
   * @param fetch fills a new scan table; its signal is aborted when all who wait for it have gone
   * @throws DatabaseError of the fetch; 57014 when the request's own signal is aborted
   */
  async get(request: CacheRequest, fetch: (signal: AbortSignal) => Promise<ScanTable>): Promise<LeasedTable> {
    if (request.signal.aborted) throw canceledError()
    this.#sweep()
    const known = this.#find(request)
    const entry = known ?? this.#begin(request, fetch)
    entry.leases++
    let table: ScanTable
    try {
      table = await abortable(entry.staging, request.signal)
    } catch (error) {
      this.#return(entry)
      throw request.signal.aborted ? canceledError() : error
    }
    let isLeased = true
    return {
      ...table,
      isHit: known !== undefined,
      release: () => {
        if (isLeased) this.#return(entry)
        isLeased = false
      },
    }
  }

  /** Forgets everything; tables that are being read are dropped when they are released. */
  clear(): void {
    for (const entry of this.#entries) this.#forget(entry)
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #find(request: CacheRequest): Entry | undefined {
    if (request.maxAge <= 0) return undefined
    const oldest = this.#now() - request.maxAge
    for (const entry of this.#entries) {
      if (entry.source !== request.source || entry.startedAt < oldest) continue
      if (!covers(entry.shape, request, request.keys)) continue
      // A question that is wider than this one may take much longer to answer.
      if (entry.state === 'fetching' && !covers(request, entry.shape, request.keys)) continue
      this.#entries.delete(entry)
      this.#entries.add(entry)
      return entry
    }
    return undefined
  }

  #begin(request: CacheRequest, fetch: (signal: AbortSignal) => Promise<ScanTable>): Entry {
    const { columns, quals, source, limit, maxAge } = request
    const controller = new AbortController()
    const startedAt = this.#now()
    const entry: Entry = {
      shape: { columns, quals },
      source,
      startedAt,
      expiresAt: startedAt + maxAge,
      controller,
      staging: fetch(controller.signal),
      state: 'fetching',
      table: undefined,
      leases: 0,
    }
    // Rows that end at a limit are not all rows; whether they do is known only when they have come.
    if (maxAge > 0 && limit === undefined) this.#entries.add(entry)
    entry.staging.then(
      (table) => this.#finish(entry, table, maxAge > 0 && (limit === undefined || table.rowCount < limit)),
      () => this.#forget(entry),
    )
    return entry
  }

  #finish(entry: Entry, table: ScanTable, isComplete: boolean): void {
    entry.table = table
    if (entry.state === 'gone' || !isComplete) {
      this.#forget(entry)
      return
    }
    entry.state = 'kept'
    this.#entries.add(entry)
    this.#bytes += table.approximateBytes
    for (const other of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break
      if (other.state === 'kept') this.#forget(other)
    }
    this.#schedule()
  }

  /** Takes an entry out of those that may answer. */
  #forget(entry: Entry): void {
    this.#entries.delete(entry)
    if (entry.state === 'kept') this.#bytes -= entry.table?.approximateBytes ?? 0
    entry.state = 'gone'
    if (entry.leases === 0) entry.table?.release()
  }

  #return(entry: Entry): void {
    entry.leases--
    if (entry.leases > 0) return
    if (entry.table === undefined) {
      this.#forget(entry)
      entry.controller.abort()
    } else if (entry.state === 'gone') entry.table.release()
  }

  #sweep(): void {
    const now = this.#now()
    for (const entry of this.#entries) {
      if (entry.state === 'kept' && entry.expiresAt <= now) this.#forget(entry)
    }
  }

  /** Tables go soon after their time, even if nobody asks for anything. */
  #schedule(): void {
    if (this.#timer !== undefined) return
    const kept = [...this.#entries].filter(({ state }) => state === 'kept')
    if (kept.length === 0) return
    const next = Math.min(...kept.map(({ expiresAt }) => expiresAt)) - this.#now()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#sweep()
      this.#schedule()
    }, Math.max(next, 0) + 100)
    this.#timer.unref()
  }
}
