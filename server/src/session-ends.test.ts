/** What ends a session, or makes it forget, as PostgreSQL does it. */
import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { describe as describeMessage, queryMessage, RawClient } from './testing/raw-client.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let harness: TestGateway

beforeAll(async () => {
  harness = await startTestGateway()
})

afterAll(() => harness?.stop())

/** A client, and the error that ends its session. */
async function connect(): Promise<{ client: pg.Client; end: Promise<unknown> }> {
  const client = new pg.Client(harness.config)
  const end = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  onTestFinished(() => client.end())
  return { client, end }
}

const scan = "select city from place where ip = '1.1.1.1'"

/** What a session may do before it idles; `timeout` holds as soon as that has been done. */
const pasts: readonly (readonly [string, (client: pg.Client, timeout: string) => Promise<unknown>])[] = [
  ['a statement', (client, timeout) => client.query(`select ${timeout} from place where ip = '1.1.1.1'`)],
  [
    'a statement after others',
    async (client, timeout) => {
      await client.query(scan)
      await client.query(`${scan}; select ${timeout}`)
    },
  ],
  [
    'a statement with parameters',
    (client, timeout) =>
      client.query({ text: `select ${timeout} from place where ip = $1`, values: ['1.1.1.1'] }),
  ],
  [
    'a prepared statement that is repeated',
    async (client, timeout) => {
      await client.query({ name: 'a', text: 'select city from place where ip = $1', values: ['1.1.1.1'] })
      await client.query({ name: 'a', text: 'select city from place where ip = $1', values: ['1.1.1.1'] })
      await client.query(`select ${timeout}`)
    },
  ],
  ['EXPLAIN', async (client, timeout) => client.query(`select ${timeout}; explain ${scan}`)],
]

/** Statements that fail take back what they have set. */
const failures: readonly (readonly [string, string])[] = [
  ['asks no API', 'select city from place'],
  ['fails in PostgreSQL', "select 1 / (ip - ip) from place where ip = '1.1.1.1'"],
  ['fails in PostgreSQL after another', `${scan}; select 1 / (ip - ip) from place where ip = '1.1.1.1'`],
]

const setting = (name: string) => `set_config('${name}', '1ms', false)`

describe('idle_session_timeout ends the session', () => {
  test.each(pasts)('after %s', async (_, past) => {
    const { client, end } = await connect()
    await past(client, setting('idle_session_timeout'))
    expect(await end).toMatchObject({ code: '57P05' })
  })

  test.each(failures)('after a statement that %s', async (_, statement) => {
    const { client, end } = await connect()
    await client.query("set idle_session_timeout = '1s'")
    await expect(client.query(statement)).rejects.toThrow()
    expect(await end).toMatchObject({ code: '57P05' })
  })
})

describe('idle_in_transaction_session_timeout ends the session', () => {
  test.each(pasts)('after %s', async (_, past) => {
    const { client, end } = await connect()
    await client.query('begin')
    await past(client, setting('idle_in_transaction_session_timeout'))
    expect(await end).toMatchObject({ code: '25P03' })
  })

  test.each(failures)('after a statement that %s', async (_, statement) => {
    const { client, end } = await connect()
    await client.query("set idle_in_transaction_session_timeout = '1s'")
    await client.query('begin')
    await expect(client.query(statement)).rejects.toThrow()
    expect(await end).toMatchObject({ code: '25P03' })
  })
})

describe('a message of a type that is none', () => {
  test.each([
    ['whole', Buffer.from([0x7a, 0, 0, 0, 4])],
    ['long', Buffer.from([0x7a, 0x7f, 0xff, 0xff, 0xff])],
    ['of which more is to come', Buffer.from([0x7a, 0, 0, 0, 99])],
    ['of which no length has come', Buffer.from([0x7a])],
    ['of another protocol', Buffer.from('zGET / HTTP/1.1\r\n')],
    ['with a length that is none', Buffer.from([0x7a, 0, 0, 0, 1])],
  ])('ends the session with a word: %s', async (_, bytes) => {
    const client = await RawClient.connect(harness.config)
    onTestFinished(() => client.close())
    client.send(bytes)
    const messages = await client.untilEnd()
    expect(messages.map(describeMessage)).toEqual(['E {"C":"08P01","M":"invalid frontend message type 122"}'])
    expect(messages[0]?.bytes.toString()).toContain('FATAL')
  })

  test('is told after the answers to what came before', async () => {
    const client = await RawClient.connect(harness.config)
    onTestFinished(() => client.close())
    client.send(queryMessage(scan), Buffer.from([0x7a, 0, 0, 0, 4]))
    const types = (await client.untilEnd()).map(({ type }) => type).join('')
    expect(types).toBe('TDCZE')
  })
})

test('version() is the one that drivers read, and millrace.version() tells ours besides', async () => {
  const { client } = await connect()
  const { rows } = await client.query('select version(), millrace.version() as own')
  expect(rows[0].version).toMatch(isDebian ? /^PostgreSQL \d+\./ : /^PostgreSQL 18\./)
  expect(rows[0].own).toBe(`Millrace 0.1.0 over ${rows[0].version}`)
})

describe('DISCARD ALL', () => {
  test.each([
    ['as text', 'discard all'],
    ['with comments', 'DISCARD /* all */ ALL;'],
    ['by the extended protocol', { text: 'discard all', values: [], queryMode: 'extended' }],
  ])('forgets what the session has asked of APIs: %s', async (_, discard) => {
    const { client } = await connect()
    await client.query(scan)
    expect((await client.query('select 1 from millrace.scan')).rowCount).toBe(1)
    await client.query(discard)
    expect((await client.query('select 1 from millrace.scan')).rowCount).toBe(0)
    expect((await client.query('select 1 from millrace.scan_summary')).rowCount).toBe(0)
  })

  test('that fails forgets nothing', async () => {
    const { client } = await connect()
    await client.query(scan)
    await client.query('begin')
    await expect(client.query('discard all')).rejects.toMatchObject({ code: '25001' })
    await client.query('rollback')
    expect((await client.query('select 1 from millrace.scan')).rowCount).toBe(1)
  })
})
