/**
 * The server is killed at any moment of its life, and its PostgreSQL with it or not: the next start works, over the rows that
 * users had committed, and nothing is left of what was being fetched.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { processesWith } from './testing/running-processes.js'
import { temporaryHome } from './testing/temporary-home.js'
import { valuesOf } from './testing/with-client.js'

let home = ''
let sandbox: Sandbox
/** How long a start takes here and now, in milliseconds. */
let startTime = 1_000

beforeAll(async () => {
  await buildCommand()
  home = await temporaryHome('killed')
  sandbox = await startSandbox()
}, 120_000)
afterAll(async () => {
  await sandbox.stop()
  await rm(home, { recursive: true, force: true })
})

function start(): MillraceProcess {
  return new MillraceProcess([], {
    ...sandbox.environment,
    MILLRACE_HOME: home,
    MILLRACE_PORT: '0',
    MILLRACE_WATCH: 'false',
  })
}

/** @param withPostgres whether its PostgreSQL is killed too, which else lives on until the next start */
async function kill(millrace: MillraceProcess, withPostgres: boolean): Promise<void> {
  const text = await readFile(join(home, 'data/postmaster.pid'), 'utf8').catch(() => '')
  const postmaster = Number.parseInt(text, 10)
  await millrace.end('SIGKILL')
  if (!withPostgres || !(postmaster > 0)) return
  try {
    process.kill(postmaster, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

type Moment = (millrace: MillraceProcess, random: SeededRandom) => Promise<unknown>

/** Configurations whose tables differ, so that a start has to synchronise the catalog. */
async function configure(number: number): Promise<void> {
  const names = ['ipstack', 'one', 'two', 'three'].slice(0, 1 + (number % 4))
  const connections = Object.fromEntries(names.map((name) => [name, { plugin: 'ipstack' }]))
  await writeFile(join(home, 'config.json'), JSON.stringify({ connections }), { mode: 0o600 })
}

const moments: readonly (readonly [string, Moment])[] = [
  ['making its data folder', (_, random) => delay(random.below(1_500))],
  ['starting', (_, random) => delay(random.below(startTime))],
  ['starting, and synchronising another catalog', (_, random) => delay(random.below(startTime))],
  [
    'synchronising while it serves',
    async (millrace, random) => {
      await millrace.url()
      await configure(random.below(4))
      millrace.signal('SIGHUP')
      await delay(random.below(300))
    },
  ],
  [
    'fetching and staging',
    async (millrace, random) => {
      const url = await millrace.url()
      sandbox.faults.add({ kind: 'latency', milliseconds: 100 })
      for (const last of [1, 2, 3]) {
        const addresses = Array.from({ length: 200 }, (_, number) => `'54.${last}.0.${number}'`).join(', ')
        valuesOf(url, `select * from ipstack.ipstack_ip where ip in (${addresses})`).catch(() => {})
      }
      await delay(random.below(1_000))
      sandbox.faults.clear()
    },
  ],
  [
    'stopping',
    async (millrace, random) => {
      await millrace.url()
      millrace.signal('SIGTERM')
      await delay(random.below(400))
    },
  ],
]

const kept: number[] = []

it.each(
  [1, 2].flatMap((seed) => moments.map(([name, until], index) => ({ name, until, seed: 10 * index + seed }))),
)('killed while it is $name (seed $seed)', { timeout: 120_000 }, async ({ until, seed }) => {
  const random = new SeededRandom(seed)
  await configure(random.below(4))
  const killed = start()
  await until(killed, random)
  await kill(killed, random.below(2) === 0)
  const before = performance.now()
  const millrace = start()
  const url = await millrace.url()
  startTime = performance.now() - before
  await valuesOf(url, 'create table if not exists killed_kept (number int)')
  expect(await valuesOf(url, 'select number from killed_kept order by 1')).toEqual(kept)
  await valuesOf(url, `insert into killed_kept values (${seed})`)
  kept.push(seed)
  kept.sort((a, b) => a - b)
  expect(
    await valuesOf(
      url,
      `select relname from pg_class where relnamespace = 'pg_millrace_scan'::regnamespace and relkind = 'r'`,
    ),
  ).toEqual([])
  expect(await valuesOf(url, "select host(ip) from ipstack.ipstack_ip where ip = '107.23.186.42'")).toEqual([
    '107.23.186.42',
  ])
  const { code, stderr } = await millrace.end('SIGTERM')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(await processesWith(join(home, 'data'))).toEqual([])
})
