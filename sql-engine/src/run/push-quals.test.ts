/** Values of keys that come from rows: no more of them are taken than a scan may be asked for. */
import { bigint, inet, text } from '@millrace/plugin-sdk'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Engine } from '../engine.js'
import type { Session } from '../statement.js'
import { countingPlugin } from '../testing/counting-plugin.js'
import { runAsText } from '../testing/run-prepared.js'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.js'

const { plugin, calls } = countingPlugin({
  place: {
    columns: { ip: inet('Address'), city: text('City') },
    keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 2 } },
    rows: [{ ip: '1.0.0.5', city: 'c5' }],
  },
  event: {
    columns: { id: bigint('Id'), name: text('Name') },
    keys: { id: { operators: ['='], inherent: true } },
    rows: [1n, 2n, 5000n].map((id) => ({ id, name: `n${id}` })),
  },
})

let postgres: TestPostgres
let engine: Engine
let client: pg.Client
/** The most rows that one of the engine's questions was answered with. */
let mostRows = 0

beforeAll(async () => {
  postgres = await startTestPostgres()
  const log = pino({ level: 'silent' })
  const connections = [{ name: 'counting', plugin, settings: {} }]
  engine = await Engine.start({ postgres, connections, environment: {}, log, quotas: { keys: 10 } })
  client = new pg.Client({ ...postgres.engineConfig, user: 'millrace', options: '' })
  await client.connect()
  await client.query(`create temp table many as
    select n as id, '1.0.0.0'::inet + n as ip from generate_series(1, 1000) n union all select null, null`)
})
afterAll(async () => {
  await client?.end()
  await engine?.stop()
  await postgres?.stop()
})
beforeEach(() => {
  mostRows = 0
  calls.length = 0
})

async function rowsOf(statementText: string) {
  await engine.analysable(() => statementText)
  const [statement] = engine.analyse(statementText) ?? []
  if (statement === undefined) throw new Error('no virtual table is named')
  const session: Session = {
    processId: 0,
    loopbackFor: undefined,
    query: async (asked) => {
      const result = await runAsText(client, asked)
      mostRows = Math.max(mostRows, result.rows.length)
      return result
    },
  }
  const { signal } = new AbortController()
  const prepared = await engine.stage(statement, session, { signal, notice: () => {} })
  const { rows } = await client.query(prepared.text)
  prepared.release()
  return rows
}

test('too many of a key that the API needs are counted by PostgreSQL alone', async () => {
  await expect(rowsOf('select city from many join place using (ip)')).rejects.toMatchObject({
    sqlState: '53400',
    message: 'table "place" would have to be asked for 1000 keys',
  })
  expect(mostRows).toBe(12)
  expect(calls).toEqual([])
})

test('as many as it may be asked for are, beside a NULL', async () => {
  const few = '(select ip from many where id <= 10 or id is null) few'
  expect(await rowsOf(`select city from ${few} join place using (ip)`)).toEqual([{ city: 'c5' }])
  expect(calls).toHaveLength(5)
})

test('too many of a key that the API can do without are not pushed', async () => {
  expect(await rowsOf('select name from event where id in (select id from many)')).toEqual([
    { name: 'n1' },
    { name: 'n2' },
  ])
  expect(mostRows).toBe(12)
  expect(calls.map(({ quals }) => quals)).toEqual([[]])
})
