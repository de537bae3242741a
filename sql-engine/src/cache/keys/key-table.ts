/** The rows of one virtual table's lookups, all with the same columns filled, in one table with an index. */
import type { Pool, PoolClient } from 'pg'
import { canceledError } from '../../database-error.js'
import { abortable } from '../../stage/abortable.js'
import type { ScanTable } from '../../stage/scan-table.js'
import { stagingError } from '../../stage/staging-error.js'
import {
  copyKeys,
  createKeyTable,
  deleteKeys,
  deleteRows,
  insertKeys,
  type KeyTableParts,
  keyArray,
  keysOf,
  moveRows,
  rowsOf,
  truncateKeyTable,
} from './key-table-statements.js'
import { type KnownKey, KnownKeys } from './known-keys.js'
import { writeMeasured } from './write-measured.js'

export interface KeyTableOptions extends KeyTableParts {
  /** Names of the columns that are filled, the key among them. */
  readonly filled: ReadonlySet<string>
  /** What it holds, for the next run after a restart. */
  readonly comment: string
  /** Of the rows; see `SharingOptions`. */
  readonly epoch: number
  /** Bytes that it takes on disk already. */
  readonly diskBytes?: number | undefined
  readonly pool: Pool
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export interface KeyRequest {
  readonly keys: readonly string[]
  /** Milliseconds; more than 0. */
  readonly maxAge: number
  readonly signal: AbortSignal
  /** Gets keys' rows, with the columns that the table fills, and has them land, in as many parts as it takes. */
  fetch(keys: readonly string[], signal: AbortSignal, land: LandKeys): Promise<void>
}

/** Takes over the rows of keys, and releases what they have come in. @throws IncompleteRows, DatabaseError of PostgreSQL */
export type LandKeys = (keys: readonly string[], staged: ScanTable) => Promise<void>

/** Keys whose rows are on their way. */
interface Flight {
  readonly keys: ReadonlySet<string>
  /** How old its rows may be when it begins, in milliseconds. */
  readonly maxAge: number
  readonly startedAt: number
  readonly controller: AbortController
  readonly landed: Promise<void>
  waiting: number
}

export interface HeldKeys {
  /** Whether nothing had to be asked for. */
  readonly isHit: boolean
  readonly release: () => void
}

/** The plugin went on without some of the keys' rows, so none of them are cached. */
export class IncompleteRows extends Error {}

export class KeyTable {
  readonly filled: ReadonlySet<string>
  readonly #options: KeyTableOptions
  readonly #known = new KnownKeys()
  readonly #flights = new Set<Flight>()
  #opening: Promise<number> | undefined
  #diskBytes: number
  #usedAt = 0
  #leases = 0
  #lastWrite: Promise<unknown> = Promise.resolve()
  #retired: (() => void) | undefined
  #hasRetired = false

  constructor(options: KeyTableOptions) {
    this.filled = options.filled
    this.#options = options
    this.#diskBytes = options.diskBytes ?? 0
  }

  get epoch(): number {
    return this.#options.epoch
  }

  get name(): string {
    return this.#options.name
  }

  get qualifiedName(): string {
    return rowsOf(this.#options)
  }

  /** Bytes that both of its tables take on disk, as of the last write: live rows, dead rows and indexes. */
  get diskBytes(): number {
    return this.#diskBytes
  }

  /** When keys were asked for last, in milliseconds since 1970. */
  get usedAt(): number {
    return this.#usedAt
  }

  get isInUse(): boolean {
    return this.#leases > 0 || this.#flights.size > 0
  }

  /** Makes the table if it is not there, and reads which keys are known. @returns the table's OID */
  open(): Promise<number> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  /** Whether the rows of all keys are there and young enough. */
  knows(keys: readonly string[], maxAge: number): boolean {
    const now = this.#options.now()
    return keys.every((key) => this.#known.isFresh(key, now - maxAge, now))
  }

  /** Keeps the table from being dropped until the function that it returns is called, once. */
  hold(): () => void {
    this.#leases++
    return () => {
      this.#leases--
      this.#checkRetired()
    }
  }

  /** Keeps the rows of keys until the function that it returns is called. */
  holdKeys(keys: readonly string[]): () => void {
    const letGo = this.hold()
    this.#known.touch(keys)
    this.#usedAt = this.#options.now()
    let isHeld = true
    return () => {
      if (isHeld) letGo()
      isHeld = false
    }
  }

  /** How many keys are known; the age of the oldest and how long the youngest still answers, in milliseconds. */
  contents(): { readonly keys: number; readonly age: number; readonly left: number } {
    return this.#known.contents(this.#options.now())
  }

  /** How many of the keys would have to be asked for. */
  countMissing(keys: readonly string[], maxAge: number): number {
    const now = this.#options.now()
    return keys.filter((key) => !this.#known.isFresh(key, now - maxAge, now)).length
  }

  /**
   * Ensures that the rows of all keys are in the table and stay there until they are released. Keys that are already
   * being asked for are waited for.
   * @throws DatabaseError of the fetch; 57014 when the request's own signal is aborted; IncompleteRows
   */
  async get({ keys, maxAge, signal, fetch }: KeyRequest): Promise<HeldKeys> {
    const release = this.holdKeys(keys)
    try {
      const missing = await this.#missing(keys, maxAge, signal, fetch)
      return { isHit: missing === 0, release }
    } catch (error) {
      release()
      throw signal.aborted ? canceledError() : error
    }
  }

  async #missing(
    keys: readonly string[],
    maxAge: number,
    signal: AbortSignal,
    fetch: KeyRequest['fetch'],
  ): Promise<number> {
    const now = this.#options.now()
    const oldest = now - maxAge
    const missing = new Set(keys.filter((key) => !this.#known.isFresh(key, oldest, now)))
    const awaited: Flight[] = []
    for (const flight of this.#flights) {
      if (missing.size === 0) break
      if (flight.startedAt < oldest || flight.controller.signal.aborted) continue
      const before = missing.size
      for (const key of missing) if (flight.keys.has(key)) missing.delete(key)
      if (missing.size < before) awaited.push(flight)
    }
    if (missing.size > 0) awaited.push(this.#depart([...missing], now, maxAge, fetch))
    const outcomes = await Promise.allSettled(awaited.map((flight) => this.#await(flight, signal)))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    // A flight that has begun for another may have brought older rows, of another gateway.
    const older = awaited.some(({ maxAge: allowed }) => allowed > maxAge)
    const stale = older
      ? keys.filter((key) => !this.#known.isFresh(key, oldest, Number.POSITIVE_INFINITY))
      : []
    return stale.length === 0 ? missing.size : this.#missing(stale, maxAge, signal, fetch)
  }

  #depart(keys: readonly string[], startedAt: number, maxAge: number, fetch: KeyRequest['fetch']): Flight {
    const controller = new AbortController()
    const landed = fetch(keys, controller.signal, async (some, staged) => {
      try {
        if (staged.missing.length > 0) throw new IncompleteRows()
        await this.#inTurn(() => this.#land(some, staged, startedAt, startedAt + maxAge))
      } finally {
        staged.release()
      }
    })
    const flight: Flight = { keys: new Set(keys), maxAge, startedAt, controller, landed, waiting: 0 }
    this.#flights.add(flight)
    const arrive = () => {
      this.#flights.delete(flight)
      this.#checkRetired()
    }
    landed.then(arrive, arrive)
    return flight
  }

  async #await(flight: Flight, signal: AbortSignal): Promise<void> {
    flight.waiting++
    try {
      await abortable(flight.landed, signal)
    } finally {
      flight.waiting--
      if (flight.waiting === 0 && this.#flights.has(flight)) flight.controller.abort()
    }
  }

  async #land(
    asked: readonly string[],
    staged: ScanTable,
    fetchedAt: number,
    expiresAt: number,
  ): Promise<void> {
    // Another request that wanted younger rows may have fetched them before.
    const keys = asked.filter((key) => !this.#known.isFresh(key, fetchedAt, Number.POSITIVE_INFINITY))
    const options = this.#options
    const list = keyArray(keys)
    await this.#write([
      deleteRows(options, list),
      deleteKeys(options, list),
      ...(staged.rowCount > 0 ? [moveRows(options, [...this.filled], staged.qualifiedName, list)] : []),
      ...(this.#retired === undefined ? [insertKeys(options, list, fetchedAt, expiresAt)] : []),
    ])
    for (const key of keys) this.#known.set(key, { fetchedAt, expiresAt })
  }

  /**
   * Takes over the rows of keys that another gateway's table has, and that are young enough.
   * @returns the keys that it does not have
   * @throws Error of PostgreSQL, 42P01 where the table is gone
   */
  async takeFrom(from: string, keys: readonly string[], maxAge: number): Promise<readonly string[]> {
    const taken = await this.#inTurn(() => this.#take({ ...this.#options, name: from }, keys, maxAge))
    return keys.filter((key) => !taken.has(key))
  }

  async #take(
    from: KeyTableParts,
    keys: readonly string[],
    maxAge: number,
  ): Promise<ReadonlyMap<string, KnownKey>> {
    const now = this.#options.now()
    const client = await this.#options.pool.connect()
    try {
      // Both tables are read as they were at one moment, and neither goes meanwhile.
      await client.query(
        `BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE ${rowsOf(from)}, ${keysOf(from)} IN ACCESS SHARE MODE`,
      )
      const { rows } = await client.query<[string, number, number]>({
        text: `SELECT key, fetched_at, expires_at FROM ${keysOf(from)} WHERE key = ANY ($1) AND fetched_at BETWEEN $2 AND $3`,
        values: [keys, now - maxAge, now],
        rowMode: 'array',
      })
      const known = new Map(rows.map(([key, fetchedAt, expiresAt]) => [key, { fetchedAt, expiresAt }]))
      // Another request that wanted younger rows may have fetched them here.
      const older = [...known].filter(
        ([key, { fetchedAt }]) => !this.#known.isFresh(key, fetchedAt, Number.POSITIVE_INFINITY),
      )
      if (older.length > 0 && this.#retired === undefined) {
        const list = keyArray(older.map(([key]) => key))
        await client.query(
          [
            deleteRows(this.#options, list),
            deleteKeys(this.#options, list),
            moveRows(this.#options, [...this.filled], rowsOf(from), list),
            copyKeys(this.#options, from, list),
          ].join('; '),
        )
      }
      await client.query('COMMIT')
      client.release()
      if (this.#retired !== undefined) return new Map()
      for (const [key, one] of older) this.#known.set(key, one)
      return known
    } catch (error) {
      // Closing the connection rolls back.
      client.release(true)
      throw error
    }
  }

  /** Copies the keys that were asked for last, that share of all of them, into another table, which has none. */
  async copyLatest(share: number, into: KeyTable): Promise<void> {
    await this.open()
    await this.#inTurn(() => into.#fill(this.#known.latest(share, this.#options.now()), this.#options))
    into.#usedAt = this.#usedAt
  }

  async #fill(known: ReadonlyMap<string, KnownKey>, from: KeyTableParts): Promise<void> {
    await this.open()
    const list = keyArray([...known.keys()])
    await this.#write([
      moveRows(this.#options, [...this.filled], rowsOf(from), list),
      copyKeys(this.#options, from, list),
    ])
    for (const [key, one] of known) this.#known.set(key, one)
  }

  /**
   * Hides the keys from all later statements, after a restart too.
   * @param unused called when no statement reads the rows any more
   */
  async retire(unused: () => void): Promise<void> {
    this.#retired = unused
    const opened = await this.open().catch(() => undefined)
    if (opened !== undefined) {
      await this.#inTurn(() => this.#options.pool.query(`DELETE FROM ${keysOf(this.#options)}`))
    }
    this.#hasRetired = true
    this.#checkRetired()
  }

  /** Ends what is on its way. */
  async abort(): Promise<void> {
    const flights = [...this.#flights]
    for (const { controller } of flights) controller.abort()
    await Promise.allSettled(flights.map(({ landed }) => landed))
  }

  #checkRetired(): void {
    if (!this.#hasRetired || this.isInUse) return
    this.#hasRetired = false
    this.#retired?.()
  }

  /** Writes run one after the other, so that none undoes what another has reported. */
  #inTurn<Result>(write: () => Promise<Result>): Promise<Result> {
    const result = this.#lastWrite.then(write)
    this.#lastWrite = result.catch(() => {})
    return result
  }

  async #open(): Promise<number> {
    const options = this.#options
    const { rows } = await options.pool.query<{ oid: number | null }>(
      `SELECT to_regclass('${rowsOf(options)}')::oid AS oid`,
    )
    const [found] = rows
    if (typeof found?.oid === 'number') {
      await this.#load()
      return found.oid
    }
    await this.#write([createKeyTable(options, options.comment)])
    const made = await options.pool.query(`SELECT '${rowsOf(options)}'::regclass::oid AS oid`)
    return Number(made.rows[0]?.oid)
  }

  async #load(): Promise<void> {
    const options = this.#options
    const { rows } = await options.pool.query<[string, number, number]>({
      text: `SELECT key, fetched_at, expires_at FROM ${keysOf(options)} ORDER BY fetched_at`,
      rowMode: 'array',
    })
    for (const [key, fetchedAt, expiresAt] of rows) this.#known.set(key, { fetchedAt, expiresAt })
    if (rows.length === 0) await options.pool.query(truncateKeyTable(options))
  }

  /** Runs one transaction in one round trip, since lookups wait for it. */
  async #write(statements: readonly string[]): Promise<void> {
    let client: PoolClient | undefined
    try {
      client = await this.#options.pool.connect()
      this.#diskBytes = await writeMeasured(client, statements, rowsOf(this.#options), keysOf(this.#options))
      client.release()
    } catch (error) {
      // Closing the connection rolls back.
      client?.release(true)
      throw stagingError(error, this.#options.key.name)
    }
  }
}
