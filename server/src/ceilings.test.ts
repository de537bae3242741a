/** What a user may have at most: it may choose less, and not more. */
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeVerifier } from './startup/scram-verifier.js'
import { errorOf } from './testing/error-of.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let gateway: TestGateway
let client: pg.Client

beforeAll(async () => {
  const verifier = await makeVerifier('x')
  gateway = await startTestGateway({
    users: [
      {
        name: 'alice',
        connections: ['*'],
        verifier,
        ceilings: { quotas: { apiCalls: 1, rows: 2, bytes: 10_000, keys: 2 }, sessions: 2 },
        settings: { temp_file_limit: '1MB' },
      },
      { name: 'quick', connections: ['*'], verifier, ceilings: { quotas: {}, statementTime: 300 } },
    ],
  })
  client = await gateway.connect({ user: 'alice', password: 'x' })
})
afterAll(() => gateway?.stop())
beforeEach(async () => {
  await client.query('reset all')
})

const twoPlaces = `select city from place where ip in ('1.1.1.1', '2.2.2.2')`
const onePlace = `select city from place where ip = '1.1.1.1'`

describe('quotas', () => {
  it.each(['', 'set millrace.max_api_calls = -1', 'set millrace.max_api_calls = 100'])(
    'hold whatever the session says: "%s"',
    async (setting) => {
      await client.query(setting)
      const error = await errorOf(client.query(twoPlaces))
      expect(error).toMatchObject({ code: '53400', message: 'the statement needs at least 2 API calls' })
      expect(error.hint).toBe(
        "Narrow the statement's conditions. The configuration allows this user no more.",
      )
      expect((await client.query(onePlace)).rowCount).toBe(1)
    },
  )

  it('may be lower', async () => {
    await client.query('set millrace.max_api_calls = 0')
    const error = await errorOf(client.query('select * from kind'))
    expect(error).toMatchObject({
      code: '53400',
      hint: expect.stringContaining('SET millrace.max_api_calls'),
    })
  })

  it('of rows and keys hold too', async () => {
    expect(await errorOf(client.query(`select * from event where trail = 't1'`))).toMatchObject({
      message: 'table "event": the statement fetches more than 2 rows',
    })
    expect(await errorOf(client.query(`select * from kind where name in ('a', 'b', 'c')`))).toMatchObject({
      code: '53400',
      message: expect.stringContaining('3 keys'),
    })
  })

  it('hold inside functions and DO blocks, also those with the rights of another', async () => {
    const owner = await gateway.connect()
    await owner.query(`create function public.all_of_t1() returns bigint language sql security definer
      set search_path = '' as $$ select count(*) from counting.event where trail = 't1' $$`)
    await expect(client.query('select public.all_of_t1()')).rejects.toMatchObject({
      message: expect.stringContaining('more than 2 rows'),
    })
    expect((await owner.query('select public.all_of_t1()')).rowCount).toBe(1)
    await expect(
      client.query(`do $$ begin perform count(*) from event where trail = 't1'; end $$`),
    ).rejects.toMatchObject({ message: expect.stringContaining('more than 2 rows') })
    await owner.query('drop function public.all_of_t1')
    await owner.end()
  })

  it('do not hold for others', async () => {
    const owner = await gateway.connect()
    expect((await owner.query(twoPlaces)).rowCount).toBe(2)
    await owner.end()
  })
})

describe('sessions', () => {
  it('are counted for each user, and a place that becomes free is given again', async () => {
    const connect = () => gateway.connect({ user: 'alice', password: 'x' })
    const second = await connect()
    await expect(connect()).rejects.toMatchObject({
      code: '53300',
      message: 'too many connections for role "alice"',
    })
    await (await gateway.connect()).end()
    // What PostgreSQL asks for the session is none of its own.
    await second.query(`do $$ begin perform city from place where ip = '1.1.1.1'; end $$`)
    await second.end()
    let third: pg.Client | undefined
    while (third === undefined) third = await connect().catch(() => undefined)
    await third.end()
  })
})

describe('temporary files', () => {
  it('are limited, and the user cannot change that', async () => {
    const sorting = 'select count(*) from (select i from generate_series(1, 200000) i order by -i offset 0) s'
    await client.query(`set work_mem = '64kB'`)
    await expect(client.query(sorting)).rejects.toMatchObject({ code: '53400' })
    await expect(client.query('set temp_file_limit = -1')).rejects.toMatchObject({ code: '42501' })
    await expect(client.query('alter role alice set temp_file_limit = -1')).rejects.toMatchObject({
      code: '42501',
    })
    await client.query('alter role alice in database millrace reset all')
    const again = await gateway.connect({ user: 'alice', password: 'x' })
    expect((await again.query('show temp_file_limit')).rows).toEqual([{ temp_file_limit: '1MB' }])
    await again.end()
  })
})

describe('the time of a statement', () => {
  const quick = () => gateway.connect({ user: 'quick', password: 'x' })

  it.each(['select 1', 'set statement_timeout = 0', `alter role quick set statement_timeout = '1h'`])(
    'is limited whatever the session sets: "%s"',
    async (setting) => {
      const session = await quick()
      const notices: unknown[] = []
      session.on('notice', ({ message }) => notices.push(message))
      await session.query(setting)
      await expect(session.query('select pg_sleep(100)')).rejects.toMatchObject({ code: '57014' })
      expect(notices).toEqual(['a statement of "quick" may take 0.3 seconds'])
      await expect(session.query({ text: 'select pg_sleep($1)', values: [100] })).rejects.toMatchObject({
        code: '57014',
      })
      expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }])
      await session.end()
    },
  )

  it('counts what an API takes', async () => {
    const session = await quick()
    const holding = gateway.holdCall()
    await expect(session.query(onePlace)).rejects.toMatchObject({ code: '57014' })
    expect((await holding).signal.aborted).toBe(true)
    await session.end()
  })

  it('does not count what a transaction waits for its client', async () => {
    const session = await quick()
    await session.query('begin')
    const other = await gateway.connect()
    await other.query('select pg_sleep(0.5)')
    expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await session.end()
    await other.end()
  })

  it('is over also for a function that catches its end: the session goes, with its process', async () => {
    const session = await quick()
    const pid = (await session.query('select pg_backend_pid() as pid')).rows[0].pid
    const stubborn = `do $$ begin loop begin perform pg_sleep(100); exception when query_canceled then null; end; end loop; end $$`
    await expect(session.query(stubborn)).rejects.toMatchObject({ code: '57P01' })
    const straight = await gateway.connectStraight()
    const there = () => straight.query('select from pg_stat_activity where pid = $1', [pid])
    while ((await there()).rowCount !== 0) {}
  })
})
