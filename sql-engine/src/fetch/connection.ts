import type { ConnectContext, Plugin } from '@millrace/plugin-sdk/plugin'
import pLimit, { type LimitFunction } from 'p-limit'
import type { Logger } from 'pino'
import { DatabaseError } from '../database-error.js'

/** A connection as the configuration names it. */
export interface ConnectionOptions {
  readonly name: string
  readonly plugin: Plugin
  /** As it stands in the configuration; the plugin's schema checks it. */
  readonly settings: unknown
  /** How long rows answer later statements, in milliseconds; undefined for what table and server say. */
  readonly cacheTtl?: number | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** One connection of a plugin to its API, shared by all sessions. */
export class Connection {
  readonly name: string
  readonly plugin: Plugin
  /** Places for API calls in flight. */
  readonly limit: LimitFunction
  readonly log: Logger
  readonly cacheTtl: number | undefined
  readonly #config: unknown
  readonly #environment: Environment
  #opened: { readonly state: unknown } | undefined

  /** @throws DatabaseError when the settings are not what the plugin takes */
  constructor(
    { name, plugin, settings, cacheTtl }: ConnectionOptions,
    environment: Environment,
    log: Logger,
  ) {
    this.name = name
    this.plugin = plugin
    this.log = log
    this.cacheTtl = cacheTtl
    this.#environment = environment
    const parsed = plugin.config.safeParse(settings)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      const setting = issue?.path.join('.')
      throw new DatabaseError(
        `connection "${name}" has settings that the plugin ${plugin.name} does not take` +
          (issue === undefined ? '' : `: ${setting ? `${setting}: ` : ''}${issue.message}`),
        { sqlState: 'F0000', hint: 'Mend the configuration file and start again.' },
      )
    }
    this.#config = parsed.data
    this.limit = pLimit(plugin.concurrency ?? 10)
  }

  /** What the plugin's `connect` gives; called when the first scan starts. */
  get state(): unknown {
    this.#opened ??= { state: this.plugin.connect(this.#config, this.#context) }
    return this.#opened.state
  }

  /** See {@link Plugin.identity}. */
  get identity(): string | undefined {
    return this.plugin.identity?.(this.#config, this.#context)
  }

  get #context(): ConnectContext {
    return { connectionName: this.name, environment: this.#environment }
  }

  async close(): Promise<void> {
    if (this.#opened !== undefined) await this.plugin.close?.(this.#opened.state)
  }
}
