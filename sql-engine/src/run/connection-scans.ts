/** A statement's scans through single connections: answered from the cache or fetched, and what became of each. */
import type { Table } from '@millrace/plugin-sdk'
import type { TableReference } from '../bind/binding.js'
import { lookupColumn, lookupKeys } from '../cache/keys/key-cache-sources.js'
import type { LeasedTable, ScanMaker } from '../cache/scans/cache-request.js'
import { countedRows } from '../cache/scans/counted-rows.js'
import { sharedSource } from '../cache/shared/shared-source.js'
import { timeToLive } from '../cache/time-to-live.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import type { Connection } from '../fetch/connection.js'
import type { ScanLimit } from '../fetch/scan-limit.js'
import { countCalls, countKeys, type ScanQuals } from '../fetch/scan-quals.js'
import { tableParts } from '../fetch/scan-rows.js'
import type { CallOrigin } from '../quota/call-observer.js'
import type { ScanMeter, StatementMeter } from '../quota/statement-meter.js'
import type { ScanRecord } from '../report/scan-record.js'
import type { ScanTable } from '../stage/scan-table.js'
import type { EngineContext } from './engine-context.js'
import { fetchScan, withinOwnQuotas } from './fetch-scan.js'
import { tellMissing } from './missing-rows.js'

export interface ConnectionScansOptions {
  readonly context: EngineContext
  readonly meter: StatementMeter
  /**
   * How old the session lets rows be, in milliseconds; undefined for what the connection, the table and the server
   * say.
   */
  readonly cacheTtl: number | undefined
  /** Whether the client's transaction does not see what is written while it lasts. */
  readonly hasFixedSnapshot: boolean
  /** Whether the reader must not see rows that others have asked for, where those of lookups are kept together. */
  readonly isRestricted: boolean
  /** Sends a notice to the client; undefined where the client would not see it. */
  readonly notice: ((message: string) => void) | undefined
}

/** A scan through one connection. */
export interface ConnectionScan {
  readonly reference: TableReference
  readonly connection: Connection
  /** See `cacheSource`. */
  readonly source: string
  readonly columns: readonly string[]
  readonly limit: ScanLimit | undefined
}

/** The scans of one statement. */
export class ConnectionScans {
  /** What has become of the scans; filled as they end. */
  readonly records: ScanRecord[] = []
  readonly #options: ConnectionScansOptions
  /** What the client has already heard is missing. */
  readonly #told = new Set<string>()

  constructor(options: ConnectionScansOptions) {
    this.#options = options
  }

  get notice(): ((message: string) => void) | undefined {
    return this.#options.notice
  }

  /** @throws DatabaseError */
  stage(scan: ConnectionScan, quals: ScanQuals, signal: AbortSignal): Promise<ScanTable> {
    const { reference, connection } = scan
    const table = reference.table.definition.name
    const origin = { plugin: connection.plugin.name, connection: connection.name, table }
    const { observer } = this.#options.context
    const staging = () => this.#stageRecorded(scan, quals, origin, signal)
    return observer?.trace === undefined ? staging() : observer.trace({ kind: 'scan', origin }, staging)
  }

  async #stageRecorded(
    scan: ConnectionScan,
    quals: ScanQuals,
    origin: CallOrigin,
    signal: AbortSignal,
  ): Promise<ScanTable> {
    const { reference, connection, columns, limit } = scan
    const { meter: statement, notice } = this.#options
    const tableName = origin.table
    const meter = statement.scan(tableName, origin)
    const startedAt = new Date()
    const start = statement.now
    let isShared = false
    let failure: string | undefined
    let asked = quals
    try {
      const partQuals = await this.#partQuals(scan, quals, meter, signal)
      asked = partQuals ?? quals
      const staged = await this.#stage(scan, asked, partQuals !== undefined, meter, signal)
      isShared = staged.isShared
      const named = { tableName, connection: connection.name }
      failure = tellMissing(staged, named, { notice, told: this.#told })
      return staged
    } catch (error) {
      if (signal.aborted) failure = 'canceled with its statement'
      else failure = error instanceof Error ? error.message : String(error)
      throw error
    } finally {
      const cache = isShared ? 'shared' : meter.cacheUse(countKeys(asked, reference.table.definition.keys))
      meter.end({ cache, error: failure })
      this.#record(origin, {
        fromItem: reference,
        connection: connection.name,
        columns,
        quals,
        limit,
        cache,
        meter,
        startedAt,
        milliseconds: statement.now - start,
        error: failure,
      })
    }
  }

  /**
   * Records a scan for which nothing is asked.
   * @param quals undefined where no row could fulfil the conditions
   */
  note(
    { reference, columns, limit }: Pick<ConnectionScan, 'reference' | 'columns' | 'limit'>,
    quals: ScanQuals | undefined,
    cache: 'shared' | 'none',
  ): void {
    const { table } = reference
    const { name, plugin } = table.connection
    this.#record(
      { plugin: plugin.name, connection: name, table: table.definition.name },
      {
        fromItem: reference,
        connection: name,
        columns,
        quals,
        limit,
        cache,
        meter: this.#options.meter.scan(table.definition.name),
        startedAt: new Date(),
        milliseconds: 0,
        error: undefined,
      },
    )
  }

  #record(origin: CallOrigin, record: ScanRecord): void {
    this.records.push(record)
    this.#options.context.observer?.scanned(origin, record)
  }

  /**
   * The conditions of a scan that asks for parts of its table, each of which is cached for long: they list the parts, and leave
   * out what has decided which.
   * @returns undefined for any other scan
   */
  async #partQuals(
    { reference: { table }, connection, source, columns, limit }: ConnectionScan,
    quals: ScanQuals,
    meter: ScanMeter,
    signal: AbortSignal,
  ): Promise<ScanQuals | undefined> {
    const { context, meter: statement } = this.#options
    const { parts } = table.definition
    if (parts === undefined || limit !== undefined || this.#partAge(table, connection) <= 0) return undefined
    // Of several values of another such key, each has parts of its own.
    if ((quals[parts.column] ?? []).length > 0 || countCalls(quals, table.definition.keys) > 1)
      return undefined
    const { partLists } = context.cache
    const list = async () => {
      const listedAt = partLists.now
      const request = {
        table,
        connection: connection.ofTable(table.definition),
        columns,
        quals,
        limit,
        signal,
      }
      const found = await tableParts({ ...request, counts: meter, statement, leaveOut: () => {} })
      if (found !== undefined) partLists.set(source, quals, found, listedAt)
      return found
    }
    const maxAge = this.#maxAge(table.definition, connection)
    const [first, ...others] = partLists.get(source, quals, maxAge) ?? (await list()) ?? []
    if (first === undefined) return undefined
    const kept = Object.entries(quals).filter(([column]) => !parts.decidedBy.includes(column))
    return { ...Object.fromEntries(kept), [parts.column]: [{ operator: '=', values: [first, ...others] }] }
  }

  #partAge({ definition }: VirtualTable, connection: Connection): number {
    const cache = { ...definition.cache, ttl: definition.parts?.ttl ?? 0 }
    return this.#maxAge({ ...definition, cache }, connection)
  }

  #maxAge(table: Table, connection: Connection): number {
    const { context, cacheTtl } = this.#options
    return timeToLive({ session: cacheTtl, connection: connection.cacheTtl, table, server: context.cacheTtl })
  }

  async #stage(
    scan: ConnectionScan,
    quals: ScanQuals,
    isOfParts: boolean,
    meter: ScanMeter,
    signal: AbortSignal,
  ): Promise<LeasedTable> {
    const { context, meter: statement } = this.#options
    const { connection, source, columns, limit } = scan
    const { table } = scan.reference
    const { definition } = table
    const maxAge = isOfParts ? this.#partAge(table, connection) : this.#maxAge(definition, connection)
    const lookup = await this.#lookUp(scan, quals, maxAge, meter, signal)
    if (lookup !== undefined) return lookup
    const asked = {
      source,
      sharedSource: context.shared === undefined ? undefined : await sharedSource(table, connection),
      keys: definition.keys,
      lookupKeys: lookupKeysOf(table),
      partColumn: isOfParts ? definition.parts?.column : undefined,
      statement: context.sharesScans ? statement : scan,
      columns: new Set(columns),
      quals,
      limit,
      maxAge,
      signal,
    }
    const maker: ScanMaker = {
      fetch: (shape, fetchSignal) =>
        fetchScan(
          { table, connection, columns, quals: shape.quals, limit, signal: fetchSignal },
          context,
          meter,
        ),
      readPeer: (name) => context.scanTables.readPeer(definition.name, name),
      combine: (name, parts, combineSignal) => {
        meter.noteCachedRows()
        const column = table.columns.find((one) => one.name === name)
        if (column === undefined) throw new Error(`${definition.name} has no column ${name}`)
        const rows = parts.map((part) => ({
          table: part.table,
          condition: countedRows(column, part.counted),
        }))
        return context.scanTables.combine(definition.name, rows, combineSignal)
      },
    }
    return withinOwnQuotas(statement, () => context.cache.get(asked, maker))
  }

  /** @returns undefined for a scan that is not a lookup, or cannot be answered from the key cache */
  async #lookUp(
    { reference: { table }, connection, source, columns, limit }: ConnectionScan,
    quals: ScanQuals,
    maxAge: number,
    meter: ScanMeter,
    signal: AbortSignal,
  ): Promise<LeasedTable | undefined> {
    const { context, meter: statement, hasFixedSnapshot, isRestricted } = this.#options
    const { keyCache } = context
    if (maxAge <= 0 || hasFixedSnapshot || !keyCache.keeps(source)) return undefined
    const keys = lookupKeys(table, columns, quals)
    const column = lookupColumn(table)
    if (keys === undefined || column === undefined) return undefined
    const [listed] = quals[column.name] ?? []
    const values = new Map(
      listed?.operator === '=' ? listed.values.map((value) => [String(value), value]) : [],
    )
    const ask = () =>
      keyCache.get({
        source,
        columns: new Set(columns),
        keys,
        // The first rows by an order are found among those of all keys.
        limit: limit?.order === undefined ? limit?.rows : undefined,
        maxAge,
        signal,
        fetch: (missing, filled, fetchSignal) => {
          const [first, ...others] = missing.flatMap((key) => values.get(key) ?? [])
          if (first === undefined) throw new Error(`no value is left for ${column.name}`)
          const missingQuals: ScanQuals = {
            [column.name]: [{ operator: '=', values: [first, ...others] }],
          }
          const request = { table, connection, columns: filled, quals: missingQuals, limit: undefined }
          return fetchScan({ ...request, signal: fetchSignal }, context, meter)
        },
      })
    const found = await withinOwnQuotas(statement, ask)
    if (found === undefined || !isRestricted) return found
    return { ...found, askedFor: countedRows(column, { kind: 'values', values: [...values.values()] }) }
  }
}

/** The keys by whose values a table's rows can be told apart, since each is found by one of them. */
function lookupKeysOf({ definition, columns }: VirtualTable): readonly string[] {
  return columns.flatMap(({ name, type, databaseType }) =>
    definition.keys[name]?.valuesPerCall !== undefined && type === databaseType ? [name] : [],
  )
}
