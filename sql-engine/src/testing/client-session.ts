/** A client's session without a gateway: statements are prepared and run over one connection. */
import pg from 'pg'
import type { Engine } from '../engine.js'
import type { Session } from '../statement.js'

export class ClientSession {
  readonly #client: pg.Client
  readonly #engine: Engine

  private constructor(client: pg.Client, engine: Engine) {
    this.#client = client
    this.#engine = engine
  }

  static async open(config: pg.ClientConfig, engine: Engine): Promise<ClientSession> {
    const client = new pg.Client({ ...config, options: '' })
    await client.connect()
    return new ClientSession(client, engine)
  }

  /** Runs a text as a simple query, and gives the rows of its last statement. */
  async query(
    text: string,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Record<string, unknown>[]> {
    let rows: Record<string, unknown>[] = []
    const statements = this.#engine.analyse(text)
    if (statements === undefined) return (await this.#client.query(text)).rows
    for (const statement of statements) {
      const prepared = await this.#engine.prepare(statement, this.#session, { signal, notice: () => {} })
      rows = (await this.#client.query(prepared.text)).rows
      prepared.release()
    }
    return rows
  }

  close(): Promise<void> {
    return this.#client.end()
  }

  readonly #session: Session = {
    query: async (text) => {
      const types = { getTypeParser: () => (value: string) => value }
      return this.#client.query({ text, rowMode: 'array', types })
    },
  }
}
