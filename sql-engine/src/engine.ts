/** The engine: PostgreSQL, its catalog, and the staging of what statements read of virtual tables. */
import type { Client } from 'pg'
import type { Logger } from 'pino'
import { StatementTexts } from './analyse/statement-texts.js'
import { KeyCache } from './cache/keys/key-cache.js'
import { ScanCache } from './cache/scans/scan-cache.js'
import { SharedCache } from './cache/shared/shared-cache.js'
import { leaveOutOfDumps } from './catalog/left-out-of-dumps.js'
import { type Loopback, setLoopback } from './catalog/loopback.js'
import type { SearchPathOptions } from './catalog/search-path.js'
import { readFunctionNames } from './catalog/table-functions.js'
import { readViewNames } from './catalog/view-definitions.js'
import type { VirtualTable } from './catalog/virtual-table.js'
import { DatabaseError } from './database-error.js'
import { DecodeThreads, usualThreads } from './decode/decode-threads.js'
import { engineFailure } from './engine-failure.js'
import type { CallLoad } from './fetch/call-limiters.js'
import type { ConfiguredConnection } from './fetch/open-connections.js'
import { once } from './once.js'
import type { Statement } from './parse/statement.js'
import type { Optimisations } from './plan/unoptimised-scans.js'
import { withEngineClient } from './postgres/engine-connections.js'
import { oneGatewayAtATime } from './postgres/guest/gateway-locks.js'
import { SharedLimits } from './postgres/guest/shared-limits.js'
import { loadMockSecret } from './postgres/mock-secret.js'
import { systemSchema } from './postgres/names.js'
import type { Postgres, PostgresTraits } from './postgres/postgres.js'
import { defaultQuotas, type Quotas } from './quota/quotas.js'
import { ensureCacheClear } from './report/cache-clear-function.js'
import { type ConfigurationFacts, noFacts } from './report/configuration-facts.js'
import type { EngineObserver } from './report/engine-observer.js'
import { ensureSteampipeFunctions } from './report/steampipe-functions.js'
import { isSystemTable } from './report/system-tables.js'
import { ensureVersion } from './report/version-function.js'
import { type Connected, ConnectedCatalog, type EngineUser } from './run/connected-catalog.js'
import { cacheSourcesOf, contextOf, keySourcesOf, planning } from './run/context-of-connections.js'
import type { SharedParts } from './run/engine-context.js'
import { EngineContexts } from './run/engine-contexts.js'
import { LoopbackScans } from './run/loopback-scans.js'
import { withoutRows } from './run/without-rows.js'
import { rejectUnknownSettings } from './settings/known-settings.js'
import { showDefaults, shownDefaults } from './settings/setting-defaults.js'
import { citusPlacement } from './stage/citus-placement.js'
import { ScanTables } from './stage/scan-tables.js'
import { localPlacement } from './stage/table-placement.js'
import type { Session, StagedStatement, StageOptions, StatementEngine } from './statement.js'

export type { EngineUser } from './run/connected-catalog.js'

export interface EngineOptions {
  readonly postgres: Postgres
  readonly connections: readonly ConfiguredConnection[]
  /** Where plugins look for credentials: the process environment, or a stand-in for it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  /** The cache of rows for later statements. Default is none. */
  readonly cache?: CacheOptions
  /** What a statement may ask for, unless its session says otherwise. */
  readonly quotas?: Partial<Quotas>
  /** Whether gateways over one database share the limits of accounts. Default is that each has them to itself. */
  readonly sharesLimits?: boolean | undefined
  /** In a database of Citus, the number of rows from which a scan table is distributed. Default is not to use Citus. */
  readonly citusDistributeRows?: number | undefined
  /** What system tables show of the configuration; called whenever they are read. */
  readonly facts?: () => ConfigurationFacts
  /** Default is `public`, and then the connections in alphabetical order. */
  readonly searchPath?: SearchPathOptions
  /** Who may log in beside the owner of the database, and what each may see. Default is nobody. */
  readonly users?: readonly EngineUser[] | undefined
  /** Milliseconds of a clock that only goes forward, for notices of progress; tests have one of their own. */
  readonly now?: () => number
  /** How many threads decode what APIs answer; 0 for none beside the main one. Default is one fewer than the machine's cores. */
  readonly decodeThreads?: number | undefined
  /** Which optimisations are on. Default is all; none is for tests, which compare the answers. */
  readonly optimisations?: Optimisations
  /** Who is told of calls and scans. Default is nobody. */
  readonly engineObserver?: EngineObserver | undefined
}

export interface CacheOptions {
  /** How long rows answer later statements, in milliseconds; a session may choose otherwise. */
  readonly ttl: number
  /** The most bytes of rows that are cached. */
  readonly maxBytes: number
  /** Milliseconds since 1970. Default is the machine's clock. */
  readonly now?: () => number
}

/** The size of the cache for sessions that cache rows although the server does not by default. */
const defaultCacheBytes = 256 * 1024 * 1024

/** The key cache's share of the bytes, where there are tables whose lookups are cached key by key. */
const keyShare = 1 / 4

/** What an engine finds or makes when it starts. */
interface Found {
  readonly readerNames: readonly string[]
  readonly mockSecret: Buffer
  readonly sharedLimits: SharedLimits | undefined
}

/** Like {@link planning}, of what comes before and after it. */
const staging = once(async () => {
  const [{ stageStatement }, { withoutPlaces }] = await Promise.all([
    import('./run/stage-statement.js'),
    import('./run/without-places.js'),
  ])
  return { stageStatement, withoutPlaces }
})

export class Engine implements StatementEngine {
  readonly #options: EngineOptions
  readonly #shared: SharedParts
  readonly #contexts: EngineContexts
  /** See {@link loadMockSecret}. */
  readonly mockSecret: Buffer
  readonly #forgetPeers: (() => void) | undefined
  readonly #sharedLimits: SharedLimits | undefined
  readonly #texts: StatementTexts
  readonly #connections: ConnectedCatalog
  #readingNames: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  private constructor(
    options: EngineOptions,
    shared: SharedParts,
    connections: ConnectedCatalog,
    { readerNames, mockSecret, sharedLimits }: Found,
  ) {
    const { optimisations = 'all', log } = options
    this.#options = options
    this.mockSecret = mockSecret
    this.#sharedLimits = sharedLimits
    this.#shared = shared
    this.#connections = connections
    const { open, tables } = connections.current
    this.#contexts = new EngineContexts(contextOf(shared, open, tables, optimisations), log)
    shared.shared?.serve(() => this.#forgetFetched())
    this.#forgetPeers = options.postgres.peers?.onDeparture(() => shared.keyCache.takeOver())
    this.#texts = new StatementTexts([...tableNames(tables), ...readerNames])
    connections.onChange((changed) => {
      this.#texts.addNames(tableNames(changed.tables))
      const { sources, bytes } = cachePlan(changed, options.cache)
      shared.cache.maxBytes = bytes.scans
      shared.keyCache.maxBytes = bytes.keys
      shared.keyCache.setSources(sources)
      const context = contextOf(shared, changed.open, changed.tables, optimisations)
      this.#contexts.replace(context)
      shared.cache.keepOnly(cacheSourcesOf(context))
    })
  }

  /** Brings the catalog up to date. @throws DatabaseError when a connection's name or its tables cannot be shown */
  static async start(options: EngineOptions): Promise<Engine> {
    const { postgres, environment, log, cache, now, searchPath, users, optimisations = 'all' } = options
    const { engineConfig, names, standing, peers } = postgres
    const quotas = { ...defaultQuotas, ...options.quotas }
    const sharedLimits =
      peers === undefined || options.sharesLimits !== true
        ? undefined
        : new SharedLimits({ engineConfig, names, peers, log })
    // It hears from the others before they wait for its answers.
    const shared = peers && new SharedCache({ engineConfig, names, peers, log })
    const connections = await ConnectedCatalog.start(options.connections, {
      engineConfig,
      traits: postgres,
      environment,
      log,
      searchPath,
      users,
      peers,
      sharedLimits,
    })
    const found = await asOnlyGateway(postgres, async (client) => {
      await ensureCacheClear(client, names)
      await ensureVersion(client)
      await ensureSteampipeFunctions(client)
      const defaults = shownDefaults({ cacheTtl: cache?.ttl ?? 0, quotas })
      if (standing.kind === 'owner') {
        // With tables that have been made, that is done already.
        await leaveOutOfDumps(client, 'no tables')
        await showDefaults(client, defaults)
      } else for (const [name, value] of defaults) standing.sessionSettings.set(name, value)
      return {
        readerNames: await readReaderNames(client, postgres),
        mockSecret: await loadMockSecret(client, names),
        placement:
          options.citusDistributeRows === undefined
            ? localPlacement
            : await citusPlacement(client, options.citusDistributeRows),
      }
    })
    const { sources, bytes } = cachePlan(connections.current, cache)
    await shared?.readEpoch()
    const cacheClock = cache?.now === undefined ? {} : { now: cache.now }
    const parts: SharedParts = {
      names,
      log,
      sharesScans: optimisations === 'all',
      loopbackScans: new LoopbackScans(shared?.loopback),
      scanTables: new ScanTables({
        engineConfig,
        names,
        log,
        gateway: () => peers?.number,
        placement: found.placement,
      }),
      decodeThreads: new DecodeThreads({ most: options.decodeThreads ?? usualThreads(), log }),
      cache: new ScanCache({ maxBytes: bytes.scans, shared: shared?.scans, ...cacheClock }),
      keyCache: new KeyCache({
        engineConfig,
        names,
        log,
        maxBytes: bytes.keys,
        sources,
        shared: shared && peers && { cache: shared, peers },
        ...cacheClock,
      }),
      shared,
      cacheTtl: cache?.ttl ?? 0,
      facts: options.facts ?? (() => noFacts),
      startedAt: new Date(),
      quotas,
      now: now ?? (() => performance.now()),
      observer: options.engineObserver,
    }
    return new Engine(options, parts, connections, { ...found, sharedLimits })
  }

  /** The virtual tables of the connections. */
  get virtualTables(): readonly VirtualTable[] {
    return [...new Set(this.#contexts.current.virtualTables.values())].filter(
      (table) => !isSystemTable(table),
    )
  }

  /**
   * Takes over another configuration's connections: the catalog shows their tables, for sessions that are there too.
   * Statements that run go on with what they began with. Resolves when the catalog has followed, for which statements
   * that hold a table which changes or goes are waited for.
   * A connection that cannot be opened, as with wrong settings, keeps no other from being opened.
   * @throws DatabaseError when a connection's name or its tables cannot be shown; then nothing changes
   */
  setConnections(connections: readonly ConfiguredConnection[]): Promise<void> {
    return this.#connections.set(connections)
  }

  /** Takes over another configuration's users. Resolves when they see what they should. @throws Error of PostgreSQL */
  setUsers(users: readonly EngineUser[]): Promise<void> {
    return this.#connections.setUsers(users)
  }

  /** Loads what the first statement over virtual tables would load otherwise. */
  async preload(): Promise<void> {
    await Promise.all([this.#texts.preload(), staging(), planning()])
  }

  analysable(text: () => string): Promise<void> | undefined {
    return this.#texts.analysable(text)
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
    const { stageStatement, withoutPlaces } = await staging()
    const asked = session.loopbackFor === undefined ? undefined : withoutPlaces(statement.text, tree)
    const { text } = asked ?? statement
    try {
      return await this.#contexts.use((context) =>
        stageStatement(text, asked?.tree ?? tree, context, session, options),
      )
    } catch (error) {
      // PostgreSQL may ask this gateway until it has gone; what is closed already has failed then.
      if (this.#stopped !== undefined && !(error instanceof DatabaseError)) throw hasStopped(error)
      throw engineFailure(error, 'the statement was prepared') ?? error
    }
  }

  /**
   * Views and functions that statements' texts did not name, such as those that a function makes, are read from the
   * catalog. Until then, and if that fails, PostgreSQL runs them by itself.
   */
  transactionEnded(): void {
    if (this.#readingNames !== undefined || !this.#texts.takeReaderChange()) return
    const { postgres } = this.#options
    this.#readingNames = withEngineClient(postgres.engineConfig, (client) =>
      readReaderNames(client, postgres),
    )
      .then((names) => this.#texts.addNames(names))
      .catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'the names of views could not be read'),
      )
      .finally(() => {
        this.#readingNames = undefined
      })
  }

  async endProcess(processId: number): Promise<void> {
    await withEngineClient(this.#options.postgres.engineConfig, (client) =>
      client.query('SELECT pg_terminate_backend($1)', [processId]),
    )
  }

  /** Sets where PostgreSQL finds the gateway, for statements that only PostgreSQL sees. */
  async setLoopback(loopback: Loopback): Promise<void> {
    const { postgres } = this.#options
    await asOnlyGateway(postgres, (client) => setLoopback(client, postgres, loopback))
  }

  /** Whether PostgreSQL reaches the gateway where the loopback says. @throws DatabaseError of PostgreSQL when it does not */
  async tryLoopback(): Promise<void> {
    await withEngineClient(this.#options.postgres.engineConfig, (client) =>
      client.query(`SELECT FROM ${systemSchema}.plugin`),
    )
  }

  /** The calls that are in flight, and those that wait for their turn, by the plugin that makes them. */
  get callLoads(): ReadonlyMap<string, CallLoad> {
    return this.#connections.callLoads
  }

  /** Forgets cached rows: PostgreSQL has crashed, and they are gone. */
  forgetRows(): void {
    this.#shared.cache.clear()
    this.#shared.keyCache.reset()
    // Other gateways may have changed the catalog while this one was cut off.
    this.#options.postgres
      .ready()
      .then(() => this.#shared.shared?.readEpoch())
      .then(
        () => this.#connections.reread(),
        // It has been stopped, or lost again.
        (error: unknown) => this.#options.log.debug({ err: error }, 'PostgreSQL has not come back'),
      )
  }

  /** Forgets cached rows, after a restart too. No row asked for before answers a statement that comes after. */
  async clearCache(): Promise<void> {
    const { cache, keyCache, shared } = this.#shared
    const forget = async () => cache.clear() + (await keyCache.clear())
    await (shared === undefined ? forget() : shared.clear(forget))
  }

  /** Another gateway wants all to forget. Never rejects. */
  async #forgetFetched(): Promise<void> {
    this.#shared.cache.clear()
    try {
      await this.#shared.keyCache.clear()
    } catch (error) {
      this.#options.log.warn({ err: error }, 'lookups stay')
    }
  }

  /** Releases scan tables and connections. PostgreSQL itself is stopped by the code that started it. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#forgetPeers?.()
    await this.#connections.stop()
    await this.#readingNames
    this.#shared.cache.clear()
    await this.#shared.keyCache.stop()
    await this.#shared.shared?.stop()
    await this.#shared.scanTables.stop()
    await this.#shared.decodeThreads.stop()
    await this.#sharedLimits?.stop()
    await this.#contexts.stop()
  }
}

function hasStopped(cause: unknown): DatabaseError {
  return new DatabaseError('the gateway is shutting down', {
    sqlState: '57P03', // cannot_connect_now
    hint: 'Try again.',
    cause,
  })
}

/** Changes what gateways over one database share. */
function asOnlyGateway<Result>(
  { engineConfig, peers }: Postgres,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  return withEngineClient(engineConfig, (client) =>
    peers === undefined ? work(client) : oneGatewayAtATime(client, () => work(client)),
  )
}

/** Whose rows the key cache holds, and how the bytes are divided between it and the scan cache. */
function cachePlan({ open, tables }: Connected, cache: CacheOptions | undefined) {
  const sources = keySourcesOf(open, tables)
  const maxBytes = cache?.maxBytes ?? defaultCacheBytes
  const keys = sources.length > 0 ? maxBytes * keyShare : 0
  return { sources, bytes: { scans: maxBytes - keys, keys } }
}

/** The names of views and functions over virtual tables. */
async function readReaderNames(client: Client, traits: PostgresTraits): Promise<readonly string[]> {
  return [...(await readViewNames(client, traits)), ...(await readFunctionNames(client, traits))]
}

function tableNames(tables: readonly VirtualTable[]): string[] {
  return tables.map(({ definition }) => definition.name)
}
