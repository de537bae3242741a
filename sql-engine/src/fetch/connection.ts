import { type ConnectContext, checkTables, type Plugin, type Table } from '@millrace/plugin-sdk'
import type { Logger } from 'pino'
import { DatabaseError } from '../database-error.js'
import { abortable } from '../stage/abortable.js'
import type { CallLimiter, CallLimits } from './call-limiter.js'
import { CallLimiters } from './call-limiters.js'
import { type Clock, systemClock } from './clock.js'
import { Companion } from './companion.js'
import { IgnoredErrors, type IgnoredErrorsOptions } from './ignored-errors.js'
import type { CallRules } from './make-call.js'
import { outsidePlugins, type PluginScope, PluginWork, unattendedScope, withinPlugin } from './plugin-work.js'
import { nameOf, placeOf } from './thrown.js'
import { allWithoutInherited } from './without-inherited.js'

/** A connection as the configuration names it. */
export interface ConnectionOptions {
  readonly name: string
  readonly plugin: Plugin
  /** The settings as they stand in the configuration; the plugin's schema checks them. */
  readonly settings: unknown
  /** A plugin with tables that the plugin itself does not have; it gets the same settings. */
  readonly companion?: Plugin | undefined
  /** How long rows answer later statements, in milliseconds; undefined for what the table and the server say. */
  readonly cacheTtl?: number | undefined
  /** Limits that replace the API's limits as the plugin states them. */
  readonly limits?: LimitSettings | undefined
  /** Errors of the API that queries survive; none by default. */
  readonly ignored?: IgnoredErrorsOptions | undefined
  /**
   * What becomes of a query when the API fails: it fails too, or, where the table only adds columns to the rows of
   * others (an outer join), goes on with NULL and a notice. Default is `error`.
   */
  readonly onFailure?: 'error' | 'notice' | undefined
  /** Whether it has no schema of its own, and is there for aggregators only. Default is no. */
  readonly isHidden?: boolean | undefined
  readonly about?: ConnectionAbout | undefined
}

/** Where a configuration names a connection, and what is to be said of it there; nothing follows from it. */
export interface ConnectionAbout {
  readonly file?: string | undefined
  readonly firstLine?: number | undefined
  readonly lastLine?: number | undefined
  /** The name of the block of its plugin's settings. */
  readonly instance?: string | undefined
  readonly notices?: readonly string[] | undefined
}

export interface LimitSettings {
  /** The most API calls in flight. */
  readonly maxConcurrency?: number | undefined
  /** Calls a second, by the name of the call; each scope has as many. */
  readonly rates?: Readonly<Record<string, number>> | undefined
  /** How long an answer is awaited, in milliseconds. */
  readonly callTimeout?: number | undefined
  /** The most bytes of an answer's body; plugins enforce it. */
  readonly maxAnswerBytes?: number | undefined
}

const defaultConcurrency = 10
const defaultAttempts = 9
const defaultCallTimeout = 60_000

let lastId = 0

type Environment = Readonly<Record<string, string | undefined>>

/** One connection of a plugin to its API, shared by all sessions. */
export class Connection implements CallRules {
  /** The options that it was configured with. */
  readonly options: ConnectionOptions
  /** Distinguishes it from others, including earlier ones of its name. */
  readonly id = ++lastId
  readonly name: string
  readonly plugin: Plugin
  /** The most API calls in flight, as far as this connection is concerned. */
  readonly concurrency: number
  readonly attempts: number
  readonly callTimeout: number
  readonly retryDelay: number | undefined
  readonly clock: Clock
  readonly log: Logger
  readonly cacheTtl: number | undefined
  readonly ignoredErrors: IgnoredErrors
  readonly #maxAnswerBytes: number | undefined
  readonly #config: unknown
  readonly #environment: Environment
  readonly #limiters: CallLimiters
  readonly #limits: CallLimits
  /** The limiter of the calls that are made before the account is known. */
  readonly #unknownAccount: CallLimiter
  #account: { readonly name: string; readonly limiter: CallLimiter } | undefined
  #opened: { readonly state: unknown } | undefined
  readonly #companion: Companion | undefined

  readonly #onSchemaChange: (connection: Connection) => void
  readonly #scope: PluginScope

  /**
   * @param onSchemaChange called when the plugin says that its tables may have changed
   * @throws DatabaseError when the settings are not what the plugin takes
   */
  constructor(
    options: ConnectionOptions,
    environment: Environment,
    log: Logger,
    limiters = new CallLimiters(systemClock),
    onSchemaChange: (connection: Connection) => void = () => {},
  ) {
    const { name, plugin, settings, cacheTtl, limits = {}, ignored = {} } = options
    this.options = options
    this.#onSchemaChange = onSchemaChange
    this.name = name
    this.plugin = plugin
    this.#scope = unattendedScope(plugin.name, `connection "${name}"`)
    this.log = log
    this.cacheTtl = cacheTtl
    this.ignoredErrors = new IgnoredErrors(ignored)
    this.#maxAnswerBytes = limits.maxAnswerBytes
    this.#environment = environment
    const parsed = this.#whileOpening(() => plugin.config.safeParse(settings))
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const setting = issue?.path.join('.')
      throw new DatabaseError(
        `connection "${name}" has settings that the plugin ${plugin.name} does not take` +
          (issue === undefined ? '' : `: ${setting ? `${setting}: ` : ''}${issue.message}`),
        { sqlState: 'F0000', hint: 'Mend the configuration file, and have it read again.' },
      )
    }
    this.#config = parsed.data
    const stated = this.#whileOpening(() => plugin.limits?.(this.#config, this.#context)) ?? {}
    this.clock = limiters.clock
    this.attempts = stated.attempts ?? defaultAttempts
    this.retryDelay = stated.retryDelay
    this.callTimeout = limits.callTimeout ?? stated.callTimeout ?? defaultCallTimeout
    this.concurrency = limits.maxConcurrency ?? plugin.concurrency ?? defaultConcurrency
    this.#limiters = limiters
    this.#limits = {
      ceiling: this.concurrency,
      start: plugin.startingConcurrency ?? plugin.concurrency ?? defaultConcurrency,
      rates: { ...stated.rates, ...limits.rates },
    }
    const account = stated.account ?? `connection ${name}`
    this.#unknownAccount = limiters.limiterOf(plugin.name, account, this.#limits)
    if (options.companion === undefined) return
    const { companion, ...others } = options
    // The limits are of the plugin's own API calls.
    const own = { ...others, plugin: companion, companion: undefined, limits: undefined }
    this.#companion = new Companion(
      new Connection(own, environment, log, limiters, () => onSchemaChange(this)),
    )
  }

  /** The connection through which a table of {@link findTables} is asked: this one, or its companion's. */
  ofTable({ name }: Pick<Table, 'name'>): Connection {
    return this.#companion?.has(name) === true ? this.#companion.connection : this
  }

  /** What is wrong with it, although it serves. */
  get shortcomings(): readonly string[] {
    const failure = this.#companion?.failure
    return failure === undefined ? [] : [failure]
  }

  /**
   * The limiter is shared with other connections to the same account, as far as that is known: the next call may have
   * another.
   */
  async limiter(): Promise<CallLimiter> {
    const name = await this.#within(() => this.plugin.account?.(this.state))
    if (name === undefined) return this.#unknownAccount
    if (name !== this.#account?.name) {
      const limiter = this.#limiters.limiterOfAccount(
        this.plugin.name,
        name,
        this.#limits,
        this.#unknownAccount,
      )
      this.#account = { name, limiter }
    }
    return this.#account.limiter
  }

  /** What the plugin's `connect` returns; called when the first scan starts, or tables are looked for. */
  get state(): unknown {
    this.#opened ??= { state: this.#within(() => this.plugin.connect(this.#config, this.#context)) }
    return this.#opened.state
  }

  /** What is left of what the calls of a table cost; see `Table.costLeft`. */
  costLeft(table: Table): string | undefined {
    try {
      return this.#within(() => table.costLeft?.(this.ofTable(table).state))
    } catch (error) {
      // EXPLAIN is no place to fail in.
      this.log.warn(
        { table: table.name, error: error instanceof Error ? error.name : typeof error },
        'plugin failed',
      )
      return undefined
    }
  }

  /** See {@link Plugin.identity}. */
  get identity(): string | undefined {
    return this.#within(() => this.plugin.identity?.(this.#config, this.#context))
  }

  /**
   * Distinguishes whose rows it sees; see {@link Plugin.owner}.
   * @returns undefined where the plugin cannot tell, or does not know yet
   */
  async owner(): Promise<string | undefined> {
    const { identity } = this
    if (identity === undefined || this.plugin.owner === undefined) return identity
    const owner = await this.#within(() => this.plugin.owner?.(this.state))
    return owner === undefined ? undefined : JSON.stringify([identity, owner])
  }

  /**
   * The tables that it has now.
   * @throws whatever the plugin throws; DatabaseError when they do not have the shape of tables
   */
  async findTables(signal: AbortSignal): Promise<readonly Table[]> {
    const own = await this.#ownTables(signal)
    return this.#companion === undefined ? own : this.#companion.alongside(own, signal)
  }

  async #ownTables(signal: AbortSignal): Promise<readonly Table[]> {
    const { tables } = this.plugin
    if (typeof tables !== 'function') return allWithoutInherited(tables)
    // So that it is closed, whatever finding them has opened.
    void this.state
    const work = new PluginWork(this.plugin.name, `the tables of connection "${this.name}"`, signal)
    const context = { ...this.#context, signal: work.signal }
    let checked: ReturnType<typeof checkTables>
    try {
      const finding = work.run(() => tables(this.#config, context))
      checked = checkTables(this.plugin, await abortable(finding, work.signal))
    } finally {
      work.end()
    }
    if ('tables' in checked) return allWithoutInherited(checked.tables)
    throw new DatabaseError(checked.fault, {
      sqlState: 'HV000', // fdw_error
      hint: 'This is a fault of the plugin.',
    })
  }

  get #context(): ConnectContext {
    return {
      connectionName: this.name,
      environment: this.#environment,
      maxAnswerBytes: this.#maxAnswerBytes,
      schemaChanged: () => outsidePlugins(() => this.#onSchemaChange(this)),
    }
  }

  async close(): Promise<void> {
    const opened = this.#opened
    await Promise.all([
      opened === undefined ? undefined : this.#within(() => this.plugin.close?.(opened.state)),
      this.#companion?.connection.close(),
    ])
  }

  /** Calls the plugin before the connection is there. @throws DatabaseError for whatever it throws */
  #whileOpening<Result>(call: () => Result): Result {
    try {
      return this.#within(call)
    } catch (error) {
      const said = `the plugin ${this.plugin.name} has thrown ${nameOf(error)}`
      this.log.error(
        { plugin: this.plugin.name, connection: this.name, error: placeOf(error) },
        'plugin failed',
      )
      throw new DatabaseError(`connection "${this.name}" cannot be opened: ${said}`, {
        sqlState: 'HV000', // fdw_error
        hint: 'The server log has more. This is a fault of the plugin.',
      })
    }
  }

  /** Calls the plugin, beside all statements. */
  #within<Result>(call: () => Result): Result {
    return withinPlugin(this.#scope, call)
  }
}
