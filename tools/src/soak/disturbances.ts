/** What happens to the server while it is soaked: its APIs, its sessions, its PostgreSQL and its configuration. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Sandbox } from '@millrace/sandbox/sandbox'
import type { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import pg from 'pg'
import type { SoakedServer } from './soaked-server.js'

export interface DisturbanceOptions {
  readonly server: SoakedServer
  readonly sandbox: Sandbox
  readonly random: SeededRandom
  readonly signal: AbortSignal
  /** Called with the name of each. */
  readonly note: (name: string) => void
}

/** Milliseconds of unrest, then of calm, in turns; in the calm no statement may fail. */
const unrest = 35_000
const calm = 15_000

/** Milliseconds that may pass until what has been disturbed is well again. */
const recovery = 10_000

/** Milliseconds between two disturbances, at most. */
const longestPause = 1_500

/** Milliseconds in which a client that asks the server for something must be answered. */
const patience = 10_000

type Disturbance = (options: DisturbanceOptions) => Promise<unknown> | unknown

const disturbances: readonly (readonly [name: string, weight: number, run: Disturbance])[] = [
  [
    'throttling',
    4,
    ({ sandbox, random }) => sandbox.faults.add({ kind: 'throttle', times: 1 + random.below(5) }),
  ],
  [
    'an API error',
    3,
    ({ sandbox, random }) => sandbox.faults.add({ kind: 'error', status: 503, times: 1 + random.below(12) }),
  ],
  [
    'a slow API',
    3,
    ({ sandbox, random }) =>
      sandbox.faults.add({ kind: 'latency', milliseconds: random.below(300), times: 20 }),
  ],
  ['an answer cut off', 3, ({ sandbox }) => sandbox.faults.add({ kind: 'cut', times: 1 })],
  ['no answer', 1, ({ sandbox }) => sandbox.faults.add({ kind: 'hang', times: 1 })],
  ['a session terminated', 3, (options) => onOtherSessions(options, 'pg_terminate_backend')],
  ['a statement cancelled', 3, (options) => onOtherSessions(options, 'pg_cancel_backend')],
  ['a configuration read again', 3, ({ server, random }) => server.reconfigure(random.below(6))],
  ['a cache cleared', 2, (options) => asking(options, 'select millrace.cache_clear()')],
  ['many clients at once', 1, manyClients],
  ['a backend killed', 1, killBackend],
  ['PostgreSQL killed', 1, killPostmaster],
]

const drawn = disturbances.flatMap((one) => Array<(typeof disturbances)[number]>(one[1]).fill(one))

export class Unrest {
  #disturbedUntil = 0

  /** Whether a statement that is asked now may fail. */
  get isDisturbed(): boolean {
    return performance.now() < this.#disturbedUntil
  }

  /** Disturbs until the signal is aborted; then all is well again. Never rejects. */
  async run(options: DisturbanceOptions): Promise<void> {
    const { signal, sandbox, random, note } = options
    while (!signal.aborted) {
      const end = performance.now() + unrest
      while (performance.now() < end && !signal.aborted) {
        const [name, , run] = drawn[random.below(drawn.length)] ?? drawn[0] ?? ['', 0, () => {}]
        this.#disturbedUntil = end + recovery
        note(name)
        // The server may be about to start again; then this does not happen.
        await Promise.resolve(run(options)).catch(() => {})
        await pause(random.below(longestPause), signal)
      }
      sandbox.faults.clear()
      sandbox.calls.clear()
      this.#disturbedUntil = performance.now() + recovery
      await pause(recovery + calm, signal)
    }
    sandbox.faults.clear()
    this.#disturbedUntil = performance.now() + recovery
    await delay(recovery)
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => {})
}

async function asking({ server }: DisturbanceOptions, sql: string, values: unknown[] = []): Promise<number> {
  const client = new pg.Client({
    ...server.config,
    connectionTimeoutMillis: patience,
    query_timeout: patience,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query(sql, values)
    return Number(Object.values(Object(rows[0]))[0])
  } finally {
    await client.end().catch(() => {})
  }
}

const someSession = `(select pid from pg_catalog.pg_stat_activity
  where usename = current_user and backend_type = 'client backend' and pid <> pg_backend_pid()
  order by random() limit 1)`

function onOtherSessions(options: DisturbanceOptions, name: string): Promise<unknown> {
  return asking(options, `select ${name}(${someSession})`)
}

async function killBackend(options: DisturbanceOptions): Promise<void> {
  const pid = await asking(options, `select ${someSession}`)
  if (pid > 0) process.kill(pid, 'SIGKILL')
}

async function killPostmaster({ server }: DisturbanceOptions): Promise<void> {
  const pid = await server.postmaster()
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
}

/** More than may be let in, for a moment. */
async function manyClients({ server }: DisturbanceOptions): Promise<void> {
  const clients = Array.from({ length: 270 }, () => {
    const client = new pg.Client({ ...server.config, connectionTimeoutMillis: patience })
    client.on('error', () => {})
    return client
  })
  await Promise.allSettled(clients.map((client) => client.connect()))
  await Promise.allSettled(clients.map((client) => client.end()))
}
