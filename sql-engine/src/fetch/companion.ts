import type { Table } from '@millrace/plugin-sdk'
import type { Connection } from './connection.js'

/** Another plugin's connection, for the tables that the first one's plugin does not have. */
export class Companion {
  readonly connection: Connection
  #tables: ReadonlyMap<string, Table> = new Map()
  #failure: string | undefined

  constructor(connection: Connection) {
    this.connection = connection
  }

  get failure(): string | undefined {
    return this.#failure
  }

  has(table: string): boolean {
    return this.#tables.has(table)
  }

  /** Those of the first plugin, and its own behind them; where these cannot be found, those that it had before. */
  async alongside(first: readonly Table[], signal: AbortSignal): Promise<readonly Table[]> {
    const { plugin, name: connection, log } = this.connection
    try {
      const found = await this.connection.findTables(signal)
      const names = new Set(first.map(({ name }) => name))
      const further = found.filter(({ name }) => !names.has(name))
      this.#tables = new Map(
        further.map((table) => [
          table.name,
          { ...table, description: `${table.description} (${plugin.description})` },
        ]),
      )
      this.#failure = undefined
    } catch (error) {
      const { message = String(error), detail }: { message?: string; detail?: string } = Object(error)
      const said = [message, detail].filter(Boolean).join(': ')
      this.#failure = `the tables of ${plugin.name} are not known: ${said}`
      log.error({ err: error, connection }, `the tables of ${plugin.name} are not known; the others serve`)
    }
    return [...first, ...this.#tables.values()]
  }
}
