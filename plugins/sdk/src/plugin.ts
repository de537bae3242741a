/**
 * A plugin: a named set of tables over one kind of connection.
 */
import type { ZodType } from 'zod'
import type { CheckResult, CheckScan } from './check.js'
import type { Table } from './table.js'

/** What `connect` gets besides the connection's settings. */
export interface ConnectContext {
  readonly connectionName: string
  /** The process environment, or a stand-in for it. Plugins must read it only from here. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /**
   * The most bytes that the body of an answer may have, by the connection's setting `max_answer_mb`; for `HttpClient`
   * and `readAnswerBody`. Default is what those say.
   */
  readonly maxAnswerBytes?: number | undefined
  /**
   * Must be called when {@link FindTables} would give other tables than before: it is then called again, and the
   * catalog follows while statements run. May be called at any time, and as often as necessary. Without effect for a
   * plugin whose tables are always the same.
   */
  readonly schemaChanged?: () => void
}

/**
 * Finds out which tables a connection has: when it opens, and after each {@link ConnectContext.schemaChanged}. It may
 * ask the API. If it fails, the previous tables stay, and queries of them get its error.
 * @param context whose signal is aborted when it takes too long, or the server stops
 */
export type FindTables<Config, Connection> = (
  config: Config,
  context: ConnectContext & { readonly signal: AbortSignal },
  // biome-ignore lint/suspicious/noExplicitAny: as for `Plugin.tables`
) => Promise<readonly Table<Connection, any>[]>

/** What an API allows a connection's account. Settings of the connection take precedence over all of it. */
export interface ApiLimits {
  /**
   * Distinguishes accounts, as the API counts calls, as far as settings do. Connections of the plugin with the same
   * one share their limits. May hold secrets: it is not shown. By default each connection is an account.
   */
  readonly account?: string
  /**
   * Calls a second, by the name of the call; each scope has as many. Others are not limited. By the name `*`, all calls
   * of the account together.
   */
  readonly rates?: Readonly<Record<string, number>>
  /** The most often that a call is made, including the first time. Default 9. */
  readonly attempts?: number
  /** How long an answer is awaited, in milliseconds. Default a minute. */
  readonly callTimeout?: number
  /** How long to wait before a failed call is made again for the first time, in milliseconds; see `delayBeforeRetry`. */
  readonly retryDelay?: number | undefined
}

/** A plugin, as its package's default export. */
export interface Plugin<Config = unknown, Connection = unknown> {
  readonly name: string
  readonly description: string
  /** The version of the package. Rows that outlive a restart answer only for the version that has fetched them. */
  readonly version?: string
  /**
   * Parses the connection's settings from the configuration file; defaults are filled in here. What each setting says of
   * itself (`describe`) is shown to people who add a connection.
   */
  readonly config: ZodType<Config>
  /** What somebody who has written the settings should know of them, such as that one has no effect here. */
  remarks?(config: Config): readonly string[]
  /**
   * Makes the state that the tables of one connection share: API clients, remembered identities. Called once per
   * connection, when its first scan starts, or before its tables are looked for; makes no API call itself and does not fail for lack of credentials (the
   * first call says what is missing).
   */
  connect(config: Config, context: ConnectContext): Connection
  /**
   * Distinguishes connections that may get different answers to one question: by account, address of the API, plan.
   * May hold secrets, since only a digest of it is stored. Without it, no rows outlive a restart.
   */
  identity?(config: Config, context: ConnectContext): string
  /**
   * Finds out whether the connection works, for `millrace connection test`, by one cheap call or two.
   * @throws what the calls throw: an {@link ApiError} that says what is wrong, and in its hint what to do
   */
  check?(connection: Connection, scan: CheckScan): Promise<CheckResult>
  /**
   * Loads the modules that the plugin loads only when they are needed. A server calls it after it has started, so that its
   * first query does not wait for them, and they are there when the machine runs out of file descriptors: Node.js does
   * not try again to load what it could not load once.
   */
  preload?(): Promise<void>
  /** Closes what `connect` opened. */
  close?(connection: Connection): void | Promise<void>
  /** The most API calls that an account has in flight, unless the connection's settings say otherwise. Default 10. */
  readonly concurrency?: number
  /**
   * The API calls that an account has in flight at first, which the API is known to bear. While all goes well, they
   * double with each round, up to {@link concurrency} or what the settings say. Default is `concurrency`.
   */
  readonly startingConcurrency?: number
  /** Limits of the API, as its documentation states them. */
  limits?(config: Config, context: ConnectContext): ApiLimits
  /**
   * The account that the connection asks, where that becomes known only later, and may be one that other connections,
   * with other settings, ask too: from then on they share their limits. Called before each call; makes no call itself
   * and does not fail. May hold secrets: it is not shown. Undefined as long as it is not known.
   */
  account?(connection: Connection): string | undefined | Promise<string | undefined>
  /**
   * Whose rows the connection sees, where {@link identity} does not tell: credentials may be the machine's. Gateways over one
   * database share the rows of connections of which both are the same. Makes no call itself and does not fail. May hold
   * secrets: only a digest of it is stored. Undefined as long as it is not known.
   */
  owner?(connection: Connection): string | undefined | Promise<string | undefined>
  // A table's functions take its own connection and columns; a list of tables of all shapes cannot name them.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly tables: readonly Table<Connection, any>[] | FindTables<Config, Connection>
}

/** A plugin whose tables are the same for all of its connections. */
export type StaticPlugin<Config = unknown, Connection = unknown> = Plugin<Config, Connection> & {
  // biome-ignore lint/suspicious/noExplicitAny: as for `Plugin.tables`
  readonly tables: readonly Table<Connection, any>[]
}

/** Defines a plugin, with the types of its configuration and connection inferred. */
export function definePlugin<Config, Connection>(
  plugin: StaticPlugin<Config, Connection>,
): StaticPlugin<Config, Connection>
export function definePlugin<Config, Connection>(
  plugin: Plugin<Config, Connection>,
): Plugin<Config, Connection>
export function definePlugin<Config, Connection>(
  plugin: Plugin<Config, Connection>,
): Plugin<Config, Connection> {
  return plugin
}
