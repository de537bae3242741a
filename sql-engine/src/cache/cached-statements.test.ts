/** Statements that are answered from rows fetched for earlier ones. */
import { bigint, text } from '@millrace/plugin-sdk/column'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Engine } from '../engine.js'
import { startTestPostgres, type TestPostgres } from '../postgres/testing.js'
import { ClientSession } from '../testing/client-session.js'
import { countingPlugin } from '../testing/counting-plugin.js'

const rows = [1n, 2n, 3n, 4n].map((size) => ({ trail: size < 3n ? 't1' : 't2', size, name: `n${size}` }))

const { plugin, calls } = countingPlugin({
  event: {
    columns: { trail: text('Trail'), size: bigint('Size'), name: text('Name') },
    keys: {
      trail: { operators: ['='], require: 'required' },
      size: { operators: ['=', '<', '>'], inherent: true },
    },
    rows,
  },
})

let postgres: TestPostgres
let engine: Engine
let session: ClientSession

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres?.stop())

beforeEach(async () => {
  engine = await Engine.start({
    postgres,
    connections: [{ name: 'counting', plugin, settings: {} }],
    environment: {},
    log: pino({ level: 'silent' }),
    cache: { ttl: 60_000, maxBytes: 1_000_000 },
  })
  session = await ClientSession.open({ ...postgres.engineConfig, user: 'millrace' }, engine)
  calls.length = 0
  return async () => {
    await session.close()
    await engine.stop()
  }
})

const namesOf = async (condition: string) =>
  (await session.query(`select name from event where ${condition} order by 1`)).map(({ name }) => name)

test('the same and narrower conditions make no call', async () => {
  expect(await namesOf(`trail in ('t1', 't2')`)).toEqual(['n1', 'n2', 'n3', 'n4'])
  expect(calls).toHaveLength(1)
  expect(await namesOf(`trail in ('t2', 't1')`)).toEqual(['n1', 'n2', 'n3', 'n4'])
  expect(await namesOf(`trail = 't2'`)).toEqual(['n3', 'n4'])
  expect(await namesOf(`trail = 't2' and name like '%3'`)).toEqual(['n3'])
  expect(calls).toHaveLength(1)
  // The column was not among those that were filled.
  expect(await namesOf(`trail = 't2' and size > 3`)).toEqual(['n4'])
  expect(calls).toHaveLength(2)
  expect(await namesOf(`trail = 't2' and size = 4`)).toEqual(['n4'])
  expect(calls).toHaveLength(2)
  expect(await namesOf(`trail = 't2' and size > 2`)).toEqual(['n3', 'n4'])
  expect(calls).toHaveLength(3)
})

test('sessions share what is kept', async () => {
  const other = await ClientSession.open({ ...postgres.engineConfig, user: 'millrace' }, engine)
  const statement = `select name from event where trail = 't1'`
  await Promise.all([session.query(statement), other.query(statement)])
  await other.query(statement)
  expect(calls).toHaveLength(1)
  await other.close()
})

test('a session chooses for itself how old rows may be', async () => {
  await namesOf(`trail = 't1'`)
  await session.query('set millrace.cache_ttl = 0')
  expect(await namesOf(`trail = 't1'`)).toEqual(['n1', 'n2'])
  expect(calls).toHaveLength(2)
  await session.query('reset millrace.cache_ttl')
  await namesOf(`trail = 't1'`)
  expect(calls).toHaveLength(2)
  await session.query(`set millrace.cache_ttl = 'an hour'`)
  await expect(namesOf(`trail = 't1'`)).rejects.toMatchObject({
    sqlState: '22023',
    message: 'invalid value for parameter "millrace.cache_ttl": "an hour"',
  })
  await session.query('reset millrace.cache_ttl')
})

test('what is kept is dropped with the engine, and when its rows are gone', async () => {
  const scanTables = async () =>
    Number(
      (await session.query(`select count(*) from pg_tables where schemaname = 'millrace_scan'`))[0]?.count,
    )
  await namesOf(`trail = 't1'`)
  expect(await scanTables()).toBe(1)
  engine.forgetRows()
  while ((await scanTables()) > 0) {}
  await namesOf(`trail = 't1'`)
  expect(calls).toHaveLength(2)
})
