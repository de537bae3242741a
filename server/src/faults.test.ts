/** What may go wrong with many clients, slow ones, or PostgreSQL itself: nothing hangs, and nothing is left over. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { describe as describeMessage, queryMessage, RawClient } from './testing/raw-client.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'
import {
  bindMessage,
  bindRest,
  cancelPacket,
  executeMessage,
  parseMessage,
  syncMessage,
} from './wire/frontend-messages.js'

let harness: TestGateway
/** Straight to PostgreSQL. */
let watcher: pg.Client

beforeAll(async () => {
  harness = await startTestGateway()
  watcher = await harness.connectStraight()
})

afterAll(() => harness?.stop())

async function open(): Promise<RawClient> {
  const raw = await RawClient.connect(harness.config)
  onTestFinished(() => raw.close())
  return raw
}

const city = (ip: string) => `select city from place where ip = '${ip}'`
const extended = (text: string) => [
  parseMessage('', text, []),
  bindMessage('', '', bindRest(undefined)),
  executeMessage(''),
  syncMessage,
]

async function until(text: string): Promise<void> {
  while ((await watcher.query(text)).rowCount === 0) await setTimeout(5)
}

const noScanTables = () =>
  `select where not exists (select from pg_class where relnamespace = '${harness.postgres.names.scanSchema}'::regnamespace and relkind = 'r')`

test.each([
  ['an ordinary table', `select repeat('z', 1000) from generate_series(1, 300000)`],
  [
    'a virtual table',
    `select city, repeat('z', 1000) from place, generate_series(1, 300000) where ip = '1.1.1.1'`,
  ],
])('a client that stops reading 300 MB of %s holds a few of them', async (_, text) => {
  for (const messages of [[queryMessage(text)], extended(text)]) {
    const raw = await RawClient.connect(harness.config)
    const before = process.memoryUsage().arrayBuffers
    raw.socket.pause()
    raw.send(...messages)
    await until(`select from pg_stat_activity where pid = ${raw.processId} and wait_event = 'ClientWrite'`)
    // Whatever still flows is in the buffers by then.
    for (let times = 0; times < 20; times++) await watcher.query('select 1')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20)
    raw.close()
    await until(`select where not exists (select from pg_stat_activity where pid = ${raw.processId})`)
  }
  await until(noScanTables())
})

/** Closes a client's socket in the middle of a call; resolves when nothing is left of its statement. */
async function vanishes(raw: RawClient, held: Promise<{ readonly signal: AbortSignal }>): Promise<void> {
  const { signal } = await held
  const aborted = once(signal, 'abort')
  raw.close()
  await aborted
  await until(`select where not exists (select from pg_stat_activity where pid = ${raw.processId})`)
  await until(noScanTables())
}

test('a client that vanishes frees its calls, its backend and its scan tables', async () => {
  const raw = await open()
  raw.send(queryMessage('begin'), queryMessage(city('1.1.1.1')))
  await raw.until('Z')
  await raw.until('Z')
  expect((await watcher.query(noScanTables())).rowCount).toBe(0)
  const held = harness.holdCall()
  raw.send(queryMessage(city('2.2.2.2')))
  await vanishes(raw, held)
})

test('a client that vanishes frees the calls of a function that it has called, too', async () => {
  await watcher.query(`create or replace function city_of_two() returns text language plpgsql
    as $$ begin return (${city('2.2.2.2')}); end $$`)
  const raw = await open()
  const held = harness.holdCall()
  raw.send(queryMessage('select city_of_two()'))
  await vanishes(raw, held)
})

test('a backend that is killed ends all sessions with an error that says so; others can come', async () => {
  const other = await startTestGateway()
  onTestFinished(() => other.stop())
  const [idle, fetching, running] = await Promise.all([0, 1, 2].map(() => RawClient.connect(other.config)))
  if (idle === undefined || fetching === undefined || running === undefined) throw new Error('no clients')
  const held = other.holdCall()
  fetching.send(queryMessage(city('1.1.1.1')))
  const { signal } = await held
  const aborted = once(signal, 'abort')
  running.send(queryMessage('select pg_sleep(60)'))
  process.kill(idle.processId, 'SIGKILL')
  for (const client of [idle, fetching, running]) {
    const said = (await client.untilEnd()).filter(({ type }) => 'EN'.includes(type)).map(describeMessage)
    expect(said.join(), 'an error that tells the client to connect again').toMatch(/"C":"(57P0[123]|08006)"/)
  }
  await aborted
  const next = new pg.Client(other.config)
  await next.connect()
  expect((await next.query(city('3.3.3.3'))).rows).toEqual([{ city: 'city of 3.3.3.3' }])
  await next.end()
})

test.runIf(process.platform === 'linux')(
  'a backend that gets no more memory says so (53200), and its session goes on',
  async () => {
    const client = await harness.connect()
    const { rows } = await client.query('select pg_backend_pid() as pid')
    const pid = Number(rows[0].pid)
    const pages = Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[0])
    // Its own account may do that, whose it is.
    const { uid, gid } = await stat(`/proc/${pid}`)
    const limit = `--as=${pages * 4096 + (32 << 20)}:`
    await promisify(execFile)('prlimit', ['--pid', String(pid), limit], { uid, gid, cwd: '/' })
    const hungry =
      "select length(string_agg(repeat('z', 1000), city)) from place, generate_series(1, 200000) where ip = '1.1.1.1'"
    await expect(client.query(hungry)).rejects.toMatchObject({ code: '53200', message: 'out of memory' })
    expect((await client.query(city('1.1.1.1'))).rows).toEqual([{ city: 'city of 1.1.1.1' }])
    await client.end()
  },
)

test('200 sessions at once: all are open, all ask, all get their own answers', async () => {
  const clients = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const client = new pg.Client(harness.config)
      client.on('error', () => {})
      await client.connect()
      return client
    }),
  )
  const { rows: connected } = await watcher.query(
    "select count(*)::int as n from pg_stat_activity where usename = 'millrace' and pid <> pg_backend_pid()",
  )
  expect(connected[0].n).toBeGreaterThanOrEqual(200)
  const answers = await Promise.all(
    clients.map(async (client, number) => {
      const ip = `${(number % 3) + 1}`.repeat(4).split('').join('.')
      const { rows } = await client.query('select city, $2::int as n from place where ip = $1', [ip, number])
      return { rows, expected: [{ city: `city of ${ip}`, n: number }] }
    }),
  )
  for (const { rows, expected } of answers) expect(rows).toEqual(expected)
  await Promise.all(clients.map((client) => client.end()))
  await until(noScanTables())
}, 120_000)

test('cancel requests at any moment end a statement or nothing, and never the next one', async () => {
  const random = new SeededRandom(20_261_125)
  const raw = await open()
  const key = Buffer.alloc(8)
  key.writeInt32BE(raw.processId)
  key.writeInt32BE(raw.secretKey, 4)
  const cancel = async () => {
    const socket = connect(harness.gateway.port, '127.0.0.1')
    socket.resume()
    socket.write(cancelPacket(key))
    await once(socket, 'close')
  }
  const texts = [
    city('1.1.1.1'),
    'select pg_sleep(0.02)',
    "select e.name, p.city from event e join place p on p.ip = e.address::inet where e.trail = 't2'",
    'select count(*) from generate_series(1, 20000)',
  ] as const
  const ends = { canceled: 0, done: 0 }
  for (let round = 0; round < 100; round++) {
    const text = random.pick(texts)
    raw.send(...(random.below(2) === 0 ? [queryMessage(text)] : extended(text)))
    for (let turns = random.below(30); turns > 0; turns--) await setImmediate()
    const canceled = cancel()
    const errors = (await raw.until('Z')).filter(({ type }) => type === 'E').map(describeMessage)
    await canceled
    if (errors.length === 0) ends.done++
    else {
      expect(errors).toEqual([expect.stringContaining('"C":"57014"')])
      ends.canceled++
    }
    raw.send(queryMessage(city('3.3.3.3')))
    expect((await raw.until('Z')).map(({ type }) => type).join(''), `round ${round}`).toBe('TDCZ')
  }
  expect(ends.canceled).toBeGreaterThan(0)
}, 120_000)
