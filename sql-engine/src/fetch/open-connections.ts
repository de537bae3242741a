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
} from './aggregator.js'
import type { CallLimiters } from './call-limiters.js'
import { Connection, type ConnectionOptions } from './connection.js'

/** A connection, or several as one, with the tables that the catalog is to show for it. */
export interface OpenConnection extends CatalogConnection {
  readonly connection: Connection
}

export interface OpenAggregator extends CatalogConnection {
  readonly aggregator: Aggregator
}

/** All connections of a configuration. */
export interface OpenConnections {
  readonly connections: readonly OpenConnection[]
  readonly aggregators: readonly OpenAggregator[]
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

/** How long a connection may look for its tables, in milliseconds. */
const longestSearch = 60_000

/**
 * Opens connections; those that are open already, and are configured as they were, stay as they are.
 * @param before those that are open
 * @param outdated those of them whose tables must be looked up again
 * @throws DatabaseError F0000 when a plugin does not accept the settings of one; nothing has then been opened
 */
export async function openConnections(
  configured: readonly (ConnectionOptions | AggregatorOptions)[],
  options: OpeningOptions,
  before: OpenConnections = { connections: [], aggregators: [] },
  outdated: ReadonlySet<Connection> = new Set(),
): Promise<OpenConnections> {
  const known = new Map(before.connections.map((one) => [one.name, one]))
  const opened = configured
    .filter((one): one is ConnectionOptions => !isAggregator(one))
    .map((one): Connection => {
      const open = known.get(one.name)?.connection
      return open !== undefined && isSame(open.options, one) ? open : newConnection(one, options)
    })
  const aggregators = configured.filter(isAggregator).map((one) => openAggregator(one, opened))
  const connections = await Promise.all(
    opened.map((connection) => {
      const open = known.get(connection.name)
      const isCurrent = open?.connection === connection && !outdated.has(connection)
      return isCurrent ? open : withTables(connection, options)
    }),
  )
  const tablesOf = new Map(connections.map((one) => [one.connection, one.tables]))
  return {
    connections,
    aggregators: aggregators.map((aggregator) => {
      const { name, plugin, members } = aggregator
      return { name, plugin, aggregator, tables: combinedTables(members, tablesOf) }
    }),
  }
}

function isSame(one: ConnectionOptions, other: ConnectionOptions): boolean {
  // Plugins are compared by identity: the functions of a plugin that was loaded again are different ones.
  return one.plugin === other.plugin && isDeepStrictEqual({ ...one, plugin: 0 }, { ...other, plugin: 0 })
}

function newConnection(configured: ConnectionOptions, options: OpeningOptions): Connection {
  const { environment, log, limiters, onSchemaChange } = options
  return new Connection(configured, environment, log, limiters, onSchemaChange)
}

async function withTables(connection: Connection, { signal, log }: OpeningOptions): Promise<OpenConnection> {
  const { name, plugin } = connection
  const patience = AbortSignal.any([signal, AbortSignal.timeout(longestSearch)])
  try {
    const tables = await connection.findTables(patience)
    return { name, plugin, connection, tables: { kind: 'found', tables } }
  } catch (error) {
    const failure = tablesNotFound(connection, error)
    log.error({ err: failure }, "a connection's tables are not known; those of before stay, and give errors")
    return { name, plugin, connection, tables: { kind: 'failed', error: failure } }
  }
}

function tablesNotFound({ name, plugin }: Connection, error: unknown): DatabaseError {
  const said = error instanceof Error ? error.message : String(error)
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
