/** The engine: PostgreSQL, its catalog, and the preparation of statements over virtual tables. */
import type { Logger } from 'pino'
import { StatementTexts } from './analyse/statement-texts.js'
import { KeyCache } from './cache/keys/key-cache.js'
import { keyCacheSources } from './cache/keys/key-cache-sources.js'
import { ScanCache } from './cache/scans/scan-cache.js'
import { leaveOutOfDumps } from './catalog/left-out-of-dumps.js'
import { type Loopback, setLoopback } from './catalog/loopback.js'
import { synchroniseCatalog } from './catalog/synchronise-catalog.js'
import { readViewNames } from './catalog/view-definitions.js'
import type { VirtualTable } from './catalog/virtual-table.js'
import { DatabaseError } from './database-error.js'
import { type AggregatorOptions, isAggregator, openAggregator } from './fetch/aggregator.js'
import { CallLimiters } from './fetch/call-limiters.js'
import { systemClock } from './fetch/clock.js'
import { Connection, type ConnectionOptions } from './fetch/connection.js'
import type { Optimisations } from './plan/unoptimised-scans.js'
import { withEngineClient } from './postgres/engine-connections.js'
import type { Postgres } from './postgres/postgres.js'
import { defaultQuotas, type Quotas } from './quota/quotas.js'
import { ensureCacheClear } from './report/cache-clear-function.js'
import { isSystemTable, systemConnections } from './report/system-tables.js'
import { ensureVersion } from './report/version-function.js'
import type { EngineContext } from './run/engine-context.js'
import { LoopbackScans } from './run/loopback-scans.js'
import { stageStatement } from './run/stage-statement.js'
import { StatementPlans } from './run/statement-plan.js'
import { withoutPlaces } from './run/without-places.js'
import { withoutRows } from './run/without-rows.js'
import { rejectUnknownSettings } from './settings/known-settings.js'
import { showDefaults } from './settings/setting-defaults.js'
import { ScanTables } from './stage/scan-tables.js'
import type { Session, StagedStatement, StageOptions, Statement, StatementEngine } from './statement.js'

export interface EngineOptions {
  readonly postgres: Postgres
  readonly connections: readonly (ConnectionOptions | AggregatorOptions)[]
  /** Where plugins look for credentials: the process environment, or a stand-in for it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  /** Rows that are kept for later statements. Default is none. */
  readonly cache?: CacheOptions
  /** What a statement may ask for, unless its session says otherwise. */
  readonly quotas?: Partial<Quotas>
  /** Milliseconds of a clock that only goes forward, for notices of progress; tests have one of their own. */
  readonly now?: () => number
  /** Default is all; none is for tests, which compare the answers. */
  readonly optimisations?: Optimisations
}

export interface CacheOptions {
  /** How long rows answer later statements, in milliseconds; a session may choose otherwise. */
  readonly ttl: number
  /** Bytes of rows that are kept at most. */
  readonly maxBytes: number
  /** Milliseconds since 1970. Default is the machine's clock. */
  readonly now?: () => number
}

/** For sessions that keep rows although the server does not by default. */
const defaultCacheBytes = 256 * 1024 * 1024

/** Of the bytes that are kept at most, where there are tables whose lookups are kept one by one. */
const lookupShare = 1 / 4

export class Engine implements StatementEngine {
  readonly #postgres: Postgres
  readonly #context: EngineContext
  readonly #texts: StatementTexts
  readonly #log: Logger
  #readingViews: Promise<void> | undefined

  private constructor(postgres: Postgres, context: EngineContext, viewNames: readonly string[], log: Logger) {
    this.#postgres = postgres
    this.#context = context
    this.#log = log
    const tableNames = [...context.virtualTables.values()].map(({ definition: table }) => table.name)
    this.#texts = new StatementTexts([...tableNames, ...viewNames])
  }

  /** Brings the catalog up to date. @throws DatabaseError when a connection's settings are wrong */
  static async start(options: EngineOptions): Promise<Engine> {
    const { postgres, connections, environment, log, cache, quotas, optimisations = 'all' } = options
    const limiters = new CallLimiters(systemClock)
    const opened = connections
      .filter((one): one is ConnectionOptions => !isAggregator(one))
      .map((connection) => new Connection(connection, environment, log, limiters))
    const aggregators = connections.filter(isAggregator).map((one) => openAggregator(one, opened))
    const [tables, viewNames] = await withEngineClient(postgres.engineConfig, async (client) => {
      const synchronised = await synchroniseCatalog(
        client,
        [...opened, ...aggregators],
        log,
        systemConnections,
      )
      if (synchronised.some(isSystemTable)) {
        await ensureCacheClear(client)
        await ensureVersion(client)
      }
      await leaveOutOfDumps(client)
      await showDefaults(client, { cacheTtl: cache?.ttl ?? 0, quotas: { ...defaultQuotas, ...quotas } })
      return [synchronised, await readViewNames(client)] as const
    })
    const virtualTables = new Map(
      tables.flatMap((table) => [table.oid, ...table.formerOids].map((oid) => [oid, table] as const)),
    )
    const connectionsByName = new Map(opened.map((connection) => [connection.name, connection]))
    const sources = keyCacheSources(tables, connectionsByName)
    const maxBytes = cache?.maxBytes ?? defaultCacheBytes
    const lookupBytes = sources.length > 0 ? maxBytes * lookupShare : 0
    const { engineConfig } = postgres
    const cacheClock = cache?.now === undefined ? {} : { now: cache.now }
    const context: EngineContext = {
      virtualTables,
      plans: new StatementPlans(virtualTables, optimisations),
      sharesScans: optimisations === 'all',
      loopbackScans: new LoopbackScans(),
      connections: connectionsByName,
      aggregators: new Map(aggregators.map((aggregator) => [aggregator.name, aggregator])),
      scanTables: new ScanTables({ engineConfig, log }),
      cache: new ScanCache({ maxBytes: maxBytes - lookupBytes, ...cacheClock }),
      keyCache: new KeyCache({ engineConfig, log, maxBytes: lookupBytes, sources, ...cacheClock }),
      cacheTtl: cache?.ttl ?? 0,
      quotas: { ...defaultQuotas, ...quotas },
      now: options.now ?? (() => performance.now()),
    }
    return new Engine(postgres, context, viewNames, log)
  }

  /** Those of the connections. */
  get virtualTables(): readonly VirtualTable[] {
    return [...new Set(this.#context.virtualTables.values())].filter((table) => !isSystemTable(table))
  }

  analyse(text: string): readonly Statement[] | undefined {
    return this.#texts.analyse(text)
  }

  async stage(statement: Statement, session: Session, options: StageOptions): Promise<StagedStatement> {
    const tree = this.#texts.treeOf(statement)
    if (tree === undefined) {
      throw new DatabaseError('the statement could not be parsed', { sqlState: '42601' })
    }
    rejectUnknownSettings(statement.text, tree)
    if (session.analyses === true) return withoutRows(statement.text, tree)
    const asked = session.loopbackFor === undefined ? undefined : withoutPlaces(statement.text, tree)
    const { text } = asked ?? statement
    return stageStatement(text, asked?.tree ?? tree, this.#context, session, options)
  }

  /**
   * Views that statements' texts did not name, as those that a function makes, are read from the catalog. Until
   * then, and if that fails, PostgreSQL runs them by itself.
   */
  transactionEnded(): void {
    if (this.#readingViews !== undefined || !this.#texts.takeViewChange()) return
    this.#readingViews = withEngineClient(this.#postgres.engineConfig, readViewNames)
      .then((names) => this.#texts.addNames(names))
      .catch((error: unknown) => this.#log.warn({ err: error }, 'the names of views could not be read'))
      .finally(() => {
        this.#readingViews = undefined
      })
  }

  /** Tells PostgreSQL where the gateway listens, for statements that only PostgreSQL sees. */
  async setLoopback(loopback: Loopback): Promise<void> {
    await withEngineClient(this.#postgres.engineConfig, (client) => setLoopback(client, loopback))
  }

  /** Forgets rows that were kept: PostgreSQL has crashed, and they are gone. */
  forgetRows(): void {
    this.#context.cache.clear()
    this.#context.keyCache.reset()
  }

  /**
   * Forgets rows that were kept, after a restart too: all, or those of one virtual table. None that was asked for
   * before answers a statement that comes after.
   * @param table the virtual table's OID
   */
  async clearCache(table?: number): Promise<void> {
    const source = table === undefined ? undefined : String(table)
    this.#context.cache.clear(source)
    await this.#context.keyCache.clear(source)
  }

  /** Lets go of scan tables and connections. PostgreSQL itself is stopped by whoever started it. */
  async stop(): Promise<void> {
    await this.#readingViews
    this.#context.cache.clear()
    await this.#context.keyCache.stop()
    await this.#context.scanTables.stop()
    await Promise.all([...this.#context.connections.values()].map((connection) => connection.close()))
  }
}
