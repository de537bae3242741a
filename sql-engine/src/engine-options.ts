/** What an engine is started with. */
import type { Logger } from 'pino'
import type { SearchPathOptions } from './catalog/search-path.js'
import type { ConfiguredConnection } from './fetch/open-connections.js'
import type { Optimisations } from './plan/unoptimised-scans.js'
import type { Postgres } from './postgres/postgres.js'
import type { Quotas } from './quota/quotas.js'
import type { ConfigurationFacts } from './report/configuration-facts.js'
import type { EngineObserver } from './report/engine-observer.js'

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
  /** How many threads decode what APIs answer; 0 for none beside the main one. Default is one for each core, where there are several. */
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

/** A user of the configuration. */
export interface EngineUser {
  readonly name: string
  /** Names of the connections that it sees, in which `*` stands for any run of characters and `?` for one. */
  readonly connections: readonly string[]
  /** Settings of PostgreSQL that hold for its sessions, by their names. */
  readonly settings?: Readonly<Record<string, string>>
}
