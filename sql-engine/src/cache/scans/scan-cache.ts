/** Keeps scan tables for a while, so that later statements read them instead of asking the API again. */

import { canceledError } from '../../database-error.js'
import { abortable } from '../../stage/abortable.js'
import type { ScanTable, StagedTable } from '../../stage/scan-table.js'
import { LookAgain } from '../shared/peer-rows.js'
import type { Departure, SharedScan, SharedScans } from '../shared/shared-scans.js'
import { type Entry, hasAllRows, isAnswer, isSame } from './cache-entry.js'
import type { CacheRequest, LeasedTable, ScanMaker, TablePart } from './cache-request.js'
import { divideScan, type Parts } from './divide-scan.js'
import { type CachedRows, KeptEntries } from './kept-entries.js'
import { PartLists } from './part-lists.js'
import { peerEntry } from './peer-entry.js'

export interface ScanCacheOptions {
  /** The most bytes of rows that are cached; what has not been read for longest goes first. */
  readonly maxBytes: number
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number
  /** What this gateway shares with others over the database; undefined where there can be none. */
  readonly shared?: SharedScans | undefined
}

/** What a request shares with other gateways, and under which names. */
interface Sharing {
  readonly scans: SharedScans
  readonly source: string
  readonly sharedSource: string
}

export class ScanCache {
  /** Which parts tables consist of. */
  readonly partLists: PartLists
  readonly #now: () => number
  readonly #shared: SharedScans | undefined
  readonly #kept: KeptEntries
  /** What each statement has asked for or read, which answers it again as long as it reads it. */
  readonly #ofStatements = new WeakMap<object, Set<Entry>>()

  constructor({ maxBytes, now = () => performance.now(), shared }: ScanCacheOptions) {
    this.#shared = shared
    this.#now = now
    this.#kept = new KeptEntries(maxBytes, now, shared)
    this.partLists = new PartLists(now)
  }

  /** See {@link ScanCacheOptions.maxBytes}; a lower value takes effect when rows come next. */
  get maxBytes(): number {
    return this.#kept.maxBytes
  }

  set maxBytes(bytes: number) {
    this.#kept.maxBytes = bytes
  }

  /**
   * A table with the rows of a scan: a cached one, one that is being filled for the same question, a new one; or, for
   * a scan by listed keys, what is cached of them together with a new one for the others.
   * @throws DatabaseError of the fetch; 57014 when the request's own signal is aborted
   */
  async get(request: CacheRequest, maker: ScanMaker): Promise<LeasedTable> {
    for (;;) {
      if (request.signal.aborted) throw canceledError()
      try {
        return await this.#get(request, maker)
      } catch (error) {
        if (!(error instanceof LookAgain)) throw error
      }
    }
  }

  async #get(request: CacheRequest, maker: ScanMaker): Promise<LeasedTable> {
    this.#kept.sweep()
    const own = this.#find(request)
    const sharing = own === undefined ? this.#sharing(request) : undefined
    if (sharing !== undefined) await this.#lookAtPeers(sharing)
    const known = own ?? this.#find(request)
    if (known !== undefined) return this.#lease(known, request, maker, true)
    if (request.signal.aborted) throw canceledError()
    const parts = divideScan(request, () => this.#candidates(request))
    if (parts !== undefined) return this.#combine(request, parts, maker)
    return this.#lease(this.#begin(request, maker), request, maker, false)
  }

  /** Where rows of other gateways may answer it, and its rows them. */
  #sharing({ source, sharedSource, maxAge }: CacheRequest): Sharing | undefined {
    const scans = this.#shared
    return scans === undefined || sharedSource === undefined || maxAge <= 0
      ? undefined
      : { scans, source, sharedSource }
  }

  /** Takes note of what other gateways have fetched of the source since it was looked at last. */
  async #lookAtPeers({ scans, source, sharedSource }: Sharing): Promise<void> {
    const lookedAt = this.#now()
    const { epoch } = scans
    const before = this.#ofPeers(source)
    const { there, unknown } = await scans.find(sharedSource, new Set(before.keys()))
    // All gateways were told to forget meanwhile.
    if (epoch !== scans.epoch) return
    for (const [name, entry] of before) if (!there.has(name)) this.#kept.forget(entry)
    // Another scan may have looked at the same time.
    const known = this.#ofPeers(source)
    for (const scan of unknown) if (!known.has(scan.name)) this.#kept.add(peerEntry(scan, source, lookedAt))
  }

  /** The entries of other gateways that are known, by their names there. */
  #ofPeers(source: string): ReadonlyMap<string, Entry> {
    return new Map(
      this.#kept.all.flatMap((entry) =>
        entry.source === source && entry.peerName !== undefined ? [[entry.peerName, entry] as const] : [],
      ),
    )
  }

  /**
   * Forgets all rows, or those of one source. No row asked for before answers a question that comes after; a
   * statement that has already asked gets its rows. Tables that are being read are dropped when they are released.
   * @returns the number of results that are forgotten
   */
  clear(source?: string): number {
    this.partLists.clear(source)
    return this.#kept.clear(source)
  }

  /** What may answer a statement now. */
  contents(): readonly CachedRows[] {
    return this.#kept.contents()
  }

  /** Forgets rows of all sources but these, as {@link clear} does. */
  keepOnly(sources: ReadonlySet<string>): void {
    for (const source of this.#kept.sources) if (!sources.has(source)) this.clear(source)
  }

  async #lease(
    entry: Entry,
    { statement, signal }: CacheRequest,
    maker: ScanMaker,
    isHit: boolean,
  ): Promise<LeasedTable> {
    entry.leases++
    const ofStatement = this.#ofStatements.get(statement) ?? new Set()
    this.#ofStatements.set(statement, ofStatement.add(entry))
    const giveBack = () => {
      ofStatement.delete(entry)
      this.#kept.giveBack(entry)
    }
    let table: ScanTable
    try {
      table = await abortable(entry.rows(maker), signal)
    } catch (error) {
      if (error instanceof LookAgain) {
        this.#kept.forget(entry)
        if (entry.peerName !== undefined) await this.#shared?.withdraw(entry.peerName)
      }
      giveBack()
      throw signal.aborted ? canceledError() : error
    }
    const isShared = isHit && entry.statement === statement
    return leased(table, { isHit, isShared }, giveBack)
  }

  /** The statement's own entries, then the cached ones; of these, the one that was read last comes first. */
  #candidates(request: CacheRequest): Entry[] {
    const kept = this.#kept.all
      .toReversed()
      .filter((entry) => this.#isYoungEnough(entry, request) && hasAllRows(entry))
    return [...new Set([...this.#ofStatement(request), ...kept])]
  }

  /** All entries that the statement still reads or waits for. */
  #ofStatement({ statement, source }: CacheRequest): Entry[] {
    const entries = [...(this.#ofStatements.get(statement) ?? [])]
    return entries.filter((entry) => !entry.isGone && entry.source === source && hasAllRows(entry))
  }

  #isYoungEnough(entry: Entry, { source, maxAge }: CacheRequest): boolean {
    return maxAge > 0 && entry.source === source && entry.startedAt >= this.#now() - maxAge
  }

  async #combine(
    request: CacheRequest,
    { column, known, missing }: Parts,
    maker: ScanMaker,
  ): Promise<LeasedTable> {
    const leasing = known.map(({ entry }) => {
      this.#kept.touch(entry)
      return this.#lease(entry, request, maker, true)
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
      const isShared = tables.every((table) => table.isShared)
      return leased(combined, { isHit: missing === undefined, isShared }, () => {
        combined.release()
        releaseParts()
      })
    } catch (error) {
      releaseParts()
      throw error
    }
  }

  #find(request: CacheRequest): Entry | undefined {
    // Its own statement waits for a wider question anyway.
    const known =
      this.#ofStatement(request).find((entry) => isAnswer(entry, request)) ??
      this.#kept.all.find(
        (entry) =>
          this.#isYoungEnough(entry, request) &&
          isAnswer(entry, request) &&
          (entry.table !== undefined || isSame(entry, request)),
      )
    if (known !== undefined) this.#kept.touch(known)
    return known
  }

  #begin(request: CacheRequest, maker: ScanMaker): Entry {
    const { columns, quals, source, limit, statement, maxAge } = request
    const shape = { columns, quals }
    const controller = new AbortController()
    const startedAt = this.#now()
    // Rows up to a limit answer nobody else, so that nobody would be helped by waiting.
    const sharing = limit === undefined ? this.#sharing(request) : undefined
    const departure = sharing?.scans.departure(sharing.sharedSource, shape)
    const staging =
      sharing === undefined || departure === undefined
        ? maker.fetch(shape, controller.signal)
        : this.#fetchForAll(request, maker, controller.signal, { sharing, departure })
    const entry: Entry = {
      shape,
      source,
      limit,
      statement,
      startedAt,
      expiresAt: startedAt + maxAge,
      controller,
      rows: () => staging,
      unread: () => {},
      peerName: undefined,
      isShared: false,
      isForOthers: maxAge > 0,
      isGone: false,
      table: undefined,
      bytes: 0,
      leases: 0,
    }
    this.#kept.begin(entry)
    staging.then(
      (table) => {
        this.#kept.finish(entry, table)
        entry.isShared = departure !== undefined && entry.isForOthers
        departure?.land(entry.isShared ? this.#sharedScan(entry, table) : undefined)
      },
      () => {
        departure?.land(undefined)
        this.#kept.fail(entry)
      },
    )
    return entry
  }

  /** @throws LookAgain when another gateway has asked meanwhile, and whatever the fetch throws */
  async #fetchForAll(
    request: CacheRequest,
    maker: ScanMaker,
    signal: AbortSignal,
    { sharing, departure }: { readonly sharing: Sharing; readonly departure: Departure },
  ): Promise<StagedTable> {
    if (!(await departure.begin(signal))) throw new LookAgain('another gateway has asked')
    // It may have been answered just before.
    await this.#lookAtPeers(sharing)
    const isOfPeer = (entry: Entry) => entry.peerName !== undefined && this.#isYoungEnough(entry, request)
    if (this.#kept.all.some((entry) => isOfPeer(entry) && isAnswer(entry, request)))
      throw new LookAgain('another gateway has the rows')
    const { columns, quals } = request
    return maker.fetch({ columns, quals }, signal)
  }

  /** What other gateways may read of an entry that has just come. */
  #sharedScan({ shape, startedAt, expiresAt }: Entry, { name, rowCount }: StagedTable): SharedScan {
    const now = this.#now()
    return { name, shape, rowCount, age: now - startedAt, left: expiresAt - now }
  }
}

/** @param release called once, however often the table is released */
function leased(
  table: ScanTable,
  how: Pick<LeasedTable, 'isHit' | 'isShared'>,
  release: () => void,
): LeasedTable {
  let isLeased = true
  return {
    ...table,
    ...how,
    release: () => {
      if (isLeased) release()
      isLeased = false
    },
  }
}
