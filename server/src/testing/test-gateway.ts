/** A gateway over a PostgreSQL of a test's own, with a plugin that counts its calls. */
import { bigint, boolean, inet, jsonb, text } from '@millrace/plugin-sdk'
import type { DatabaseError } from '@millrace/sql-engine/database-error'
import type { Engine } from '@millrace/sql-engine/engine'
import type { CacheOptions } from '@millrace/sql-engine/engine-options'
import type { AggregatorOptions } from '@millrace/sql-engine/fetch/aggregator'
import type { ConnectionOptions } from '@millrace/sql-engine/fetch/connection'
import { type CountingPlugin, countingPlugin } from '@millrace/sql-engine/testing/counting-plugin'
import { startTestPostgres, type TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { type Logger, pino } from 'pino'
import type { Certificate } from '../certificate.js'
import type { Gateway } from '../gateway.js'
import { type ServiceUser, startService } from '../service.js'
import type { StatementObserver } from '../session/statement-watch.js'
import { StartedParts } from '../started-parts.js'
import type { FailedLoginsOptions } from '../startup/failed-logins.js'
import { type HeldCalls, heldCalls } from './held-calls.js'

export const password = 'a secret of this test'

/** Three places, for each of which the plugin is asked by address; four events of two trails; and two kinds. */
const tables = {
  place: {
    columns: { ip: inet('Address'), city: text('City'), is_eu: boolean('In the EU'), more: jsonb('More') },
    keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 1 } },
    cache: { lookup: 'ip' },
    rows: ['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((ip) => ({
      ip,
      city: `city of ${ip}`,
      is_eu: null,
      more: null,
    })),
  },
  event: {
    columns: { trail: text('Trail'), address: text('Address'), name: text('Name') },
    keys: { trail: { operators: ['='], require: 'required', valuesPerCall: 1 } },
    rows: [
      { trail: 't1', address: '1.1.1.1', name: 'a' },
      { trail: 't1', address: '2.2.2.2', name: 'b' },
      { trail: 't1', address: 'example.com', name: 'c' },
      { trail: 't2', address: '3.3.3.3', name: 'd' },
    ],
  },
  kind: {
    columns: { name: text('Name'), size: bigint('Size') },
    keys: { name: { operators: ['='], valuesPerCall: 10 } },
    orders: { size: ['asc', 'desc'] },
    rows: [
      { name: 'small', size: 1n },
      { name: 'large', size: 100n },
    ],
  },
} as const

export interface TestGateway extends CountingPlugin, HeldCalls {
  readonly gateway: Gateway
  readonly engine: Engine
  readonly postgres: TestPostgres
  readonly config: pg.ClientConfig
  readonly url: string
  /** A connected client, ended with the gateway. */
  connect(config?: pg.ClientConfig): Promise<pg.Client>
  /** A client of a superuser, straight to PostgreSQL, ended with the gateway. */
  connectStraight(): Promise<pg.Client>
  closeAll(reason: DatabaseError): void
  setUsers(users: readonly ServiceUser[]): Promise<void>
  /** The next time that PostgreSQL ends by itself, after the engine and its clients were told. */
  crash(): Promise<void>
  stop(): Promise<void>
}

export interface TestGatewayOptions {
  /** Replaces the promise that PostgreSQL accepts connections. */
  readonly ready?: () => Promise<void>
  readonly tls?: Certificate
  readonly maxConnections?: number
  readonly users?: readonly ServiceUser[]
  readonly failedLogins?: FailedLoginsOptions
  readonly log?: Logger
  readonly statementObserver?: StatementObserver
  /** The engine's clock, in milliseconds. */
  readonly now?: () => number
  readonly cache?: CacheOptions
  /** Beside the one of the counting plugin. */
  readonly connections?: readonly (ConnectionOptions | AggregatorOptions)[]
  /** Is done to PostgreSQL before the engine starts. */
  readonly before?: (postgres: TestPostgres) => Promise<void>
}

export async function startTestGateway({
  ready,
  now,
  before,
  connections: others = [],
  users = [],
  tls,
  log = pino({ level: process.env.MILLRACE_TEST_LOG ?? 'silent' }, pino.destination(2)),
  ...options
}: TestGatewayOptions = {}): Promise<TestGateway> {
  const { hook, holdCall } = heldCalls()
  const counting = countingPlugin(tables, hook)
  const parts = new StartedParts()
  const crashes: (() => void)[] = []
  const service = await startService(
    {
      host: '127.0.0.1',
      port: 0,
      environment: {},
      // It asks over the loopback, which tests count.
      tellsOfLimits: false,
      log,
      ...(now === undefined ? {} : { now }),
      ...options,
      startPostgres: async (onCrash) => {
        const postgres = await startTestPostgres({
          log,
          onCrash: () => {
            onCrash()
            for (const told of crashes.splice(0)) told()
          },
        })
        await before?.(postgres)
        return ready === undefined ? postgres : { ...postgres, ready }
      },
      configure: async () => ({
        connections: [{ name: 'counting', plugin: counting.plugin, settings: {} }, ...others],
        password,
        tls,
        users,
      }),
    },
    parts,
  )
  const { address: config } = service
  const clients: pg.Client[] = []
  const connected = async (options: pg.ClientConfig) => {
    const client = new pg.Client(options)
    client.on('error', () => {})
    clients.push(client)
    await client.connect()
    return client
  }
  return {
    ...counting,
    holdCall,
    gateway: service.gateway,
    engine: service.engine,
    postgres: service.postgres,
    config,
    url: `postgres://millrace:${encodeURIComponent(password)}@127.0.0.1:${config.port}/millrace`,
    connect: (more) => connected({ ...config, ...more }),
    connectStraight: () => connected(service.postgres.adminConfig),
    setUsers: (others) => service.setUsers(password, others),
    closeAll: (reason) => service.gateway.closeAll(reason),
    crash: () => new Promise((resolve) => crashes.push(resolve)),
    stop: async () => {
      await Promise.all(clients.map((client) => client.end().catch(() => {})))
      await parts.stop()
    },
  }
}
