/** The open connections and the catalog that shows their tables, which follows them while statements run. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ClientConfig } from 'pg'
import type { Logger } from 'pino'
import type { SearchPathOptions } from '../catalog/search-path.js'
import { CatalogIsLocked, synchroniseCatalog } from '../catalog/synchronise-catalog.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { CallLimiters, type CallLoad } from '../fetch/call-limiters.js'
import { systemClock } from '../fetch/clock.js'
import type { Connection } from '../fetch/connection.js'
import {
  type ConfiguredConnection,
  noConnections,
  type OpenConnections,
  type OpeningOptions,
  openConnections,
} from '../fetch/open-connections.js'
import { withEngineClient } from '../postgres/engine-connections.js'
import type { PostgresTraits } from '../postgres/postgres.js'
import { systemConnections } from '../report/system-tables.js'
import { shownConnections } from './context-of-connections.js'

export interface ConnectedCatalogOptions extends Pick<OpeningOptions, 'environment' | 'log'> {
  readonly engineConfig: ClientConfig
  readonly traits: PostgresTraits
  readonly searchPath?: SearchPathOptions | undefined
}

type Configured = readonly ConfiguredConnection[]

export interface Connected {
  readonly open: OpenConnections
  /** The tables that the catalog shows, including system tables. */
  readonly tables: readonly VirtualTable[]
}

/** How long statements wait for a change of the catalog that itself waits for others, in milliseconds. */
const lockTimeout = 100
/** How long the others then go first, initially and at most, in milliseconds. */
const firstPause = 50
const longestPause = 5_000

export class ConnectedCatalog {
  readonly #engineConfig: ClientConfig
  readonly #traits: PostgresTraits
  readonly #log: Logger
  readonly #opening: OpeningOptions
  readonly #searchPath: SearchPathOptions | undefined
  readonly #stopping = new AbortController()
  #configured: Configured = []
  #current: Connected = { open: noConnections, tables: [] }
  /** Connections whose tables may be others than is known. */
  #outdated = new Set<Connection>()
  /** The last change; the next one follows it. */
  #changing: Promise<void> = Promise.resolve()
  #onChange: (changed: Connected) => void = () => {}

  private constructor({ engineConfig, traits, environment, log, searchPath }: ConnectedCatalogOptions) {
    this.#engineConfig = engineConfig
    this.#traits = traits
    this.#searchPath = searchPath
    this.#log = log
    this.#opening = {
      environment,
      log,
      limiters: new CallLimiters(systemClock),
      onSchemaChange: (connection) => this.#noteSchemaChange(connection),
      signal: this.#stopping.signal,
    }
  }

  /** @throws DatabaseError when a connection's name or its tables cannot be shown */
  static async start(configured: Configured, options: ConnectedCatalogOptions): Promise<ConnectedCatalog> {
    const started = new ConnectedCatalog(options)
    await started.set(configured)
    return started
  }

  get callLoads(): ReadonlyMap<string, CallLoad> {
    return this.#opening.limiters.loads()
  }

  get current(): Connected {
    return this.#current
  }

  /** @param onChange called with each change from now on, once the catalog shows it */
  onChange(onChange: (changed: Connected) => void): void {
    this.#onChange = onChange
  }

  /**
   * Takes over a configuration. Resolves when the catalog shows it, for which statements that hold a table which changes
   * or goes are waited for.
   * @throws DatabaseError when a connection's name or its tables cannot be shown; nothing has changed then
   */
  set(configured: Configured): Promise<void> {
    return this.#inTurn(() => this.#change(configured))
  }

  /** Gives up a change that is waiting. The connections stay open. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#changing
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#changing.then(change)
    this.#changing = turn.catch(() => {})
    return turn
  }

  #noteSchemaChange(connection: Connection): void {
    const isFirst = this.#outdated.size === 0
    this.#outdated.add(connection)
    // Connections that are reported until then are looked at together.
    if (!isFirst || this.#stopping.signal.aborted) return
    this.#inTurn(() => this.#change(this.#configured)).catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return
      this.#log.error({ err: error }, 'the catalog could not follow a change of tables')
    })
  }

  async #change(configured: Configured): Promise<void> {
    const outdated = this.#outdated
    this.#outdated = new Set()
    const open = await openConnections(configured, this.#opening, this.#current.open, outdated)
    const tables = await this.#synchronise(open)
    this.#configured = configured
    this.#current = { open, tables }
    this.#onChange(this.#current)
  }

  /** Lets statements that hold a table go first. */
  async #synchronise(open: OpenConnections): Promise<readonly VirtualTable[]> {
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      try {
        return await withEngineClient(this.#engineConfig, (client) =>
          synchroniseCatalog(
            client,
            this.#traits,
            shownConnections(open),
            this.#log,
            systemConnections(this.#traits.names),
            lockTimeout,
            this.#searchPath,
          ),
        )
      } catch (error) {
        if (!(error instanceof CatalogIsLocked)) throw error
        this.#log.info({ reason: error.message }, 'the catalog waits for statements before it changes')
        await delay(pause, undefined, { signal: this.#stopping.signal })
      }
    }
  }
}
