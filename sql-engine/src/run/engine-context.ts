import type { Logger } from 'pino'
import type { KeyCache } from '../cache/keys/key-cache.js'
import type { ScanCache } from '../cache/scans/scan-cache.js'
import type { SharedCache } from '../cache/shared/shared-cache.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import type { DecodeThreads } from '../decode/decode-threads.js'
import type { Aggregator } from '../fetch/aggregator.js'
import type { Connection } from '../fetch/connection.js'
import type { OpenConnections } from '../fetch/open-connections.js'
import type { Names } from '../postgres/names.js'
import type { Quotas } from '../quota/quotas.js'
import type { ConfigurationFacts } from '../report/configuration-facts.js'
import type { EngineObserver } from '../report/engine-observer.js'
import type { ScanTables } from '../stage/scan-tables.js'
import type { LoopbackScans } from './loopback-scans.js'
import type { StatementPlans } from './statement-plan.js'

/** What statements are staged with, whatever connections there are. */
export interface SharedParts {
  readonly names: Names
  readonly log: Logger
  readonly scanTables: ScanTables
  readonly decodeThreads: DecodeThreads
  readonly cache: ScanCache
  readonly keyCache: KeyCache
  /** What this gateway shares with others over the database; undefined where there can be none. */
  readonly shared: SharedCache | undefined
  /** How long rows answer later statements, unless their session says otherwise; in milliseconds. */
  readonly cacheTtl: number
  /** What a statement may ask for, unless its session says otherwise. */
  readonly quotas: Quotas
  /** What is known of the configuration now. */
  readonly facts: () => ConfigurationFacts
  readonly startedAt: Date
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
  /** Whether scans of one statement that ask the same are one. */
  readonly sharesScans: boolean
  readonly loopbackScans: LoopbackScans
  readonly observer: EngineObserver | undefined
}

/** What a statement is staged with. When the connections or their tables change, another one replaces it. */
export interface EngineContext extends SharedParts {
  /** The configuration's connections, those that could not be opened among them. */
  readonly open: OpenConnections
  /** By their OIDs, and those of former tables. */
  readonly virtualTables: ReadonlyMap<number, VirtualTable>
  /** Finds a table by connection and name. */
  readonly tableNamed: (schema: string, name: string) => VirtualTable | undefined
  readonly connections: ReadonlyMap<string, Connection>
  readonly aggregators: ReadonlyMap<string, Aggregator>
  /** Made, and its code loaded, when the first statement is planned. */
  readonly plans: () => Promise<StatementPlans>
}
