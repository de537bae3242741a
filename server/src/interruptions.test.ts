/** What comes between: cancelling, time limits, notices and notifications, the end of PostgreSQL's or the client's side. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { describe as describeMessage, queryMessage, RawClient } from './testing/raw-client.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'
import {
  bindMessage,
  bindRest,
  cancelPacket,
  executeMessage,
  flushMessage,
  parseMessage,
  syncMessage,
} from './wire/frontend-messages.js'

let harness: TestGateway
let watcher: pg.Client
/** Holds a lock; within its transaction, it would see the sessions as they were at first. */
let locker: pg.Client

beforeAll(async () => {
  harness = await startTestGateway()
  watcher = await harness.connectStraight()
  locker = await harness.connectStraight()
  await watcher.query(`
    create table public.locked (ip inet);
    grant select on public.locked to public;
    create function public.slow(text, seconds float) returns inet stable language plpgsql
      as $$ begin perform pg_sleep(seconds); return $1::inet; end $$`)
})

afterAll(() => harness?.stop())

beforeEach(() => {
  harness.calls.length = 0
})

const city = (ip: string) => `select city from place where ip = '${ip}'`
const types = (messages: readonly { readonly type: string }[]) => messages.map(({ type }) => type).join('')

async function open(): Promise<RawClient> {
  const raw = await RawClient.connect(harness.config)
  onTestFinished(() => raw.close())
  return raw
}

/** Sends a cancel request; resolves when the gateway has closed its connection. */
async function cancel({ processId, secretKey }: RawClient): Promise<void> {
  const socket = connect(harness.gateway.port, '127.0.0.1')
  socket.resume()
  const key = Buffer.alloc(8)
  key.writeInt32BE(processId)
  key.writeInt32BE(secretKey, 4)
  socket.write(cancelPacket(key))
  await once(socket, 'close')
}

/** The statement's messages, by both protocols. */
const both = [
  ['simple', (text: string) => [queryMessage(text)]],
  [
    'extended',
    (text: string) => [
      parseMessage('', text, []),
      bindMessage('', '', bindRest(undefined)),
      executeMessage(''),
      syncMessage,
    ],
  ],
] as const

describe.each(both)('by the %s protocol:', (protocol, messages) => {
  test('two cancel requests at once end one statement, and nothing that comes after', async () => {
    const raw = await open()
    for (let round = 0; round < 5; round++) {
      const held = harness.holdCall()
      raw.send(...messages(city('1.1.1.1')))
      await held
      await Promise.all([cancel(raw), cancel(raw)])
      raw.send(...messages(city('2.2.2.2')))
      const canceled = (await raw.until('Z')).map(describeMessage)
      expect(canceled.filter((line) => line.startsWith('E'))).toEqual([
        expect.stringContaining('"C":"57014"'),
      ])
      expect((await raw.until('Z')).map(describeMessage)).toContainEqual(
        expect.stringContaining('city of 2.2.2.2'),
      )
    }
  })

  test('a cancel request ends a key query of the engine', async () => {
    const raw = await open()
    raw.send(...messages("select city from place where ip = slow('1.1.1.1', 60)"))
    const isAsleep = `select from pg_stat_activity where pid = ${raw.processId} and wait_event = 'PgSleep'`
    while ((await watcher.query(isAsleep)).rowCount === 0) {}
    await cancel(raw)
    expect((await raw.until('Z')).map(describeMessage).join()).toContain('"C":"57014"')
    raw.send(...messages(city('1.1.1.1')))
    expect((await raw.until('Z')).map(describeMessage).join()).toContain('city of 1.1.1.1')
  })

  test('statement_timeout counts while an API is asked', async () => {
    const raw = await open()
    raw.send(queryMessage("set statement_timeout = '100ms'"))
    await raw.until('Z')
    const held = harness.holdCall()
    raw.send(...messages(city('1.1.1.1')))
    const { signal } = await held
    const lines = (await raw.until('Z')).map(describeMessage)
    expect(lines.join()).toContain('"C":"57014","M":"canceling statement due to statement timeout"')
    expect(signal.aborted).toBe(true)
    raw.send(queryMessage('reset statement_timeout'), ...messages(city('1.1.1.1')))
    await raw.until('Z')
    expect((await raw.until('Z')).map(describeMessage).join()).toContain('city of 1.1.1.1')
  })

  test.each([
    ['an analysis that fails', 'select nonsense from place', () => {}],
    ['a key that is missing', 'select city from place', () => {}],
    [
      'a key query that fails',
      "select city from place where ip = ('x' || 1 / length(repeat('y', 0)))::inet",
      () => {},
    ],
    ['an API that fails', city('1.1.1.1'), 'fail'],
    ['a result that fails', `${city('1.1.1.1')} and city::int = 1`, () => {}],
  ] as const)('ReadyForQuery tells the transaction after %s', async (_, text, failure) => {
    const raw = await open()
    const run = async () => {
      const held = failure === 'fail' ? harness.holdCall() : undefined
      raw.send(...messages(text))
      ;(await held)?.fail(new Error('the API is down'))
      return (await raw.until('Z')).map(describeMessage)
    }
    const outside = await run()
    expect(outside.filter((line) => line.startsWith('E'))).toHaveLength(1)
    expect(outside.at(-1)).toBe('Z "I"')
    raw.send(queryMessage('begin'))
    await raw.until('Z')
    expect((await run()).at(-1)).toBe('Z "E"')
    raw.send(queryMessage('select 1'))
    expect((await raw.until('Z')).map(describeMessage)[0]).toContain('"C":"25P02"')
    raw.send(queryMessage('rollback'))
    expect((await raw.until('Z')).map(describeMessage).at(-1)).toBe('Z "I"')
    raw.send(...messages(city('3.3.3.3')))
    expect((await raw.until('Z')).map(describeMessage).join()).toContain('city of 3.3.3.3')
  })

  describe.each(['the client', 'PostgreSQL'] as const)('%s goes in the midst of', (who) => {
    const end = async (raw: RawClient) => {
      if (who === 'the client') raw.close()
      else await watcher.query('select pg_terminate_backend($1)', [raw.processId])
    }
    const isOver = async (raw: RawClient) => {
      await raw.untilEnd()
      const text = `select from pg_stat_activity where pid = ${raw.processId}`
      while ((await watcher.query(text)).rowCount !== 0) {}
    }
    const until = async (raw: RawClient, condition: string) => {
      const text = `select from pg_stat_activity where pid = ${raw.processId} and ${condition}`
      while ((await watcher.query(text)).rowCount === 0) {}
    }

    test('the analysis', async () => {
      await locker.query('begin; lock table public.locked')
      const raw = await open()
      raw.send(...messages('select city from place join public.locked using (ip)'))
      await until(raw, "wait_event_type = 'Lock'")
      // A client's end is seen by PostgreSQL when it has got its lock.
      await end(raw)
      await locker.query('commit')
      await isOver(raw)
    })

    test('a key query', async () => {
      const raw = await open()
      raw.send(...messages("select city from place where ip = slow('1.1.1.1', 0.3)"))
      await until(raw, "wait_event = 'PgSleep'")
      await end(raw)
      await isOver(raw)
      expect(harness.calls).toEqual([])
    })

    test('a fetch', async () => {
      const raw = await open()
      const held = harness.holdCall()
      raw.send(...messages(city('1.1.1.1')))
      const { signal } = await held
      const aborted = signal.aborted ? undefined : once(signal, 'abort')
      await end(raw)
      await aborted
      await isOver(raw)
    })

    test('its result', async () => {
      const raw = await open()
      raw.socket.pause()
      raw.send(
        ...messages(
          "select city, repeat('x', 100000) from place, generate_series(1, 500) where ip = '1.1.1.1'",
        ),
      )
      await until(raw, "wait_event = 'ClientWrite'")
      await end(raw)
      raw.socket.resume()
      await isOver(raw)
    })
  })

  test('a notification comes when the statement is over', async () => {
    const raw = await open()
    raw.send(queryMessage('listen news'))
    await raw.until('Z')
    const held = harness.holdCall()
    raw.send(...messages(city('1.1.1.1')))
    const call = await held
    await watcher.query("notify news, 'hello'")
    call.answer()
    const replies = await raw.until('Z')
    expect(replies.map(describeMessage).join()).toContain('city of 1.1.1.1')
    const rest = replies.some(({ type }) => type === 'A') ? [] : await raw.until('A')
    expect(types([...replies, ...rest])).toContain('A')
  })

  test("a notice of the engine's own questions is not told twice", async () => {
    const raw = await open()
    raw.send(
      queryMessage(
        `create function pg_temp.loud(text) returns inet stable language plpgsql
         as $$ begin raise notice 'asked'; return $1::inet; end $$`,
      ),
    )
    await raw.until('Z')
    raw.send(...messages("select city from place where ip = pg_temp.loud('1.1.1.1')"))
    const replies = await raw.until('Z')
    expect(replies.map(describeMessage).join()).toContain('city of 1.1.1.1')
    expect(types(replies).match(/N/g)?.length ?? 0).toBeLessThanOrEqual(protocol === 'simple' ? 2 : 3)
  })

  test('another search path is another table', async () => {
    const raw = await open()
    raw.send(
      queryMessage(
        "create temp table place (ip inet, city text); insert into place values ('1.1.1.1', 'mine')",
      ),
    )
    await raw.until('Z')
    raw.send(...messages(city('1.1.1.1')))
    expect((await raw.until('Z')).map(describeMessage).join()).toContain('mine')
    raw.send(queryMessage('set search_path = counting, pg_temp'), ...messages(city('1.1.1.1')))
    await raw.until('Z')
    expect((await raw.until('Z')).map(describeMessage).join()).toContain('city of 1.1.1.1')
  })
})

test('a cancel request between two statements of one text ends the second', async () => {
  const raw = await open()
  const first = harness.holdCall()
  raw.send(queryMessage(`${city('1.1.1.1')}; ${city('2.2.2.2')}; select 3`))
  const { answer } = await first
  const second = harness.holdCall()
  answer()
  await second
  await cancel(raw)
  expect(types(await raw.until('Z'))).toBe('TDCEZ')
})

test('a portal of a statement over virtual tables may wait while others run', async () => {
  const raw = await open()
  raw.send(
    parseMessage('v', `${city('1.1.1.1')} or ip = '2.2.2.2' or ip = '3.3.3.3'`, []),
    bindMessage('c', 'v', bindRest(undefined)),
    executeMessage('c', 1),
    flushMessage,
  )
  expect(types(await raw.until('s'))).toBe('12Ds')
  raw.send(bindMessage('', 'v', bindRest(undefined)), executeMessage(''), executeMessage('c', 1), syncMessage)
  expect(types(await raw.until('Z'))).toBe('2DDDCDsZ')
})
