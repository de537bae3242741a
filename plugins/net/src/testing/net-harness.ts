/** The sandbox, and connections of the plugin that ask only it. */
import type { Columns, Table } from '@millrace/plugin-sdk'
import { collectRows, type ScanRequest } from '@millrace/plugin-sdk/testing'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { netConfig } from '../config.js'
import type { NetConnection } from '../connection.js'
import plugin from '../plugin.js'

export type NetRequest<TableColumns extends Columns> = Partial<ScanRequest<NetConnection, TableColumns>>

export class NetHarness {
  readonly sandbox: Sandbox
  #connections: NetConnection[] = []

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox
  }

  static async start(): Promise<NetHarness> {
    return new NetHarness(await startSandbox())
  }

  /** @param settings beside those that lead to the sandbox */
  connect(settings: object = {}, context: { maxAnswerBytes?: number } = {}): NetConnection {
    const connection = plugin.connect(netConfig.parse({ ...this.sandbox.netSettings, ...settings }), {
      connectionName: 'net',
      environment: {},
      ...context,
    })
    this.#connections.push(connection)
    return connection
  }

  rowsOf<TableColumns extends Columns>(
    table: Table<NetConnection, TableColumns>,
    request: NetRequest<TableColumns>,
  ) {
    return collectRows(table, { connection: this.connect(), attempts: 1, ...request })
  }

  /** What the DNS server was asked. */
  asked() {
    return this.sandbox.calls
      .list({ service: 'dns' })
      .map(({ operation, parameters }) => ({ operation, ...Object(parameters) }))
  }

  /** Closes connections, and forgets calls and what was set of the sandbox. */
  async reset(): Promise<void> {
    for (const connection of this.#connections) await plugin.close?.(connection)
    this.#connections = []
    this.sandbox.calls.clear()
    this.sandbox.faults.clear()
    this.sandbox.dns.overrides.clear()
    this.sandbox.dns.knowsEdns = true
  }

  async stop(): Promise<void> {
    await this.reset()
    await this.sandbox.stop()
  }
}

/** A qual of equality. */
export function equal<Value>(value: Value, ...others: Value[]) {
  return [{ operator: '=', values: [value, ...others] }] as const
}
