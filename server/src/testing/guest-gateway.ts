/** Gateways in a PostgreSQL of a user's: that of a Debian package, in a cluster of the test's own. */
import { join } from 'node:path'
import { bigint, inet, text } from '@millrace/plugin-sdk'
import type { CacheOptions } from '@millrace/sql-engine/engine-options'
import type { GuestUrls } from '@millrace/sql-engine/postgres/guest/guest-address'
import { startGuestPostgres } from '@millrace/sql-engine/postgres/guest/guest-postgres'
import { type Call, countingPlugin } from '@millrace/sql-engine/testing/counting-plugin'
import {
  type DebianServer,
  debianPrograms,
  startTemporaryServer,
} from '@millrace/sql-engine/testing/debian-postgres'
import pg from 'pg'
import { pino } from 'pino'
import { onTestFinished, test } from 'vitest'
import { type Gateway, startGateway } from '../gateway.js'
import { PeerCancels } from '../peer-cancels.js'
import { startService } from '../service.js'
import { StartedParts } from '../started-parts.js'
import { Accounts } from '../startup/accounts.js'
import { type HeldCalls, heldCalls } from './held-calls.js'

const programs = await debianPrograms()
if (programs === undefined && process.env.CI === 'true') {
  throw new Error("Debian's package postgresql is not installed; tests with CI=true need it")
}

/** Whether a server is installed. Without one, tests of it are skipped, and say so. */
export const hasServer = programs !== undefined
if (!hasServer) process.stderr.write("skipped: Debian's package postgresql is not installed\n")

/** Tests with a server that the file shares. */
export const serverTest = test.extend(
  'server',
  { scope: 'file' },
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture depends on
  async ({}, { onCleanup }) => {
    const server = await startTemporaryServer()
    onCleanup(() => server.stop())
    return server
  },
)

/** A connection of the server's superuser, until the test ends. */
export async function superuserOf(server: DebianServer): Promise<pg.Client> {
  const client = await server.admin()
  onTestFinished(() => client.end())
  return client
}

export const password = 'a secret of this test'

export interface GuestOptions extends Partial<GuestUrls> {
  readonly cache?: CacheOptions
  readonly loopbackHost?: string
  /** Distinguishes the homes of gateways that run at the same time. */
  readonly home?: string
  readonly connectionName?: string
  /** See `GuestPostgresOptions`. */
  readonly heartbeat?: number
}

export interface GuestGateway extends HeldCalls {
  readonly calls: readonly Call[]
  /** What it has logged at the level `warn` and above. */
  readonly warnings: readonly Readonly<Record<string, unknown>>[]
  readonly config: pg.ClientConfig
  connect(config?: pg.ClientConfig): Promise<pg.Client>
  /** Has connections of these names, all with the same tables. */
  setConnections(names: readonly string[]): Promise<void>
  /** Starts another gateway over the same PostgreSQL, which is stopped with this one. */
  startOther(): Promise<Gateway>
  ready(): Promise<void>
  /** The next time that PostgreSQL is lost, after sessions were told. */
  lost(): Promise<void>
  stop(): Promise<void>
}

/** A gateway with the tables `place` and `host` (asked by `ip`; lookups of `host` are kept), `event` (of 0 to 99) and `kind`. */
export async function startGuestGateway(
  server: DebianServer,
  options: GuestOptions = {},
): Promise<GuestGateway> {
  const { cache, loopbackHost, home = 'home', connectionName = 'counting', heartbeat, ...urls } = options
  const warnings: Record<string, unknown>[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(JSON.parse(line)) })
  const { hook, holdCall } = heldCalls()
  const tables = {
    place: {
      columns: { ip: inet('Address'), city: text('City') },
      keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 1 } },
      rows: ['1.1.1.1', '2.2.2.2'].map((ip) => ({ ip, city: `city of ${ip}` })),
    },
    host: {
      columns: { ip: inet('Address'), name: text('Name') },
      keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 2 } },
      cache: { lookup: 'ip', persist: true },
      rows: ['1.1.1.1', '2.2.2.2', '3.3.3.3', '3.3.3.3'].map((ip) => ({ ip, name: `host at ${ip}` })),
    },
    event: {
      columns: { at: bigint('Time'), name: text('Name') },
      keys: { at: { operators: ['=', '<', '<=', '>', '>='], inherent: true, valuesPerCall: 5 } },
      rows: Array.from({ length: 100 }, (_, at) => ({ at: BigInt(at), name: `event ${at}` })),
    },
    kind: { columns: { name: text('Name') }, keys: {}, rows: [{ name: 'small' }, { name: 'large' }] },
  } as const
  const counting = countingPlugin(tables, hook)
  const connectionNamed = (name: string) => ({ name, plugin: counting.plugin, settings: {} })
  const parts = new StartedParts()
  const told: (() => void)[] = []
  try {
    const service = await startService(
      {
        host: '127.0.0.1',
        port: 0,
        environment: {},
        log,
        ...(cache === undefined ? {} : { cache }),
        loopbackHost,
        startPostgres: (onCrash) =>
          startGuestPostgres({
            home: join(server.folder, home),
            url: server.url(),
            ...urls,
            log,
            heartbeat,
            onCrash: () => {
              onCrash()
              for (const tell of told.splice(0)) tell()
            },
          }),
        configure: async () => ({
          connections: [connectionNamed(connectionName)],
          password,
        }),
      },
      parts,
    )
    const clients: pg.Client[] = []
    return {
      setConnections: (names) => service.engine.setConnections(names.map(connectionNamed)),
      calls: counting.calls,
      holdCall,
      warnings,
      config: service.address,
      connect: async (config) => {
        const client = new pg.Client({ ...service.address, ...config })
        client.on('error', () => {})
        clients.push(client)
        await client.connect()
        return client
      },
      startOther: async () => {
        const { postgres, engine } = service
        const { peers } = postgres
        const gateway = await startGateway({
          host: '127.0.0.1',
          port: 0,
          engine,
          backend: postgres,
          accounts: new Accounts(engine.mockSecret),
          peers: peers && new PeerCancels(peers, engine.mockSecret),
          log,
        })
        return parts.add(gateway, () => gateway.stop())
      },
      ready: () => service.postgres.ready(),
      lost: () => new Promise((resolve) => told.push(resolve)),
      stop: async () => {
        await Promise.all(clients.map((client) => client.end().catch(() => {})))
        await parts.stop()
      },
    }
  } catch (error) {
    await parts.stop()
    throw error
  }
}
