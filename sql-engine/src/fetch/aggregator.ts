/**
 * Aggregators: connections whose tables hold the rows of the tables of several other connections.
 */
import {
  type Key,
  knownTextOperators,
  mayFulfil,
  type Plugin,
  type Qual,
  type Table,
} from '@millrace/plugin-sdk'
import { DatabaseError } from '../database-error.js'
import type { Connection, ConnectionAbout } from './connection.js'
import type { ScanQuals } from './scan-quals.js'
import { wildcardTest } from './wildcard.js'
import { withoutInherited } from './without-inherited.js'

/** An aggregator as the configuration names it. */
export interface AggregatorOptions {
  readonly name: string
  /** The plugin of all its connections. */
  readonly plugin: Plugin
  /** Names of connections, in which `*` stands for any run of characters and `?` for one. */
  readonly members: readonly string[]
  readonly onMemberFailure?: MemberFailure | undefined
  readonly isHidden?: boolean | undefined
  readonly about?: ConnectionAbout | undefined
}

/**
 * What becomes of a query when an API fails one of the members: it fails, or goes on with the rows of the others and
 * names the missing ones in a notice. Default is `error`.
 */
export type MemberFailure = 'error' | 'notice'

/** An aggregator with the connections that its names stand for. */
export interface Aggregator {
  readonly name: string
  readonly plugin: Plugin
  /** The member connections that are open: at least one, each once. */
  readonly members: readonly Connection[]
  /** Connections that its names stand for, too, and that cannot be asked. */
  readonly failed: readonly FailedMember[]
  readonly onMemberFailure: MemberFailure
}

export interface FailedMember {
  readonly name: string
  readonly error: DatabaseError
}

export const connectionColumn = 'sp_connection_name'
const connectionKey: Key = { operators: knownTextOperators, exact: ['=', '<>'], inherent: true }

/** A connection that could not be opened, as an aggregator may name it. */
export interface UnopenedConnection extends FailedMember {
  /** Its plugin's name; empty where that is not known, and it may be any. */
  readonly plugin: string
}

/**
 * @param unopened those of the configuration that could not be opened
 * @throws DatabaseError F0000 when a name stands for no connection, or for one of another plugin, or all of them could not
 *   be opened
 */
export function openAggregator(
  options: AggregatorOptions,
  connections: readonly Connection[],
  unopened: readonly UnopenedConnection[] = [],
): Aggregator {
  const { name, plugin, members, onMemberFailure = 'error' } = options
  const candidates = unopened.filter((one) => one.plugin === '' || one.plugin === plugin.name)
  const found = new Set<Connection>()
  const failed = new Set<UnopenedConnection>()
  for (const pattern of members) {
    const test = wildcardTest(pattern)
    const lost = candidates.filter((one) => test.test(one.name))
    for (const one of lost) failed.add(one)
    for (const one of connectionsNamed(pattern, options, connections, lost.length > 0)) found.add(one)
  }
  const [first] = failed
  if (found.size === 0 && first !== undefined) {
    throw configurationError(name, `its member "${first.name}" cannot be opened: ${first.error.message}`)
  }
  return { name, plugin, members: [...found], failed: [...failed], onMemberFailure }
}

export function isAggregator(options: object): options is AggregatorOptions {
  return 'members' in options
}

/** The members that conditions allow, and the conditions for each of them. */
export function narrowMembers(
  { members, failed }: Pick<Aggregator, 'members' | 'failed'>,
  quals: ScanQuals,
): {
  readonly members: readonly Connection[]
  readonly failed: readonly FailedMember[]
  readonly quals: ScanQuals
} {
  const { [connectionColumn]: onConnection, ...others } = quals
  // The column's type is text.
  const onName = onConnection as readonly Qual<string>[] | undefined
  const isAllowed = ({ name }: { readonly name: string }) => mayFulfil(onName, name)
  return { members: members.filter(isAllowed), failed: failed.filter(isAllowed), quals: others }
}

function connectionsNamed(
  pattern: string,
  { name, plugin }: AggregatorOptions,
  connections: readonly Connection[],
  mayBeNone: boolean,
): readonly Connection[] {
  const isWildcard = /[*?]/.test(pattern)
  const test = wildcardTest(pattern)
  const named = connections.filter((connection) => test.test(connection.name))
  const ofPlugin = named.filter((connection) => connection.plugin.name === plugin.name)
  const [other] = named
  if (!isWildcard && other !== undefined && ofPlugin.length === 0) {
    throw configurationError(
      name,
      `its member "${pattern}" is a connection of the plugin ${other.plugin.name}, not of ${plugin.name}`,
    )
  }
  if (ofPlugin.length === 0 && !mayBeNone) {
    throw configurationError(
      name,
      isWildcard
        ? `no connection of the plugin ${plugin.name} has a name like "${pattern}"`
        : `there is no connection "${pattern}" that could be its member`,
    )
  }
  return ofPlugin
}

/** A member's table as the aggregator's: it can also be asked for the rows of some members only. */
export function aggregatedTable(table: Table): Table {
  return withoutInherited({ ...table, keys: { ...table.keys, [connectionColumn]: connectionKey } })
}

function configurationError(name: string, what: string): DatabaseError {
  return new DatabaseError(`aggregator "${name}": ${what}`, {
    sqlState: 'F0000', // config_file_error
    hint: 'Mend the configuration file, and have it read again. An aggregator cannot be the member of another.',
  })
}
