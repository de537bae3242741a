/** Drivers that read in parts, and sessions that last. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { queryMessage, RawClient } from './testing/raw-client.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let harness: TestGateway

beforeAll(async () => {
  harness = await startTestGateway()
})

afterAll(() => harness?.stop())

const events = "select name from event where trail = 't1' order by name"

test('postgres.js: cursors, pipelines, transactions, savepoints and errors among them', async () => {
  const sql = postgres(harness.url, { max: 2, onnotice: () => {} })
  onTestFinished(() => sql.end())
  const seen: unknown[] = []
  for await (const rows of sql`select name from event where trail = ${'t1'} order by name`.cursor(2)) {
    seen.push(rows.map(({ name }) => name))
  }
  expect(seen).toEqual([['a', 'b'], ['c']])

  const addresses = ['1.1.1.1', '2.2.2.2', '3.3.3.3']
  const many = await Promise.all(
    Array.from({ length: 30 }, (_, i) => sql`select city from place where ip = ${addresses[i % 3] ?? ''}`),
  )
  expect(many.map(([row]) => row?.city)).toEqual(
    Array.from({ length: 30 }, (_, i) => `city of ${addresses[i % 3]}`),
  )

  const counted = await sql.begin(async (transaction) => {
    await transaction`create temp table seen on commit drop as select name from event where trail = 't1'`
    await transaction
      .savepoint((inner) => inner`select city from place`)
      .catch((error: unknown) => expect(error).toBeInstanceOf(postgres.PostgresError))
    return transaction`select count(*)::int as n from seen join event using (name) where trail = 't1'`
  })
  expect(counted).toEqual([{ n: 3 }])
})

test('pg: a limit of rows for each Execute', async () => {
  const client = await harness.connect()
  // As pg-cursor does it: Execute with a number of rows, over and over.
  const { rows } = await client.query({ text: events, values: [], rows: 2 } as pg.QueryConfig)
  expect(rows).toEqual([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
})

test('pg: a pool whose clients all ask at once', async () => {
  const pool = new pg.Pool({ ...harness.config, max: 8 })
  onTestFinished(() => pool.end())
  const results = await Promise.all(
    Array.from({ length: 100 }, () =>
      pool.query('select name from event where trail = $1 order by 1', ['t1']),
    ),
  )
  for (const { rows } of results) expect(rows).toHaveLength(3)
})

test('a session of many small queries takes no more memory', async () => {
  const raw = await RawClient.connect(harness.config)
  onTestFinished(() => raw.close())
  const batch = Buffer.concat(Array.from({ length: 1000 }, (_, i) => queryMessage(`select ${i}`)))
  const askThousands = async (thousands: number) => {
    for (let i = 0; i < thousands; i++) {
      raw.send(batch)
      for (let answered = 0; answered < 1000; answered++) await raw.until('Z')
    }
  }
  setFlagsFromString('--expose-gc')
  const collectGarbage: unknown = runInNewContext('gc')
  const heap = () => {
    if (typeof collectGarbage === 'function') collectGarbage()
    return process.memoryUsage().heapUsed
  }
  await askThousands(20)
  const before = heap()
  await askThousands(80)
  // A hundred bytes kept for each query would be 8 MB.
  const grown = heap() - before
  expect(grown).toBeLessThan(8 << 20)
}, 60_000)
