/** PostgreSQL is killed at any moment of a statement: the client hears why, nothing is lost, and the next one is answered. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let harness: TestGateway

beforeAll(async () => {
  harness = await startTestGateway({ cache: { ttl: 0, maxBytes: 1 << 20 } })
})

afterAll(() => harness?.stop())

/** What a session may be told when PostgreSQL dies: it was ended, none can be made now, or the connection was lost. */
const told = /^(?:57P0[123]|08006)$/

const statements = [
  "select city from place where ip in ('1.1.1.1', '2.2.2.2')",
  "select e.name, p.city from event e join place p on p.ip = e.address::inet where e.trail = 't2'",
  "select count(*) from kind, generate_series(1, 1000) where name = 'small'",
  'select killed_city()',
] as const

async function connect(): Promise<pg.Client> {
  const client = new pg.Client(harness.config)
  client.on('error', () => {})
  await client.connect()
  return client
}

async function withClient<Result>(
  work: (client: pg.Client) => Promise<Result>,
  client?: pg.Client,
): Promise<Result> {
  client ??= await connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(join(harness.postgres.home, 'data/postmaster.pid'), 'utf8'), 10)
}

/** A client's own process of PostgreSQL, or one of a kind. */
async function processOf(whose: pg.Client | 'checkpointer'): Promise<number> {
  const { rows } =
    whose === 'checkpointer'
      ? await withClient(
          (client) => client.query('select pid from pg_stat_activity where backend_type = $1', [whose]),
          await harness.connectStraight(),
        )
      : await whose.query('select pg_backend_pid() as pid')
  const pid = Number(rows[0].pid)
  // 0 would be all processes of the tests.
  expect(pid).toBeGreaterThan(0)
  return pid
}

function codeOf(error: unknown): string {
  const { code, message } = Object(error)
  return typeof code === 'string' ? code : String(message)
}

test('whatever the statement and the moment', { timeout: 240_000 }, async () => {
  await withClient((client) =>
    client.query(`create table killed_kept (number int);
      create function killed_city() returns text language plpgsql
        as $$ begin return (select city from place where ip = '3.3.3.3'); end $$`),
  )
  const right = new Map<string, readonly unknown[]>()
  for (const text of statements) {
    right.set(text, (await withClient((client) => client.query(text))).rows)
  }
  const committed: number[] = []
  const outcomes = { answered: 0, told: 0 }
  for (let seed = 1; seed <= 12; seed++) {
    const random = new SeededRandom(seed)
    const text = random.pick(statements)
    const client = await connect()
    await client.query('begin')
    await client.query('insert into killed_kept values ($1)', [seed])
    if (random.below(2) === 0) {
      await client.query('commit')
      committed.push(seed)
    }
    const victim = random.pick([
      await postmasterPid(),
      await processOf(client),
      await processOf('checkpointer'),
    ])
    const crash = harness.crash()
    const asking = client.query(text).then(
      ({ rows }) => {
        expect(rows).toEqual(right.get(text))
        outcomes.answered++
      },
      (error: unknown) => {
        expect(codeOf(error), `seed ${seed}: ${text}: ${error}`).toMatch(told)
        outcomes.told++
      },
    )
    for (let turns = random.below(60); turns > 0; turns--) await setImmediate()
    process.kill(victim, 'SIGKILL')
    await asking
    await crash
    await client.end().catch(() => {})
    const next = await withClient(async (another) => {
      const { rows: kept } = await another.query('select number from killed_kept order by 1')
      expect(
        kept.map(({ number }) => number),
        `seed ${seed}`,
      ).toEqual(committed)
      return (await another.query(text)).rows
    })
    expect(next, `seed ${seed}: ${text}`).toEqual(right.get(text))
  }
  expect(outcomes.told).toBeGreaterThan(0)
  const noScanTables = `select where not exists (
    select from pg_class where relnamespace = 'pg_millrace_scan'::regnamespace and relkind = 'r')`
  const watcher = await harness.connectStraight()
  while ((await watcher.query(noScanTables)).rowCount === 0) await setTimeout(5)
})
