/** All cached lookups: which tables hold them, and how much room they take. */
import { createHash } from 'node:crypto'
import type { ClientConfig, Pool } from 'pg'
import type { Logger } from 'pino'
import type { CatalogColumn } from '../../catalog/virtual-table.js'
import { enginePool } from '../../postgres/engine-connections.js'
import type { Names } from '../../postgres/names.js'
import type { Peers } from '../../postgres/peers.js'
import type { ScanTable } from '../../stage/scan-table.js'
import { TableJanitor } from '../../stage/table-janitor.js'
import type { LeasedTable } from '../scans/cache-request.js'
import type { CachedRows } from '../scans/kept-entries.js'
import type { SharedCache } from '../shared/shared-cache.js'
import { IncompleteRows, KeyTable } from './key-table.js'
import { contentsOf, type KeyTableContents, PeerTables } from './peer-tables.js'

/** A virtual table whose lookups are cached. */
export interface KeyCacheSource {
  /** See `cacheSource`. */
  readonly source: string
  /** All columns of the virtual table, in order. */
  readonly columns: readonly CatalogColumn[]
  readonly key: CatalogColumn
  /**
   * Distinguishes whatever could give the same question another answer: the plugin and its version, the table and its
   * columns, whose account is asked. Undefined for rows that do not outlive a restart.
   */
  readonly fingerprint: string | undefined
}

export interface KeyCacheOptions {
  readonly engineConfig: ClientConfig
  readonly names: Names
  readonly log: Logger
  /** The most bytes that the tables may take on disk while none of them is being replaced. */
  readonly maxBytes: number
  readonly sources: readonly KeyCacheSource[]
  /** What this gateway shares with others over the database; undefined where there can be none. */
  readonly shared?: { readonly cache: SharedCache; readonly peers: Peers } | undefined
  /** Milliseconds since 1970. Default is the machine's clock. */
  readonly now?: () => number
}

export interface KeyCacheRequest {
  readonly source: string
  readonly columns: ReadonlySet<string>
  readonly keys: readonly string[]
  readonly limit: number | undefined
  /** Milliseconds; more than 0. */
  readonly maxAge: number
  readonly signal: AbortSignal
  /** Asks for keys' rows with these columns. */
  fetch(keys: readonly string[], columns: readonly string[], signal: AbortSignal): Promise<ScanTable>
}

/** Tables of one source, each of which fills other columns. */
const mostTables = 8

/** The share of the bytes allowed that is left when room is made, so that not every lookup has to make some. */
const shareLeft = 0.75

interface CachedSource extends KeyCacheSource {
  /** What the names of the source's tables begin with. */
  readonly prefix: string
  /** The tables; the one that was asked last stands at the end. */
  tables: KeyTable[]
}

export class KeyCache {
  readonly #log: Logger
  readonly #schema: string
  readonly #pool: Pool
  readonly #peerTables: PeerTables | undefined
  /** See `SharingOptions`; one that never changes where there are no other gateways. */
  readonly #epoch: () => number = () => 1
  readonly #janitor: TableJanitor
  /** See {@link KeyCacheOptions.maxBytes}; a lower value takes effect when rows come next. */
  maxBytes: number
  readonly #now: () => number
  readonly #sources = new Map<string, CachedSource>()
  /** Names of tables that this run has made or found. */
  readonly #known = new Set<string>()
  #finding: Promise<void> | undefined
  #disposing: Promise<void> | undefined
  /** Tables that answer nobody any more, until they can be dropped. */
  readonly #retiring = new Set<KeyTable>()
  /** Makes the names of tables differ from those of tables that are being dropped. */
  #generation = 0

  constructor({ engineConfig, names, log, maxBytes, sources, shared, now = Date.now }: KeyCacheOptions) {
    const settings = { synchronous_commit: 'off' }
    this.#pool = enginePool(engineConfig, { max: 4, purpose: 'lookups', settings, log })
    this.#janitor = new TableJanitor(engineConfig, log)
    this.#log = log
    this.#schema = names.lookupSchema
    if (shared !== undefined) {
      const { cache, peers } = shared
      this.#epoch = () => cache.epoch
      const gateway = () => peers.number
      this.#peerTables = new PeerTables({ pool: this.#pool, schema: this.#schema, cache, gateway })
    }
    this.maxBytes = maxBytes
    this.#now = now
    for (const source of sources) this.#sources.set(source.source, newSource(source))
  }

  /** Replaces the other sources. Rows stay for a source that asks the same as an earlier one. */
  setSources(sources: readonly KeyCacheSource[]): void {
    const before = new Map(this.#sources)
    this.#sources.clear()
    for (const source of sources)
      this.#sources.set(source.source, before.get(source.source) ?? newSource(source))
    const gone = [...before.values()].filter((one) => this.#sources.get(one.source) !== one)
    for (const one of gone) {
      const heir = [...this.#sources.values()].find(
        ({ fingerprint, tables }) =>
          fingerprint !== undefined && fingerprint === one.fingerprint && tables.length === 0,
      )
      if (heir !== undefined) heir.tables = one.tables
      else for (const table of one.tables) this.#retireLater(table)
      one.tables = []
    }
  }

  keeps(source: string): boolean {
    return this.#sources.has(source)
  }

  /**
   * The table that holds the rows of all keys, and of others: the reader picks.
   * @returns undefined where the limit leaves over so few rows that not all keys need be asked for, and where rows
   *   are missing of what has come
   * @throws DatabaseError of the fetch; 57014 when the request's own signal is aborted
   */
  async get(request: KeyCacheRequest): Promise<LeasedTable | undefined> {
    const cached = this.#sources.get(request.source)
    if (cached === undefined) return undefined
    await this.#find()
    const { table, letGo } = await this.#choose(cached, request)
    try {
      return await this.#lookUp(cached, table, request)
    } catch (error) {
      if (error instanceof IncompleteRows) return undefined
      throw error
    } finally {
      letGo()
    }
  }

  async #lookUp(
    { prefix, fingerprint }: CachedSource,
    table: KeyTable,
    request: KeyCacheRequest,
  ): Promise<LeasedTable | undefined> {
    const { keys, maxAge, limit, signal } = request
    const oid = await table.open()
    if (limit !== undefined && table.countMissing(keys, maxAge) > limit) return undefined
    const columns = [...table.filled]
    const fetch = (missing: readonly string[], fetchSignal: AbortSignal) =>
      request.fetch(missing, columns, fetchSignal)
    // Without a fingerprint, nothing tells whether another gateway would get the same rows.
    const peers = fingerprint === undefined ? undefined : this.#peerTables
    const lookedUp = await table.get({
      keys,
      maxAge,
      signal,
      fetch: async (missing, fetchSignal, land) =>
        peers === undefined
          ? land(missing, await fetch(missing, fetchSignal))
          : peers.get({ prefix, table, maxAge, fetch }, missing, fetchSignal, land),
    })
    const { name, qualifiedName } = table
    const { isHit } = lookedUp
    const release = () => {
      lookedUp.release()
      this.#makeRoom()
    }
    const rows = { name, qualifiedName, oid, rowCount: keys.length, missing: [] }
    return { ...rows, isHit, isShared: false, release }
  }

  /** Whether a table of that name may answer for a source. */
  has(source: string, name: string): boolean {
    return this.#sources.get(source)?.tables.some((table) => table.name === name) === true
  }

  /**
   * Keeps the rows of keys in a table that still has them and may still answer.
   * @param name of the table
   * @returns a function that releases them; undefined when they have to be asked for
   */
  holdKnown(source: string, name: string, keys: readonly string[], maxAge: number): (() => void) | undefined {
    const table = this.#sources.get(source)?.tables.find((one) => one.name === name)
    return table?.knows(keys, maxAge) === true ? table.holdKeys(keys) : undefined
  }

  /**
   * Forgets all rows, or those of one source; after a restart, too. Statements that read them still find them.
   * @returns the number of tables that are forgotten
   */
  async clear(source?: string): Promise<number> {
    if (this.#sources.size === 0) return 0
    await this.#find()
    const retiring: Promise<void>[] = []
    for (const cached of this.#sources.values()) {
      if (source !== undefined && cached.source !== source) continue
      const { tables } = cached
      cached.tables = []
      retiring.push(...tables.map((table) => this.#retire(table)))
    }
    await Promise.all(retiring)
    // A table that was being replaced has been cleared; its replacement then goes too.
    await this.#disposing
    return retiring.length
  }

  /** What may answer a lookup now; rows are keys here. */
  async contents(): Promise<readonly CachedRows[]> {
    if (this.#sources.size === 0) return []
    await this.#find()
    const found = await Promise.all(
      this.#all.map(async ([{ source }, table]) => {
        await table.open()
        const { keys, age, left } = table.contents()
        const { filled, diskBytes } = table
        return keys === 0
          ? []
          : [{ source, columns: [...filled].sort(), rows: keys, bytes: diskBytes, age, left }]
      }),
    )
    return found.flat()
  }

  /** Another gateway has gone: what it has looked up answers on, as this one's own. Returns at once. */
  takeOver(): void {
    if (this.#finding === undefined) return
    this.#finding = this.#finding
      .then(() => this.#findTables())
      .catch((error: unknown) => this.#log.debug({ err: error }, 'lookups of another gateway stay for now'))
  }

  /** PostgreSQL has crashed: which rows it still has must be looked up. */
  reset(): void {
    for (const cached of this.#sources.values()) cached.tables = []
    this.#known.clear()
    this.#finding = undefined
  }

  /** Ends what is on its way, and closes the connections. */
  async stop(): Promise<void> {
    for (const { tables } of this.#sources.values()) await Promise.all(tables.map((table) => table.abort()))
    await this.#disposing
    await this.#janitor.stop()
    await this.#pool.end()
  }

  /** Chooses a table with exactly these columns, or one with more if it knows all keys. */
  async #choose(
    cached: CachedSource,
    { columns, keys, maxAge }: KeyCacheRequest,
  ): Promise<{ readonly table: KeyTable; readonly letGo: () => void }> {
    const fits = ({ filled }: KeyTable) => [...columns].every((column) => filled.has(column))
    await Promise.all(cached.tables.filter(fits).map((table) => table.open()))
    // Looked up again: some may have been cleared meanwhile, and must not come back.
    const fitting = cached.tables.filter(fits)
    const exact = fitting.find(({ filled }) => filled.size === columns.size)
    const table = exact?.knows(keys, maxAge) === true ? exact : fitting.find((one) => one.knows(keys, maxAge))
    const chosen = table ?? exact ?? this.#make(cached, columns)
    const letGo = chosen.hold()
    cached.tables = [...cached.tables.filter((one) => one !== chosen), chosen]
    const surplus = cached.tables.slice(0, Math.max(0, cached.tables.length - mostTables))
    cached.tables = cached.tables.slice(surplus.length)
    for (const old of surplus) this.#retireLater(old)
    return { table: chosen, letGo }
  }

  #make(cached: CachedSource, columns: ReadonlySet<string>, epoch = this.#epoch()): KeyTable {
    const sorted = [...columns].sort()
    const name = `${this.#ownTag}${cached.prefix}_${shortHash(JSON.stringify(sorted))}_${Date.now().toString(36)}${++this.#generation}`
    return this.#table(cached, name, { columns: sorted, epoch })
  }

  get #ownTag(): string {
    return this.#peerTables?.ownTag ?? ''
  }

  #table(
    { key, columns }: CachedSource,
    name: string,
    contents: KeyTableContents,
    diskBytes?: number,
  ): KeyTable {
    this.#known.add(name)
    return new KeyTable({
      schema: this.#schema,
      name,
      key,
      columns,
      filled: new Set(contents.columns),
      epoch: contents.epoch,
      comment: JSON.stringify(contents),
      diskBytes,
      pool: this.#pool,
      now: this.#now,
    })
  }

  async #retire(table: KeyTable): Promise<void> {
    this.#retiring.add(table)
    await table.retire(() => {
      this.#janitor.drop(table.qualifiedName)
      this.#janitor.drop(`${table.qualifiedName}_keys`)
      this.#retiring.delete(table)
      this.#known.delete(table.name)
    })
  }

  #retireLater(table: KeyTable): void {
    this.#retire(table).catch((error: unknown) => this.#log.warn({ err: error }, 'lookups stay'))
  }

  /** Runs once, and again after it has failed. */
  #find(): Promise<void> {
    this.#finding ??= this.#findTables().catch((error: unknown) => {
      this.#finding = undefined
      throw error
    })
    return this.#finding
  }

  /** Finds the tables of an earlier run, and drops those that can no longer be asked. */
  async #findTables(): Promise<void> {
    const { rows } = await this.#pool.query<{ name: string; comment: string | null; bytes: number | null }>(
      `SELECT relname AS name, obj_description(oid, 'pg_class') AS comment,
         (pg_total_relation_size(oid) + pg_total_relation_size(to_regclass($1 || '.' || relname || '_keys')))::float8
           AS bytes
       FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND relname NOT LIKE '%\\_keys' ORDER BY oid`,
      [this.#schema],
    )
    const retiring = new Set([...this.#retiring].map(({ name }) => name))
    const found = this.#peerTables === undefined ? rows : await this.#peerTables.takeOver(rows)
    for (const { name, comment, bytes } of found) {
      // After a crash of PostgreSQL, some are still there that were on their way out.
      const isGoing = retiring.has(name) || this.#janitor.has(`${this.#schema}.${name}`)
      const isOf = ({ prefix }: CachedSource) => !isGoing && name.startsWith(`${this.#ownTag}${prefix}_`)
      const cached = [...this.#sources.values()].find(isOf)
      const contents = contentsOf(comment)
      if (this.#known.has(name)) continue
      // Rows of an earlier epoch were to be forgotten.
      if (cached !== undefined && contents?.epoch === this.#epoch()) {
        cached.tables.push(this.#table(cached, name, contents, bytes ?? 0))
        continue
      }
      this.#janitor.drop(`${this.#schema}.${name}`)
      this.#janitor.drop(`${this.#schema}.${name}_keys`)
    }
  }

  /**
   * Drops what has not been asked for longest. Deleted rows would free their room for PostgreSQL, not on the disk:
   * the rows that stay are copied into a new table, and the old one is dropped when no statement reads it any more.
   * What arrives in the old one after the copy answers the statement that asked for it, and is not cached.
   */
  #makeRoom(): void {
    if (this.#diskBytes <= this.maxBytes || this.#disposing !== undefined) return
    this.#disposing = this.#dispose()
      .catch((error: unknown) => this.#log.warn({ err: error }, 'old lookups could not be thrown away'))
      .finally(() => {
        this.#disposing = undefined
      })
  }

  get #diskBytes(): number {
    return this.#all.reduce((sum, [, { diskBytes }]) => sum + diskBytes, 0)
  }

  get #all(): (readonly [CachedSource, KeyTable])[] {
    return [...this.#sources.values()].flatMap((cached) =>
      cached.tables.map((table) => [cached, table] as const),
    )
  }

  async #dispose(): Promise<void> {
    let surplus = this.#diskBytes - this.maxBytes * shareLeft
    const written = this.#all.filter(([, { diskBytes }]) => diskBytes > 0)
    for (const [cached, table] of written.sort(([, one], [, other]) => one.usedAt - other.usedAt)) {
      if (surplus <= 0) return
      const share = 1 - surplus / table.diskBytes
      surplus -= table.diskBytes
      if (share <= 0) await this.#replace(cached, table, [])
      else await this.#renew(cached, table, share)
    }
  }

  async #renew(cached: CachedSource, table: KeyTable, share: number): Promise<void> {
    const renewed = this.#make(cached, table.filled, table.epoch)
    try {
      await table.copyLatest(share, renewed)
    } catch (error) {
      await this.#retire(renewed)
      throw error
    }
    await this.#replace(cached, table, [renewed])
  }

  async #replace(cached: CachedSource, table: KeyTable, others: readonly KeyTable[]): Promise<void> {
    const isKept = cached.tables.includes(table)
    cached.tables = cached.tables.flatMap((one) => (one === table ? others : one))
    // It has been cleared meanwhile, or retired for another: then so are its rows.
    await Promise.all((isKept ? [table] : others).map((one) => this.#retire(one)))
  }
}

function newSource(source: KeyCacheSource): CachedSource {
  const prefix = `k_${shortHash(source.fingerprint ?? `${Math.random()} ${source.source}`)}`
  return { ...source, prefix, tables: [] }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
