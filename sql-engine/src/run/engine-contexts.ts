/** The engine's contexts as the configuration changes: each statement keeps the one that it began with. */
import type { Logger } from 'pino'
import type { Connection } from '../fetch/connection.js'
import type { EngineContext } from './engine-context.js'

export class EngineContexts {
  readonly #log: Logger
  #current: EngineContext
  /** How many statements use each context, including the current one. */
  readonly #users = new Map<EngineContext, number>()
  readonly #open = new Set<Connection>()
  readonly #closing = new Set<Promise<void>>()

  constructor(first: EngineContext, log: Logger) {
    this.#log = log
    this.#current = first
    this.replace(first)
  }

  get current(): EngineContext {
    return this.#current
  }

  /** Runs something with the current context, whose connections stay open until it ends. */
  async use<Result>(run: (context: EngineContext) => Promise<Result>): Promise<Result> {
    const context = this.#current
    this.#users.set(context, (this.#users.get(context) ?? 0) + 1)
    try {
      return await run(context)
    } finally {
      this.#users.set(context, (this.#users.get(context) ?? 0) - 1)
      if (context !== this.#current) this.#closeUnused()
    }
  }

  /**
   * Gives another context to statements that begin from now on. Connections that it lacks are closed when no
   * statement needs them.
   */
  replace(next: EngineContext): void {
    this.#current = next
    if (!this.#users.has(next)) this.#users.set(next, 0)
    for (const connection of next.connections.values()) this.#open.add(connection)
    this.#closeUnused()
  }

  /** Closes all connections. No statement may be running. */
  async stop(): Promise<void> {
    for (const connection of this.#open) this.#close(connection)
    await Promise.all(this.#closing)
  }

  #closeUnused(): void {
    for (const [context, users] of this.#users) {
      if (users === 0 && context !== this.#current) this.#users.delete(context)
    }
    const needed = new Set([...this.#users.keys()].flatMap(({ connections }) => [...connections.values()]))
    for (const connection of this.#open) if (!needed.has(connection)) this.#close(connection)
  }

  #close(connection: Connection): void {
    this.#open.delete(connection)
    const closing = connection
      .close()
      .catch((error: unknown) =>
        this.#log.warn({ err: error, connection: connection.name }, 'a connection could not be closed'),
      )
      .finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}
