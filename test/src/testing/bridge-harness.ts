/** A gateway over the plugin of `test/steampipe-plugin`, and a client of it. */
import { randomUUID } from 'node:crypto'
import { steampipePlugin } from '@millrace/plugin-steampipe/steampipe-plugin'
import { startService } from '@millrace/server/service'
import { StartedParts } from '@millrace/server/started-parts'
import { startTestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { pino } from 'pino'
import { bridgePlugin } from './bridge-plugin.js'

/** A text that HCL would take for a template. */
export const word = 'a "$' + '{word}" %{if}'

export class BridgeHarness {
  /** Messages of notices that have come; a test empties it. */
  readonly notices: string[] = []
  readonly #parts = new StartedParts()
  readonly #config: pg.ClientConfig
  readonly #client: pg.Client

  private constructor(parts: StartedParts, config: pg.ClientConfig, client: pg.Client) {
    this.#parts = parts
    this.#config = config
    this.#client = client
    client.on('notice', ({ message }) => this.notices.push(String(message)))
  }

  /** Connections `bridge` and `other` of the plugin, and `wrong` with a setting that it does not take. */
  static async start(): Promise<BridgeHarness> {
    const parts = new StartedParts()
    const plugin = steampipePlugin({ name: 'bridge', path: await bridgePlugin() })
    const password = randomUUID()
    const log = pino({ level: process.env.MILLRACE_TEST_LOG ?? 'silent' }, pino.destination(2))
    const { address } = await startService(
      {
        host: '127.0.0.1',
        port: 0,
        environment: { PATH: process.env.PATH, HOME: process.env.HOME, MILLRACE_SECRET: 'no' },
        log,
        startPostgres: (onCrash) => startTestPostgres({ log, onCrash }),
        configure: async () => ({
          password,
          connections: [
            { name: 'bridge', plugin, settings: { word, words: ['x', 'y'] } },
            { name: 'other', plugin, settings: { word: 'other' } },
            { name: 'wrong', plugin, settings: { nope: 1 } },
          ],
        }),
      },
      parts,
    )
    const config = {
      host: '127.0.0.1',
      port: address.port,
      user: 'millrace',
      password,
      database: 'millrace',
    }
    const client = new pg.Client(config)
    parts.add(client, () => client.end())
    await client.connect()
    return new BridgeHarness(parts, config, client)
  }

  stop(): Promise<void> {
    return this.#parts.stop()
  }

  /** Another client, which the caller ends. */
  async connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#config)
    await client.connect()
    return client
  }

  /** Asks the server to end a query, as a client does when its user presses Ctrl-C. */
  cancel(client: pg.Client, query: pg.Query): void {
    // Not among the documented methods; psql and drivers have it.
    Object(new pg.Client(this.#config)).cancel(client, query)
  }

  async rows(text: string, values: unknown[] = []): Promise<unknown[][]> {
    const { rows } = await this.#client.query({ text, values, rowMode: 'array' })
    return rows
  }

  /** What the plugin has been asked since this was asked last. */
  async calls(): Promise<string[]> {
    const found = await this.rows(
      'select "of", kind, quals::text, "limit" from bridge_call order by position',
    )
    return found.map(([of, kind, quals, limit]) =>
      [of, kind, ...JSON.parse(String(quals)), ...(limit === null ? [] : [`limit ${limit}`])].join('; '),
    )
  }
}
