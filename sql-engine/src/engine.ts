/** The engine: PostgreSQL, its catalog, and the staging of what statements read of virtual tables. */
import { StatementTexts } from './analyse/statement-texts.js'
import { type Loopback, setLoopback } from './catalog/loopback.js'
import type { VirtualTable } from './catalog/virtual-table.js'
import { DatabaseError } from './database-error.js'
import { engineFailure } from './engine-failure.js'
import type { EngineOptions, EngineUser } from './engine-options.js'
import { asOnlyGateway, cachePlan, type EngineParts, readReaderNames, startParts } from './engine-parts.js'
import type { CallLoad } from './fetch/call-limiters.js'
import type { ConfiguredConnection } from './fetch/open-connections.js'
import { once } from './once.js'
import type { Statement } from './parse/statement.js'
import { withEngineClient } from './postgres/engine-connections.js'
import type { SharedLimits } from './postgres/guest/shared-limits.js'
import { systemSchema } from './postgres/names.js'
import { isSystemTable } from './report/system-tables.js'
import type { ConnectedCatalog } from './run/connected-catalog.js'
import { cacheSourcesOf, contextOf, planning } from './run/context-of-connections.js'
import type { SharedParts } from './run/engine-context.js'
import { EngineContexts } from './run/engine-contexts.js'
import { withoutRows } from './run/without-rows.js'
import { rejectUnknownSettings } from './settings/known-settings.js'
import type { Session, StagedStatement, StageOptions, StatementEngine } from './statement.js'

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
  /** See {@link EngineParts.mockSecret}. */
  readonly mockSecret: Buffer
  readonly #forgetPeers: (() => void) | undefined
  readonly #sharedLimits: SharedLimits | undefined
  readonly #texts: StatementTexts
  readonly #connections: ConnectedCatalog
  #readingNames: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  private constructor(
    options: EngineOptions,
    { shared, connections, readerNames, mockSecret, sharedLimits }: EngineParts,
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
    return new Engine(options, await startParts(options))
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

function tableNames(tables: readonly VirtualTable[]): string[] {
  return tables.map(({ definition }) => definition.name)
}
