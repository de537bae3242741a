/** What is told of clients' statements, whatever protocol they come by, and however many at once. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { EndedStatement } from './session/statement-watch.js'
import { copyData, copyDone } from './testing/copy-messages.js'
import { queryMessage, RawClient } from './testing/raw-client.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'
import { bindMessage, bindRest, executeMessage, parseMessage, syncMessage } from './wire/frontend-messages.js'

let harness: TestGateway
let ended: EndedStatement[] = []

beforeAll(async () => {
  const statementObserver = { wantsTexts: true, ended: (one: EndedStatement) => ended.push(one) }
  harness = await startTestGateway({ statementObserver })
})
beforeEach(() => {
  ended = []
})
afterAll(() => harness.stop())

/** What a statement was and what came of it, without times. */
const told = () => ended.map(({ text, rows, calls, sqlState }) => [text, rows, calls, sqlState])

/** The messages of one statement with no parameters. */
const extended = (text: string) => [
  parseMessage('', text, []),
  bindMessage('', '', bindRest(undefined)),
  executeMessage(''),
]

async function raw(): Promise<RawClient> {
  const client = await RawClient.connect(harness.config)
  ended = []
  return client
}

test('statements of a pipeline are told one by one, and not those that an error skips', async () => {
  const client = await raw()
  client.send(...extended('select 1'), ...extended('select 1/0'), ...extended('select 2'), syncMessage)
  client.send(...extended('select generate_series(1, 3)'), syncMessage, queryMessage('select 4; select 5'))
  for (let ready = 0; ready < 3; ready++) await client.until('Z')
  expect(told()).toEqual([
    ['select 1', 1, 0, undefined],
    ['select 1/0', 0, 0, '22012'],
    ['select generate_series(1, 3)', 3, 0, undefined],
    ['select 4; select 5', 2, 0, undefined],
  ])
  client.socket.destroy()
})

test('a Parse and a Bind that fail are told once each', async () => {
  const client = await raw()
  client.send(parseMessage('', 'selec', []), syncMessage)
  await client.until('Z')
  client.send(...extended('select city from place'), syncMessage)
  await client.until('Z')
  client.send(...extended('select 1'), syncMessage)
  await client.until('Z')
  expect(told()).toEqual([
    ['selec', 0, 0, '42601'],
    ['select city from place', 0, 0, expect.stringMatching(/^HV/)],
    ['select 1', 1, 0, undefined],
  ])
  client.socket.destroy()
})

test('a COPY of either protocol is one statement, also where a Sync comes before its data', async () => {
  const client = await raw()
  client.send(queryMessage('create temp table copied (a int)'))
  await client.until('Z')
  client.send(queryMessage('copy copied from stdin'))
  await client.until('G')
  client.send(copyData('1\n2\n'), copyDone)
  await client.until('Z')
  client.send(...extended('copy copied from stdin'), syncMessage)
  await client.until('G')
  client.send(copyData('3\n'), copyDone, syncMessage)
  await client.until('Z')
  client.send(queryMessage('select 1'))
  await client.until('Z')
  expect(told().slice(1)).toEqual([
    ['copy copied from stdin', 2, 0, undefined],
    ['copy copied from stdin', 1, 0, undefined],
    ['select 1', 1, 0, undefined],
  ])
  client.socket.destroy()
})

test('what virtual tables ask counts for the statement, with the time that it takes', async () => {
  const client = await raw()
  const held = harness.holdCall()
  client.send(queryMessage("select city from place where ip = '1.1.1.1'"))
  await held.then((call) => call.answer())
  await client.until('Z')
  client.send(...extended("select city from place where ip in ('2.2.2.2', '3.3.3.3')"), syncMessage)
  await client.until('Z')
  expect(told()).toEqual([
    ["select city from place where ip = '1.1.1.1'", 1, 1, undefined],
    ["select city from place where ip in ('2.2.2.2', '3.3.3.3')", 2, 2, undefined],
  ])
  for (const { milliseconds, stagingMilliseconds, user } of ended) {
    expect(stagingMilliseconds).toBeGreaterThan(0)
    expect(milliseconds).toBeGreaterThanOrEqual(stagingMilliseconds)
    expect(user).toBe('millrace')
  }
  client.socket.destroy()
})

test('one that its connection does not outlive is told as failed; PostgreSQL asking by itself is not', async () => {
  const client = await harness.connect()
  await client.query(
    'create function cities() returns bigint language plpgsql as $$ begin return (select count(*) from counting.kind); end $$',
  )
  ended = []
  await client.query('select cities()')
  expect(told()).toEqual([['select cities()', 1, 0, undefined]])
  ended = []
  const failing = client
    .query('select pg_terminate_backend(pg_backend_pid())')
    .catch((error: unknown) => error)
  expect(await failing).toMatchObject({ code: '57P01' })
  // The client may hear of it first.
  await expect.poll(told).toEqual([['select pg_terminate_backend(pg_backend_pid())', 0, 0, '57P01']])
})
