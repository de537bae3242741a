/** An API that answers as each test says, and connections to it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Columns, Table } from '@millrace/plugin-sdk'
import { collectRows, type ScanRequest } from '@millrace/plugin-sdk/testing'
import { httpJsonConfig } from '../config.js'
import plugin from '../plugin.js'
import type { ApiClient } from '../requests/api-client.js'
import { jsonTable } from '../tables/json-table.js'

export type JsonTable = Table<ApiClient, Columns>

export class StandIn {
  /** What was asked for, in order. */
  readonly asked: string[] = []
  readonly headers: IncomingMessage['headers'][] = []
  answer: (request: URL, response: ServerResponse) => unknown = (_, response) => response.end('[]')
  readonly #server: Server
  readonly #clients: ApiClient[] = []

  private constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? '')
      this.headers.push(request.headers)
      response.setHeader('content-type', 'application/json')
      this.answer(new URL(request.url ?? '', this.url), response)
    })
  }

  static async start(): Promise<StandIn> {
    const standIn = new StandIn()
    await new Promise<void>((resolve) => standIn.#server.listen(0, '127.0.0.1', resolve))
    return standIn
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  connect(settings: object, environment: Record<string, string> = {}): ApiClient {
    const config = httpJsonConfig.parse({ url: `${this.url}/v1`, tables: {}, ...settings })
    const client = plugin.connect(config, { connectionName: 'test', environment })
    this.#clients.push(client)
    return client
  }

  table(own: object): JsonTable {
    const { tables } = httpJsonConfig.parse({
      url: this.url,
      tables: { t: { path: '/t', columns: { id: 'bigint' }, ...own } },
    })
    const [settings] = Object.values(tables)
    if (settings === undefined) throw new Error('there is no table')
    return jsonTable('t', settings)
  }

  rows(own: object, request: Partial<ScanRequest<ApiClient, Columns>> = {}, settings: object = {}) {
    return collectRows(this.table(own), { connection: this.connect(settings), attempts: 1, ...request })
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) await client.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
