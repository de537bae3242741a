/** Keeps scan tables for a while, so that later statements read them instead of asking the API again. */

import type { Key } from '@millrace/plugin-sdk/table'
import { canceledError } from '../database-error.js'
import type { ScanLimit } from '../fetch/scan-limit.js'
import type { KeyValue } from '../plan/key-values.js'
import { abortable } from '../stage/abortable.js'
import type { ScanTable, StagedTable } from '../stage/scan-table.js'
import { covers, type ScanShape } from './covers.js'
import { divideKeys, narrowed } from './divide-keys.js'
import { divideRange } from './divide-range.js'
import type { Interval } from './interval.js'

export interface ScanCacheOptions {
  /** Bytes that what is kept takes on disk at most; what has not been read for longest goes first. */
  readonly maxBytes: number
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number
}

export interface CacheRequest extends ScanShape {
  /** The same for scans of one table through one connection. */
  readonly source: string
  readonly keys: Readonly<Record<string, Key | undefined>>
  /** The key column by whose values the table's rows can be told apart, if there is one. */
  readonly lookupKey: string | undefined
  readonly limit: ScanLimit | undefined
  /** Whether it asks for what kept rows lack of a wider range. */
  readonly isGap?: boolean
  /** Milliseconds that may have passed since the rows were asked for; 0 asks anew and keeps nothing. */
  readonly maxAge: number
  readonly signal: AbortSignal
}

/** Rows of one table among others that are read together. */
export interface TablePart {
  readonly table: ScanTable
  /** Which of its rows count; undefined for all. */
  readonly counted: CountedPart | undefined
}

/** Rows by the values of a column. */
export type CountedPart =
  | { readonly kind: 'values'; readonly values: readonly KeyValue[] }
  | { readonly kind: 'range'; readonly interval: Interval }

/** How a scan's rows come about. */
export interface ScanMaker {
  /** Fills a new scan table; the signal is aborted when all who wait for it have gone. */
  fetch(shape: ScanShape, signal: AbortSignal): Promise<StagedTable>
  /** Puts rows of several tables together, without copying them. */
  combine(column: string, parts: readonly TablePart[], signal: AbortSignal): Promise<ScanTable>
}

/** A scan table that is not dropped before it is released. */
export interface LeasedTable extends ScanTable {
  /** Whether its rows were there, or on their way, before they were asked for. */
  readonly isHit: boolean
}

interface Entry {
  readonly shape: ScanShape
  readonly limit: ScanLimit | undefined
  readonly source: string
  readonly startedAt: number
  readonly expiresAt: number
  /** Aborted when nobody waits for the rows any more. */
  readonly controller: AbortController
  readonly staging: Promise<StagedTable>
  state: 'fetching' | 'kept' | 'gone'
  table: StagedTable | undefined
  /** On disk, once that is known. */
  bytes: number
  leases: number
}

/** Entries whose rows make up a scan together with those of a narrower one. */
interface Parts {
  readonly column: string
  readonly known: readonly { readonly entry: Entry; readonly counted: CountedPart | undefined }[]
  readonly missing: { readonly request: CacheRequest; readonly counted: CountedPart | undefined } | undefined
}

/** A day, in milliseconds. A timer of Node's for more than 24.8 days runs at once. */
const longestTimer = 86_400_000

export class ScanCache {
  readonly #maxBytes: number
  readonly #now: () => number
  /** Those that may answer, the one that was read last at the end. */
  readonly #entries = new Set<Entry>()
  /** Fetches whose rows are not there yet, those that may not answer others among them. */
  readonly #fetching = new Set<Entry>()
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor({ maxBytes, now = () => performance.now() }: ScanCacheOptions) {
    this.#maxBytes = maxBytes
    this.#now = now
  }

  /**
   * A table with the rows of a scan: one that is kept, one that is being filled for the same question, a new
   * one; or, of a scan by listed keys, what is kept of them together with a new one for the others.
   * @throws DatabaseError of the fetch; 57014 when the request's own signal is aborted
   */
  async get(request: CacheRequest, maker: ScanMaker): Promise<LeasedTable> {
    if (request.signal.aborted) throw canceledError()
    this.#sweep()
    const known = this.#find(request)
    if (known !== undefined) return this.#lease(known, request, true)
    const parts = this.#divideKeys(request) ?? this.#divideRange(request)
    if (parts !== undefined) return this.#combine(request, parts, maker)
    return this.#lease(this.#begin(request, maker), request, false)
  }

  async #lease(entry: Entry, { signal }: CacheRequest, isHit: boolean): Promise<LeasedTable> {
    entry.leases++
    let table: ScanTable
    try {
      table = await abortable(entry.staging, signal)
    } catch (error) {
      this.#return(entry)
      throw signal.aborted ? canceledError() : error
    }
    return leased(table, isHit, () => this.#return(entry))
  }

  #divideKeys(request: CacheRequest): Parts | undefined {
    const { lookupKey, columns, limit, maxAge, keys } = request
    // Rows are told apart by the key's column, which has to be filled.
    if (lookupKey === undefined || !columns.has(lookupKey)) return undefined
    if (limit !== undefined || maxAge <= 0) return undefined
    const divided = divideKeys(request, lookupKey, this.#candidates(request), ({ shape }) => shape, keys)
    if (divided === undefined) return undefined
    const { column, known, missing } = divided
    return {
      column,
      known: known.map(({ earlier, values, isWhole }) => ({
        entry: earlier,
        counted: isWhole ? undefined : { kind: 'values', values },
      })),
      missing:
        missing.length > 0 ? { request: narrowed(request, column, missing), counted: undefined } : undefined,
    }
  }

  #divideRange(request: CacheRequest): Parts | undefined {
    if (request.limit !== undefined || request.maxAge <= 0) return undefined
    const kept = this.#candidates(request).filter(({ state }) => state === 'kept')
    const divided =
      request.isGap === true ? undefined : divideRange(request, kept, ({ shape }) => shape, request.keys)
    if (divided === undefined) return undefined
    const { column, known, missing } = divided
    return {
      column,
      known: known.map(({ earlier, interval }) => ({
        entry: earlier,
        counted: { kind: 'range', interval },
      })),
      missing: missing && {
        request: { ...request, quals: missing.quals, isGap: true },
        counted: { kind: 'range', interval: missing.interval },
      },
    }
  }

  /** Those that have, or will have, all their rows. The one that was read last comes first. */
  #candidates(request: CacheRequest): Entry[] {
    const oldest = this.#now() - request.maxAge
    return [...this.#entries]
      .reverse()
      .filter(
        (entry) => isOf(entry, request, oldest) && (entry.state === 'kept' || entry.limit === undefined),
      )
  }

  async #combine(
    request: CacheRequest,
    { column, known, missing }: Parts,
    maker: ScanMaker,
  ): Promise<LeasedTable> {
    const leasing = known.map(({ entry }) => {
      this.#touch(entry)
      return this.#lease(entry, request, true)
    })
    if (missing !== undefined) leasing.push(this.get(missing.request, maker))
    const outcomes = await Promise.allSettled(leasing)
    const tables = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
    const releaseParts = () => {
      for (const table of tables) table.release()
    }
    try {
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
      const parts = tables.map((table, index): TablePart => {
        return { table, counted: (known[index] ?? missing)?.counted }
      })
      const combined = await maker.combine(column, parts, request.signal)
      return leased(combined, missing === undefined, () => {
        combined.release()
        releaseParts()
      })
    } catch (error) {
      releaseParts()
      throw error
    }
  }

  /**
   * Forgets all rows, or those of one source. None that was asked for before answers a question that comes
   * after; who has asked before gets what was asked for. Tables that are being read are dropped when they are
   * released.
   * @returns the number of results that are forgotten
   */
  clear(source?: string): number {
    let forgotten = 0
    for (const entry of [...this.#entries, ...this.#fetching]) {
      if (source !== undefined && entry.source !== source) continue
      if (entry.state !== 'gone') forgotten++
      this.#forget(entry)
    }
    if (this.#entries.size === 0) clearTimeout(this.#timer)
    return forgotten
  }

  #find(request: CacheRequest): Entry | undefined {
    if (request.maxAge <= 0) return undefined
    const oldest = this.#now() - request.maxAge
    for (const entry of this.#entries) {
      if (!isOf(entry, request, oldest)) continue
      if (!covers(entry.shape, request, request.keys)) continue
      if (entry.state === 'fetching' && !isSame(entry, request)) continue
      this.#touch(entry)
      return entry
    }
    return undefined
  }

  /** It is being read. */
  #touch(entry: Entry): void {
    if (!this.#entries.delete(entry)) return
    this.#entries.add(entry)
  }

  #begin(request: CacheRequest, maker: ScanMaker): Entry {
    const { columns, quals, source, limit, maxAge } = request
    const shape = { columns, quals }
    const controller = new AbortController()
    const startedAt = this.#now()
    const entry: Entry = {
      shape,
      limit,
      source,
      startedAt,
      expiresAt: startedAt + maxAge,
      controller,
      staging: maker.fetch(shape, controller.signal),
      state: 'fetching',
      table: undefined,
      bytes: 0,
      leases: 0,
    }
    if (maxAge > 0) this.#entries.add(entry)
    this.#fetching.add(entry)
    // Rows that end at a limit are not all rows; whether they do is known only when they have come.
    const isComplete = ({ rowCount, missing }: ScanTable) =>
      missing.length === 0 && (limit === undefined || rowCount < limit.rows)
    entry.staging.then(
      (table) => this.#finish(entry, table, maxAge > 0 && isComplete(table)),
      () => {
        this.#fetching.delete(entry)
        this.#forget(entry)
      },
    )
    return entry
  }

  #finish(entry: Entry, table: StagedTable, isComplete: boolean): void {
    this.#fetching.delete(entry)
    entry.table = table
    if (entry.state === 'gone' || !isComplete) {
      this.#forget(entry)
      return
    }
    entry.state = 'kept'
    this.#entries.add(entry)
    // Whoever waits for the rows need not wait for this.
    table.measure().then(
      (bytes) => this.#weigh(entry, bytes),
      () => this.#forget(entry),
    )
    this.#schedule()
  }

  #weigh(entry: Entry, bytes: number): void {
    if (entry.state !== 'kept') return
    // One that is larger than all that may be kept would only drive the others out.
    if (bytes > this.#maxBytes) {
      this.#forget(entry)
      return
    }
    entry.bytes = bytes
    this.#bytes += bytes
    for (const other of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break
      if (other.state === 'kept') this.#forget(other)
    }
  }

  /** Takes an entry out of those that may answer. */
  #forget(entry: Entry): void {
    this.#entries.delete(entry)
    if (entry.state === 'kept') this.#bytes -= entry.bytes
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
    clearTimeout(this.#timer)
    const kept = [...this.#entries].filter(({ state }) => state === 'kept')
    if (kept.length === 0) return
    const next = Math.min(...kept.map(({ expiresAt }) => expiresAt)) - this.#now()
    const delay = Math.min(Math.max(next, 0) + 100, longestTimer)
    this.#timer = setTimeout(() => {
      this.#sweep()
      this.#schedule()
    }, delay)
    this.#timer.unref()
  }
}

/** Whether an entry is of the table that is asked for, and young enough. */
function isOf(entry: Entry, { source }: CacheRequest, oldest: number): boolean {
  return entry.source === source && entry.startedAt >= oldest
}

/**
 * Whether a question is the very one that a fetch is to answer. A fetch for a wider one, or for more rows, may take
 * much longer; one for fewer rows does not give enough.
 */
function isSame({ shape, limit }: Entry, request: CacheRequest): boolean {
  return isSameLimit(limit, request.limit) && covers(request, shape, request.keys)
}

function isSameLimit(one: ScanLimit | undefined, other: ScanLimit | undefined): boolean {
  return (
    one?.rows === other?.rows &&
    one?.order?.column === other?.order?.column &&
    one?.order?.direction === other?.order?.direction
  )
}

/** @param release called once, however often the table is released */
function leased(table: ScanTable, isHit: boolean, release: () => void): LeasedTable {
  let isLeased = true
  return {
    ...table,
    isHit,
    release: () => {
      if (isLeased) release()
      isLeased = false
    },
  }
}
