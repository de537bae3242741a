/** What has been fetched and what is being fetched: how long it is kept, and what goes when it is too much. */

import type { StagedTable } from '../../stage/scan-table.js'
import type { SharedScans } from '../shared/shared-scans.js'
import { type Entry, hasAllRows } from './cache-entry.js'

/** Rows that are cached, for those who look. */
export interface CachedRows {
  readonly source: string
  /** Names of the columns that are filled. */
  readonly columns: readonly string[]
  readonly rows: number
  /** On disk; 0 as long as that is not known. */
  readonly bytes: number
  /** Milliseconds since they were asked for. */
  readonly age: number
  /** Milliseconds for which they still answer. */
  readonly left: number
}

/** A day, in milliseconds. A timer of Node's for more than 24.8 days runs at once. */
const longestTimer = 86_400_000

export class KeptEntries {
  /** The most bytes of rows that are kept; a lower value takes effect when rows come next. */
  maxBytes: number
  readonly #now: () => number
  readonly #shared: SharedScans | undefined
  /** Entries that may answer any statement; the one that was read last is at the end. */
  readonly #entries = new Set<Entry>()
  /** Fetches whose rows are not there yet, including those that may not answer others. */
  readonly #fetching = new Set<Entry>()
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  /** @param now milliseconds of a clock that only goes forward */
  constructor(maxBytes: number, now: () => number, shared: SharedScans | undefined) {
    this.maxBytes = maxBytes
    this.#now = now
    this.#shared = shared
  }

  /** Those that may answer any statement; the one that was read last is at the end. */
  get all(): readonly Entry[] {
    return [...this.#entries]
  }

  /** Takes an entry whose rows have come from elsewhere. */
  add(entry: Entry): void {
    this.#entries.add(entry)
  }

  /** Takes an entry whose rows are still to come: then it has {@link finish}ed, or {@link fail}ed. */
  begin(entry: Entry): void {
    if (entry.isForOthers) this.#entries.add(entry)
    this.#fetching.add(entry)
  }

  /** Marks an entry as read last. */
  touch(entry: Entry): void {
    if (!this.#entries.delete(entry)) return
    this.#entries.add(entry)
  }

  finish(entry: Entry, table: StagedTable): void {
    this.#fetching.delete(entry)
    entry.table = table
    if (!entry.isForOthers || !hasAllRows(entry) || table.missing.length > 0) {
      this.forget(entry)
      return
    }
    // Those that wait for the rows need not wait for this.
    table.measure().then(
      (bytes) => this.#weigh(entry, bytes),
      () => this.forget(entry),
    )
    this.#schedule()
  }

  fail(entry: Entry): void {
    this.#fetching.delete(entry)
    entry.isGone = true
    this.forget(entry)
  }

  #weigh(entry: Entry, bytes: number): void {
    if (!this.#entries.has(entry)) return
    // An entry larger than all that may be cached would only drive out the others.
    if (bytes > this.maxBytes) {
      this.forget(entry)
      return
    }
    entry.bytes = bytes
    this.#bytes += bytes
    for (const other of this.#entries) {
      if (this.#bytes <= this.maxBytes) break
      if (other.table !== undefined && other.peerName === undefined) this.forget(other)
    }
  }

  /** Lets an entry answer only the statements that already read it. */
  forget(entry: Entry): void {
    if (this.#entries.delete(entry)) this.#bytes -= entry.bytes
    if (entry.isShared && entry.table !== undefined) void this.#shared?.withdraw(entry.table.name)
    entry.isShared = false
    entry.isForOthers = false
    if (entry.leases === 0) this.#drop(entry)
  }

  #drop(entry: Entry): void {
    entry.isGone = true
    entry.table?.release()
  }

  /** One reader less: what nobody reads any more, or will, goes. */
  giveBack(entry: Entry): void {
    entry.leases--
    if (entry.leases > 0) return
    entry.unread()
    if (entry.table === undefined) {
      this.forget(entry)
      entry.controller.abort()
    } else if (!entry.isForOthers) this.#drop(entry)
  }

  /** Forgets what is too old for any statement. */
  sweep(): void {
    const now = this.#now()
    for (const entry of this.#entries) {
      if (entry.table !== undefined && entry.expiresAt <= now) this.forget(entry)
    }
  }

  /** Drops tables soon after their time, even if no statement asks for anything. */
  #schedule(): void {
    clearTimeout(this.#timer)
    const kept = [...this.#entries].filter(({ table }) => table !== undefined)
    if (kept.length === 0) return
    const next = Math.min(...kept.map(({ expiresAt }) => expiresAt)) - this.#now()
    const delay = Math.min(Math.max(next, 0) + 100, longestTimer)
    this.#timer = setTimeout(() => {
      this.sweep()
      this.#schedule()
    }, delay)
    this.#timer.unref()
  }

  /** @returns the number of results that are forgotten */
  clear(source?: string): number {
    let forgotten = 0
    for (const entry of [...this.#entries, ...this.#fetching]) {
      if (source !== undefined && entry.source !== source) continue
      if (entry.isForOthers) forgotten++
      this.forget(entry)
    }
    if (this.#entries.size === 0) clearTimeout(this.#timer)
    return forgotten
  }

  /** What may answer a statement now. */
  contents(): readonly CachedRows[] {
    const now = this.#now()
    return [...this.#entries].flatMap(({ table, source, shape, bytes, startedAt, expiresAt }) =>
      table === undefined || expiresAt <= now
        ? []
        : [
            {
              source,
              columns: [...shape.columns].sort(),
              rows: table.rowCount,
              bytes,
              age: now - startedAt,
              left: expiresAt - now,
            },
          ],
    )
  }

  /** The sources of all that is kept, or on its way. */
  get sources(): ReadonlySet<string> {
    return new Set([...this.#entries, ...this.#fetching].map(({ source }) => source))
  }
}
