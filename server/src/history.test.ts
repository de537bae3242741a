/** millrace.scan, millrace.scan_summary and millrace.cache_clear(), through the gateway. */
import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import type pg from 'pg'
import { describe, expect } from 'vitest'
import { errorOf } from './testing/error-of.js'
import { gatewayTest } from './testing/gateway-test.js'

const test = gatewayTest.extend('client', ({ harness }) => harness.connect())

/** Debian's PostgreSQL has a locale of ICU here. */
const expressionKept = isDebian
  ? "by this database's locale, digits are more than 0 to 9"
  : 'the API takes no condition on address'

const join = `select e.name, p.city from event e join place p on p.ip = e.address::inet
  where e.trail = 't1' and e.address ~ '^\\d'`

describe('millrace.scan', () => {
  test('has a row for each scan of the session, by both protocols', async ({ harness, client }) => {
    expect((await client.query('select * from millrace.scan')).rows).toEqual([])
    await client.query(join)
    await client.query('select * from kind where name = $1', ['small'])
    const { rows } = await client.query('select * from millrace.scan order by statement, scan')
    const counts = { retries: '0', throttles: '0', cache_hit: false, cache: 'miss', error: null }
    expect(rows).toMatchObject([
      {
        statement: '1',
        statement_text: join,
        scan: '1',
        connection: 'counting',
        table_name: 'event',
        columns: ['address', 'name', 'trail'],
        quals_pushed: { trail: [{ operator: '=', values: ['t1'] }] },
        quals_kept: [{ condition: "e.address ~ E'^\\\\d'", reason: expressionKept }],
        row_limit: null,
        calls: '1',
        rows: '3',
        ...counts,
      },
      {
        statement: '1',
        scan: '2',
        table_name: 'place',
        quals_pushed: { ip: [{ operator: '=', values: ['1.1.1.1', '2.2.2.2'] }] },
        quals_kept: [],
        calls: '2',
        rows: '2',
        ...counts,
      },
      { statement: '2', scan: '1', table_name: 'kind', calls: '1', rows: '1', ...counts },
    ])
    expect(rows[0].started_at).toBeInstanceOf(Date)
    expect(rows[0].duration_ms).toBeGreaterThan(0)
    expect(Number(rows[0].bytes)).toBeGreaterThan(0)
    // What reads it is no part of it.
    expect((await client.query('select count(*) from millrace.scan')).rows).toEqual([{ count: '3' }])
    expect(harness.calls).toHaveLength(4)
  })

  test('has each run of a prepared statement, those too for which nobody is asked', async ({ client }) => {
    await client.query('set millrace.cache_ttl = 60')
    const lookUp = (client: pg.Client, ip: string) =>
      client.query({ name: 'look up', text: 'select city from place where ip = $1', values: [ip] })
    for (const ip of ['1.1.1.1', '2.2.2.2', '1.1.1.1', '2.2.2.2']) await lookUp(client, ip)
    const { rows } = await client.query('select * from millrace.scan order by statement')
    const of = (ip: string, more: object) => ({
      table_name: 'place',
      quals_pushed: { ip: [{ operator: '=', values: [ip] }] },
      columns: ['city', 'ip'],
      ...more,
    })
    const [miss, hit] = [
      { cache: 'miss', calls: '1', rows: '1' },
      { cache: 'hit', calls: '0', rows: '0', bytes: '0' },
    ]
    expect(rows).toMatchObject([
      of('1.1.1.1', miss),
      of('2.2.2.2', miss),
      of('1.1.1.1', hit),
      of('2.2.2.2', hit),
    ])
  })

  test('of long conditions and values has the beginning', async ({ client }) => {
    const long = 'x'.repeat(100_000)
    await client.query(`select size from kind where name = '${long}' and size::text <> '${long}'`)
    const { rows } = await client.query(
      'select length(quals_pushed::text) as pushed, length(quals_kept::text) as kept from millrace.scan',
    )
    expect(rows[0].pushed).toBeLessThan(1000)
    expect(rows[0].kept).toBeLessThan(1000)
  })

  test('is of the session alone', async ({ harness, client }) => {
    await client.query(join)
    const other = await harness.connect()
    expect((await other.query('select * from millrace.scan')).rows).toEqual([])
  })

  test('tells cache hits, shared scans, and those for which nothing was asked', async ({ client }) => {
    await client.query('set millrace.cache_ttl = 60')
    await client.query('select * from kind')
    await client.query('select * from kind')
    await client.query('select * from kind a, kind b')
    await client.query("select * from event where trail = 'a' and trail = 'b'")
    await client.query('set millrace.cache_ttl = 0')
    await client.query(`select * from event where trail in ('t1', 't2') union all
      select * from event where trail in ('t2', 't1') and name <> ''`)
    const { rows } = await client.query('select cache, cache_hit, calls from millrace.scan order by 1, 2')
    const uses = rows.map(({ cache }) => cache).join(' ')
    expect(uses).toBe('hit hit miss miss none shared shared')
    expect(rows.filter(({ cache_hit }) => cache_hit)).toHaveLength(2)
    expect(rows.filter(({ cache }) => cache === 'shared').map(({ calls }) => calls)).toEqual(['0', '0'])
  })

  test('has scans that failed, with their calls', async ({ client }) => {
    await client.query('set millrace.max_rows = 2')
    await errorOf(client.query("select * from event where trail = 't1'"))
    const { rows } = await client.query('select calls, error from millrace.scan')
    expect(rows).toEqual([{ calls: '1', error: 'table "event": the statement fetches more than 2 rows' }])
    expect((await client.query('select error from millrace.scan_summary')).rows[0].error).toBe(rows[0].error)
  })

  test('says of scans that ended with their statement just that', async ({ harness, client }) => {
    const [place, kind] = [harness.holdCall(), harness.holdCall()]
    const running = errorOf(client.query("select 1 from place, kind where ip = '1.1.1.1'"))
    const held = await Promise.all([place, kind])
    held.find(({ table }) => table === 'kind')?.fail(new Error('no'))
    await running
    const timedOut = harness.holdCall()
    await client.query("set statement_timeout = '200ms'")
    const late = errorOf(client.query('select count(*) from kind'))
    await timedOut
    expect((await late).message).toBe('canceling statement due to statement timeout')
    await client.query('reset statement_timeout')
    const { rows } = await client.query(
      'select table_name, error from millrace.scan order by statement, scan',
    )
    expect(rows).toEqual([
      { table_name: 'kind', error: 'kind: List: the plugin failed unexpectedly' },
      { table_name: 'place', error: 'canceled with its statement' },
      { table_name: 'kind', error: 'canceled with its statement' },
    ])
  })

  test('is bounded', async ({ client }) => {
    for (let statement = 0; statement < 26; statement++) {
      const arms = Array.from({ length: 20 }, () => 'select size from kind')
      await client.query(arms.join(' union all '))
    }
    const { rows } = await client.query('select count(*), min(statement) from millrace.scan')
    expect(rows).toEqual([{ count: '500', min: '2' }])
  })

  test('is a table like others: joins, views, prepared statements; and no name on the search path', async ({
    client,
  }) => {
    await client.query(join)
    const joined = await client.query(
      `select s.table_name, t.scans from millrace.scan s join millrace.scan_summary t using (statement) order by 1`,
    )
    expect(joined.rows).toEqual([
      { table_name: 'event', scans: '2' },
      { table_name: 'place', scans: '2' },
    ])
    await client.query('create view calls_made as select sum(calls) as calls from millrace.scan')
    try {
      expect((await client.query('select * from calls_made')).rows).toEqual([{ calls: '3' }])
    } finally {
      await client.query('drop view calls_made')
    }
    const prepared = await client.query('select calls from millrace.scan where table_name = $1', ['place'])
    expect(prepared.rows).toEqual([{ calls: '2' }])
    expect((await errorOf(client.query('select * from scan'))).code).toBe('42P01')
  })

  // A guest's schemas take nothing of users'.
  test.skipIf(isDebian)(
    'its schema takes what is made under a search path of "$user"',
    async ({ client }) => {
      await client.query(
        'create table of_public (a int); set search_path = "$user", public; create table of_user (a int)',
      )
      const { rows } = await client.query(
        'select relnamespace::regnamespace::text as schema from pg_class where relname like $1 order by relname',
        ['of\\_%'],
      )
      expect(rows).toEqual([{ schema: 'public' }, { schema: 'millrace' }])
      await client.query('drop table of_public, of_user')
    },
  )

  test('inside a function it is refused, and not empty', async ({ client }) => {
    await client.query(
      `create function pg_temp.made() returns bigint language plpgsql as
       'begin return (select sum(calls) from millrace.scan); end'`,
    )
    await client.query(join)
    const error = await errorOf(client.query('select pg_temp.made()'))
    expect(error.message).toContain('millrace.scan cannot be read from inside a function')
  })

  test('EXPLAIN is not a scan; EXPLAIN ANALYZE is', async ({ client }) => {
    await client.query('explain select * from kind')
    expect((await client.query('select * from millrace.scan')).rowCount).toBe(0)
    await client.query('explain analyze select * from kind')
    expect((await client.query('select * from millrace.scan')).rowCount).toBe(1)
  })
})

describe('millrace.scan_summary', () => {
  test('has a row for each statement', async ({ client }) => {
    await client.query(join)
    const { rows } = await client.query('select * from millrace.scan_summary')
    expect(rows).toMatchObject([
      {
        statement: '1',
        statement_text: join,
        scans: '2',
        cache_hits: '0',
        calls: '3',
        rows: '5',
        error: null,
      },
    ])
  })
})

describe('millrace.cache_clear()', () => {
  test.beforeEach(async ({ client }) => {
    await client.query('set millrace.cache_ttl = 60')
    await client.query('select millrace.cache_clear()')
  })

  test('forgets the rows of all tables, and tells of how many scans', async ({ harness, client }) => {
    await client.query('select * from kind')
    await client.query("select * from event where trail = 't1'")
    const cleared = await client.query('select millrace.cache_clear()')
    expect(cleared.rows).toEqual([{ cache_clear: '2' }])
    harness.calls.length = 0
    await client.query('select * from kind')
    expect(harness.calls).toHaveLength(1)
    expect((await client.query('select millrace.cache_clear() as n')).rows).toEqual([{ n: '1' }])
    expect((await client.query('select millrace.cache_clear() as n')).rows).toEqual([{ n: '0' }])
  })

  test('of one table, by its name', async ({ harness, client }) => {
    await client.query('select * from kind')
    await client.query("select * from event where trail = 't1'")
    const cleared = await client.query("select millrace.cache_clear($1) as n, 'x' as x", ['counting.kind'])
    expect(cleared.rows).toEqual([{ n: '1', x: 'x' }])
    harness.calls.length = 0
    await client.query("select * from event where trail = 't1'")
    expect(harness.calls).toEqual([])
    await client.query('select * from kind')
    expect(harness.calls).toHaveLength(1)
  })

  test('a name that is none is an error', async ({ client }) => {
    const error = await errorOf(client.query("select millrace.cache_clear('kid')"))
    expect(error.message).toContain('virtual table "kid" does not exist')
  })

  test('a scan that began before answers no statement that comes after', async ({ harness, client }) => {
    const held = harness.holdCall()
    const slow = client.query('select * from kind')
    const call = await held
    const other = await harness.connect()
    expect((await other.query('select millrace.cache_clear() as n')).rows).toEqual([{ n: '1' }])
    call.answer()
    expect((await slow).rowCount).toBe(2)
    await client.query('select * from kind')
    expect(harness.calls).toHaveLength(2)
  })
})
