/** The open connections and the catalog that shows their tables, which follows them while statements run. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ClientConfig } from 'pg'
import type { Logger } from 'pino'
import type { SearchPathOptions } from '../catalog/search-path.js'
import { CatalogIsLocked, type Differences, synchroniseCatalog } from '../catalog/synchronise-catalog.js'
import { synchroniseUsers } from '../catalog/users.js'
import type { CatalogConnection, VirtualTable } from '../catalog/virtual-table.js'
import { DatabaseError } from '../database-error.js'
import type { EngineUser } from '../engine-options.js'
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
import type { SharedCallLimits } from '../fetch/reserved-rate.js'
import { wildcardTest } from '../fetch/wildcard.js'
import { withEngineClient } from '../postgres/engine-connections.js'
import { oneGatewayAtATime, standingGateways } from '../postgres/guest/gateway-locks.js'
import type { Peers } from '../postgres/peers.js'
import type { PostgresTraits } from '../postgres/postgres.js'
import { systemConnections } from '../report/system-tables.js'
import { shownConnections } from './context-of-connections.js'

export interface ConnectedCatalogOptions extends Pick<OpeningOptions, 'environment' | 'log'> {
  readonly engineConfig: ClientConfig
  readonly traits: PostgresTraits
  readonly searchPath?: SearchPathOptions | undefined
  readonly users?: readonly EngineUser[] | undefined
  /** Other gateways that show the same tables; undefined where there can be none. */
  readonly peers?: Peers | undefined
  /** Where gateways share the limits of accounts; undefined where each has its own. */
  readonly sharedLimits?: SharedCallLimits | undefined
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

/** What a gateway tells the others when it has changed the catalog, with its number. */
const catalogChange = /^catalog (\d{1,10})$/

export class ConnectedCatalog {
  readonly #engineConfig: ClientConfig
  readonly #traits: PostgresTraits
  readonly #log: Logger
  readonly #opening: OpeningOptions
  readonly #searchPath: SearchPathOptions | undefined
  readonly #stopping = new AbortController()
  #configured: Configured = []
  readonly #peers: Peers | undefined
  #forgetPeers = () => {}
  #users: readonly EngineUser[]
  #current: Connected = { open: noConnections, tables: [] }
  /** Connections whose tables may be others than is known. */
  #outdated = new Set<Connection>()
  /** The last change; the next one follows it. */
  #changing: Promise<void> = Promise.resolve()
  #onChange: (changed: Connected) => void = () => {}

  private constructor({
    engineConfig,
    traits,
    environment,
    log,
    searchPath,
    users = [],
    peers,
    sharedLimits,
  }: ConnectedCatalogOptions) {
    this.#users = users
    this.#peers = peers
    this.#engineConfig = engineConfig
    this.#traits = traits
    this.#searchPath = searchPath
    this.#log = log
    this.#opening = {
      environment,
      log,
      limiters: new CallLimiters(systemClock, sharedLimits),
      onSchemaChange: (connection) => this.#noteSchemaChange(connection),
      signal: this.#stopping.signal,
    }
  }

  /** @throws DatabaseError when a connection's name or its tables cannot be shown */
  static async start(configured: Configured, options: ConnectedCatalogOptions): Promise<ConnectedCatalog> {
    const started = new ConnectedCatalog(options)
    await started.#inTurn(() => started.#change(configured, 'refuse'))
    started.#followPeers()
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
    return this.#inTurn(() => this.#change(configured, 'mend'))
  }

  /** Takes over the configuration's users. Resolves when they see what they should. @throws Error of PostgreSQL */
  setUsers(users: readonly EngineUser[]): Promise<void> {
    return this.#inTurn(async () => {
      await withEngineClient(this.#engineConfig, (client) =>
        this.#synchroniseUsers(client, users, shownConnections(this.#current.open)),
      )
      this.#users = users
    })
  }

  /** Gives up a change that is waiting. The connections stay open. */
  async stop(): Promise<void> {
    this.#forgetPeers()
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
    this.#inTurn(() => this.#change(this.#configured, 'mend')).catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return
      this.#log.error({ err: error }, 'the catalog could not follow a change of tables')
    })
  }

  /** Another gateway has changed the catalog: tables that are as they should be may have other OIDs now. */
  #followPeers(): void {
    const peers = this.#peers
    if (peers === undefined) return
    this.#forgetPeers = peers.listen((message) => {
      const [, number] = catalogChange.exec(message) ?? []
      if (number === undefined || Number(number) === peers.number || this.#stopping.signal.aborted) return
      this.reread()
    })
  }

  /** Reads the catalog again, without changing it, where other gateways may have. Returns at once. */
  reread(): void {
    if (this.#peers === undefined) return
    this.#inTurn(() => this.#change(this.#configured, 'leave')).catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return
      this.#log.error({ err: error }, 'the catalog may have changed, and could not be read again')
    })
  }

  async #change(configured: Configured, differences: Differences): Promise<void> {
    const outdated = this.#outdated
    this.#outdated = new Set()
    const open = await openConnections(configured, this.#opening, this.#current.open, outdated)
    const tables = await this.#synchronise(open, differences)
    this.#configured = configured
    this.#current = { open, tables }
    this.#onChange(this.#current)
    if (differences === 'mend') await this.#peers?.tell(`catalog ${this.#peers.number}`)
  }

  /** Lets statements that hold a table go first. */
  async #synchronise(open: OpenConnections, differences: Differences): Promise<readonly VirtualTable[]> {
    const peers = this.#peers
    for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
      try {
        return await withEngineClient(this.#engineConfig, (client) =>
          peers === undefined
            ? this.#bringUpToDate(client, open, 'mend')
            : oneGatewayAtATime(client, async () => {
                // What differs can only be of gateways that have gone.
                const isFirst = differences === 'refuse' && (await standingGateways(client)).size === 0
                const tables = await this.#bringUpToDate(client, open, isFirst ? 'mend' : differences)
                await peers.stand()
                return tables
              }),
        )
      } catch (error) {
        if (!(error instanceof CatalogIsLocked)) throw error
        this.#log.info({ reason: error.message }, 'the catalog waits for statements before it changes')
        await delay(pause, undefined, { signal: this.#stopping.signal })
      }
    }
  }

  async #bringUpToDate(
    client: Client,
    open: OpenConnections,
    differences: Differences,
  ): Promise<readonly VirtualTable[]> {
    const shown = shownConnections(open)
    const tables = await synchroniseCatalog(client, this.#traits, shown, {
      log: this.#log,
      own: systemConnections(this.#traits.names),
      lockTimeout,
      searchPath: this.#searchPath,
      differences,
    })
    await this.#synchroniseUsers(client, this.#users, shown)
    return tables
  }

  async #synchroniseUsers(
    client: Client,
    users: readonly EngineUser[],
    shown: readonly CatalogConnection[],
  ): Promise<void> {
    if (this.#traits.standing.kind === 'guest') {
      if (users.length > 0) throw usersOfGuest()
      return
    }
    const schemas = shown.map(({ name }) => name)
    const seenBy = ({ connections }: EngineUser) => {
      const tests = connections.map(wildcardTest)
      return schemas.filter((schema) => tests.some((test) => test.test(schema)))
    }
    await synchroniseUsers(client, {
      users: users.map((user) => ({ name: user.name, schemas: seenBy(user), settings: user.settings ?? {} })),
      schemas,
      searchPath: this.#searchPath,
      log: this.#log,
    })
  }
}

function usersOfGuest(): DatabaseError {
  return new DatabaseError('the configuration has users, who are roles of PostgreSQL', {
    sqlState: '0A000',
    detail: 'In a PostgreSQL that is not its own, Millrace makes no roles.',
    hint: 'Use the one that comes with Millrace, or take the users out of the configuration.',
  })
}
