/** A client's session without a gateway: statements are prepared and run over one connection. */
import pg from 'pg'
import type { Engine } from '../engine.js'
import type { Statement } from '../parse/statement.js'
import type { BoundParameters, Session, StagedStatement } from '../statement.js'
import { type PreparedResult, runAsText, runPrepared } from './run-prepared.js'

export class ClientSession {
  /** What its statements were told while they waited. */
  readonly notices: string[] = []
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
    await this.#engine.analysable(() => text)
    const statements = this.#engine.analyse(text)
    if (statements === undefined) return (await this.#client.query(text)).rows
    for (const statement of statements) {
      const prepared = await this.#prepare(statement, signal)
      rows = (await this.#client.query(prepared.text)).rows
      prepared.release()
    }
    return rows
  }

  /** Runs one statement, and gives its rows as text. */
  async run(text: string): Promise<PreparedResult> {
    await this.#engine.analysable(() => text)
    const [statement] = this.#engine.analyse(text) ?? []
    if (statement === undefined) return runAsText(this.#client, text)
    const prepared = await this.#prepare(statement, new AbortController().signal)
    try {
      return await runAsText(this.#client, prepared.text)
    } finally {
      prepared.release()
    }
  }

  /** Runs one statement with parameters. */
  async queryWithParameters(text: string, parameters: BoundParameters): Promise<PreparedResult> {
    await this.#engine.analysable(() => text)
    const [statement] = this.#engine.analyse(text) ?? []
    if (statement === undefined) return runPrepared(this.#client, text, parameters)
    const prepared = await this.#prepare(statement, new AbortController().signal, parameters)
    try {
      return await runPrepared(this.#client, prepared.text, parameters)
    } finally {
      prepared.release()
    }
  }

  close(): Promise<void> {
    return this.#client.end()
  }

  #prepare(
    statement: Statement,
    signal: AbortSignal,
    parameters?: BoundParameters,
  ): Promise<StagedStatement> {
    const notice = (message: string) => this.notices.push(message)
    const options = { signal, notice, ...(parameters === undefined ? {} : { parameters }) }
    return this.#engine.stage(statement, this.#session, options)
  }

  readonly #session: Session = {
    processId: 0,
    loopbackFor: undefined,
    query: (text, parameters) =>
      parameters === undefined ? runAsText(this.#client, text) : runPrepared(this.#client, text, parameters),
  }
}
