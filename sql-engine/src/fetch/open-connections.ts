/** Opens the connections of a configuration, with the tables that each of them has. */
import { isDeepStrictEqual } from 'node:util'
import type { Table } from '@millrace/plugin-sdk'
import type { Logger } from 'pino'
import type { CatalogConnection, ConnectionTables } from '../catalog/virtual-table.js'
import { DatabaseError } from '../database-error.js'
import {
  type Aggregator,
  type AggregatorOptions,
  aggregatedTable,
  isAggregator,
  openAggregator,
  type UnopenedConnection,
} from './aggregator.js'
import type { CallLimiters } from './call-limiters.js'
import { Connection, type ConnectionAbout, type ConnectionOptions } from './connection.js'
import { StrayFailure } from './plugin-work.js'

export type { ConnectionAbout } from './connection.js'

/** A connection, or several as one, with the tables that the catalog is to show for it. */
export interface OpenConnection extends CatalogConnection {
  readonly connection: Connection
  /** Whether the catalog is not to show it. */
  readonly isHidden: boolean
}

export interface OpenAggregator extends CatalogConnection {
  readonly aggregator: Aggregator
  readonly isHidden: boolean
}

/** A connection that the configuration names, and that cannot be opened. */
export interface FailedConnection {
  readonly name: string
  /** Its name is empty where it is not known. */
  readonly plugin: CatalogConnection['plugin']
  readonly error: DatabaseError
  /** Those that it would have; undefined where that is not known. */
  readonly tables?: readonly Table[] | undefined
  readonly about?: ConnectionAbout | undefined
}

/** What a configuration says of one connection, as far as it could be read. */
export type ConfiguredConnection = ConnectionOptions | AggregatorOptions | FailedConnection

/** All connections of a configuration. */
export interface OpenConnections {
  readonly connections: readonly OpenConnection[]
  readonly aggregators: readonly OpenAggregator[]
  /** Those that could not be opened; the others serve. */
  readonly failed: readonly CatalogConnection[]
  /** What the configuration is to be quoted with, by connection. */
  readonly about: ReadonlyMap<string, ConnectionAbout>
}

export interface OpeningOptions {
  /** Where plugins look for credentials. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  readonly limiters: CallLimiters
  /** Called with a connection whose tables may have changed. */
  readonly onSchemaChange: (connection: Connection) => void
  /** Aborted when the engine stops. */
  readonly signal: AbortSignal
}

export const noConnections: OpenConnections = {
  connections: [],
  aggregators: [],
  failed: [],
  about: new Map(),
}

/** For how long a connection may look for its tables, in milliseconds. */
const longestSearch = 60_000

/**
 * Those that are open already, and stand in the configuration as they did, go on as they are.
 * One that cannot be opened is logged and listed, and keeps no other from being opened.
 * @param before those that are open
 * @param outdated those of them whose tables are to be found out once more
 */
export async function openConnections(
  configured: readonly ConfiguredConnection[],
  options: OpeningOptions,
  before: OpenConnections = noConnections,
  outdated: ReadonlySet<Connection> = new Set(),
): Promise<OpenConnections> {
  const known = new Map(before.connections.map((one) => [one.name, one]))
  const failures = new Failures(options.log)
  for (const one of configured) if (isFailed(one)) failures.add(one, one.error, one.tables)
  const opened = configured.filter(isConnection).flatMap((one): Connection[] => {
    const open = known.get(one.name)?.connection
    if (open !== undefined && isSame(open.options, one)) return [open]
    return failures.attempt(one, () => newConnection(one, options))
  })
  const unopened = failures.unopened
  const aggregators = configured
    .filter(isAggregator)
    .flatMap((one) => failures.attempt(one, () => openAggregator(one, opened, unopened)))
  const hidden = new Set(configured.flatMap((one) => ('isHidden' in one && one.isHidden ? [one.name] : [])))
  const connections = await Promise.all(
    opened.map(async (connection): Promise<OpenConnection> => {
      const { name, plugin } = connection
      const open = known.get(name)
      const isCurrent = open?.connection === connection && !outdated.has(connection)
      const tables = isCurrent ? open.tables : await tablesOfConnection(connection, options)
      return { name, plugin, connection, tables, isHidden: hidden.has(name) }
    }),
  )
  const tablesOf = new Map(connections.map((one) => [one.connection, one.tables]))
  return {
    connections,
    aggregators: aggregators.map((aggregator) => {
      const { name, plugin, members } = aggregator
      const tables = combinedTables(members, tablesOf)
      return { name, plugin, aggregator, tables, isHidden: hidden.has(name) }
    }),
    failed: failures.connections,
    about: new Map(configured.flatMap(({ name, about }) => (about === undefined ? [] : [[name, about]]))),
  }
}

/** The connections that could not be opened. */
class Failures {
  readonly connections: CatalogConnection[] = []
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  add(
    { name, plugin }: Pick<FailedConnection, 'name' | 'plugin'>,
    error: DatabaseError,
    tables: readonly Table[] | undefined,
  ): void {
    this.#log.error({ err: error, connection: name }, 'a connection cannot be opened; its tables give errors')
    this.connections.push({ name, plugin, tables: { kind: 'failed', error, tables } })
  }

  /** Those that have failed so far, as aggregators may name them. */
  get unopened(): readonly UnopenedConnection[] {
    return this.connections.flatMap(({ name, plugin, tables }) =>
      tables.kind === 'failed' ? [{ name, plugin: plugin.name, error: tables.error }] : [],
    )
  }

  /** @returns what was opened; nothing where that failed */
  attempt<Opened>(configured: ConnectionOptions | AggregatorOptions, open: () => Opened): Opened[] {
    try {
      return [open()]
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      const { tables } = configured.plugin
      this.add(configured, error, typeof tables === 'function' ? undefined : tables)
      return []
    }
  }
}

function isFailed(configured: ConfiguredConnection): configured is FailedConnection {
  return 'error' in configured
}

function isConnection(configured: ConfiguredConnection): configured is ConnectionOptions {
  return !isFailed(configured) && !isAggregator(configured)
}

function isSame(one: ConnectionOptions, other: ConnectionOptions): boolean {
  // Plugins are compared by identity: the functions of a plugin that was loaded again are different ones.
  return one.plugin === other.plugin && isDeepStrictEqual(ownSettings(one), ownSettings(other))
}

/** What a connection is opened with; the rest may change while it is open. */
function ownSettings({ plugin: _, about: __, isHidden: ___, ...settings }: ConnectionOptions): object {
  return settings
}

function newConnection(configured: ConnectionOptions, options: OpeningOptions): Connection {
  const { environment, log, limiters, onSchemaChange } = options
  return new Connection(configured, environment, log, limiters, onSchemaChange)
}

async function tablesOfConnection(
  connection: Connection,
  { signal, log }: OpeningOptions,
): Promise<ConnectionTables> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(longestSearch)])
  try {
    return { kind: 'found', tables: await connection.findTables(patience) }
  } catch (error) {
    const failure = tablesNotFound(connection, error)
    log.error({ err: failure }, "a connection's tables are not known; those of before stay, and give errors")
    return { kind: 'failed', error: failure, tables: undefined }
  }
}

function tablesNotFound({ name, plugin }: Connection, error: unknown): DatabaseError {
  const words = error instanceof Error ? error.message : String(error)
  const said = error instanceof StrayFailure ? `the plugin ${words}` : words
  const { detail, hint } = error instanceof DatabaseError ? error : { detail: undefined, hint: undefined }
  return new DatabaseError(`connection "${name}" of the plugin ${plugin.name} has no tables: ${said}`, {
    sqlState: 'HV00N', // fdw_unable_to_establish_connection
    detail,
    hint: hint ?? 'Mend what is wrong, and have the configuration read again.',
    cause: error,
  })
}

/** The tables of all members, each as the first member that has it defines it. */
function combinedTables(
  members: readonly Connection[],
  tablesOf: ReadonlyMap<Connection, ConnectionTables>,
): ConnectionTables {
  const combined = new Map<string, Table>()
  let failure: ConnectionTables | undefined
  for (const member of members) {
    const tables = tablesOf.get(member)
    if (tables?.kind !== 'found') failure ??= tables
    else for (const table of tables.tables) if (!combined.has(table.name)) combined.set(table.name, table)
  }
  if (combined.size === 0 && failure !== undefined) return failure
  return { kind: 'found', tables: [...combined.values()].map(aggregatedTable) }
}
