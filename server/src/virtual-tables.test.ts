/** Virtual tables through the gateway, by both protocols. */
import type pg from 'pg'
import postgres from 'postgres'
import { describe, expect } from 'vitest'
import { asked } from './testing/asked.js'
import { errorOf } from './testing/error-of.js'
import { test } from './testing/gateway-test.js'
import { describe as describeMessage, queryMessage, RawClient } from './testing/raw-client.js'
import { ByteWriter } from './wire/byte-writer.js'
import {
  bindMessage,
  bindRest,
  closeMessage,
  describeMessage as describeTarget,
  executeMessage,
  flushMessage,
  parseMessage,
  syncMessage,
} from './wire/frontend-messages.js'

const cityOf = (ip: string) => `select city from place where ip = '${ip}'`

describe('simple queries', () => {
  test('a join asks for each distinct address once', async ({ harness, client }) => {
    const { rows } = await client.query(
      `with addrs as (select a.address::inet from event a where a.trail = 't1' and a.address ~ '^\\d')
       select a.address as ip, i.city from addrs a join place i on a.address = i.ip order by 1`,
    )
    expect(rows).toEqual([
      { ip: '1.1.1.1', city: 'city of 1.1.1.1' },
      { ip: '2.2.2.2', city: 'city of 2.2.2.2' },
    ])
    expect(asked(harness)).toEqual(['event: trail = t1', 'place: ip = 1.1.1.1', 'place: ip = 2.2.2.2'])
  })

  test('several statements in one text are one transaction', async ({ client }) => {
    const several = `create table seen (city text); insert into seen ${cityOf('1.1.1.1')}; select * from seen`
    const results: unknown = await client.query(several)
    expect(results).toMatchObject([
      { command: 'CREATE' },
      { command: 'INSERT', rowCount: 1 },
      { command: 'SELECT', rows: [{ city: 'city of 1.1.1.1' }] },
    ])
    const error = await errorOf(client.query(`delete from seen; ${cityOf('1.1.1.1')}; select 1/0`))
    expect(error.code).toBe('22012')
    expect((await client.query('select count(*) from seen')).rows).toEqual([{ count: '1' }])
    await client.query('drop table seen')
  })

  test('a statement may need what an earlier one of the same text made', async ({ client }) => {
    const results: unknown = await client.query(
      `create temp table wanted as select '3.3.3.3'::inet as ip;
       select city from place join wanted using (ip)`,
    )
    expect(results).toMatchObject([{}, { rows: [{ city: 'city of 3.3.3.3' }] }])
  })

  test('an error of PostgreSQL names the place in the text that was sent, and our tables', async ({
    harness,
    client,
  }) => {
    const text = `select 1; select 'ä😀', citi from place where ip = '1.1.1.1'`
    const error = await errorOf(client.query(text))
    expect(error).toMatchObject({ code: '42703', message: 'column "citi" does not exist' })
    expect([...text].slice(Number(error.position) - 1).join('')).toMatch(/^citi/)
    expect(asked(harness)).toEqual([])

    const running = `select 1; ${cityOf('1.1.1.1')} and city::int = 1`
    const later = await errorOf(client.query(running))
    expect(later).toMatchObject({
      code: '22P02',
      message: 'invalid input syntax for type integer: "city of 1.1.1.1"',
    })
  })

  test('an error within a transaction leaves it failed; outside, the session goes on', async ({ client }) => {
    const failing = 'select city from place'
    expect(await errorOf(client.query(failing))).toMatchObject({ code: 'HV002' })
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await client.query('begin')
    expect(await errorOf(client.query(failing))).toMatchObject({ code: 'HV002' })
    expect(await errorOf(client.query('select 1'))).toMatchObject({ code: '25P02' })
    expect(await errorOf(client.query(cityOf('1.1.1.1')))).toMatchObject({ code: '25P02' })
    await client.query('rollback')
    expect((await client.query(cityOf('1.1.1.1'))).rows).toHaveLength(1)
  })

  test('read only and serializable transactions see the rows', async ({ client }) => {
    await client.query('begin isolation level repeatable read, read only')
    await client.query('select 1')
    expect((await client.query(cityOf('1.1.1.1'))).rows).toHaveLength(1)
    expect((await client.query(cityOf('2.2.2.2'))).rows).toHaveLength(1)
    await client.query('commit')
  })

  test('cursors keep their rows for the whole transaction', async ({ client }) => {
    await client.query('begin')
    await client.query(
      `declare c cursor for select city from place where ip in ('1.1.1.1', '2.2.2.2') order by 1`,
    )
    expect((await client.query('fetch 1 from c')).rows).toEqual([{ city: 'city of 1.1.1.1' }])
    await client.query(cityOf('3.3.3.3'))
    expect((await client.query('fetch all from c')).rows).toEqual([{ city: 'city of 2.2.2.2' }])
    await client.query('commit')
  })

  test('fields tell the virtual tables they come from', async ({ client }) => {
    const { fields } = await client.query(cityOf('1.1.1.1'))
    const { rows } = await client.query(`select 'counting.place'::regclass::oid::int as oid`)
    expect(fields[0]?.tableID).toBe(rows[0].oid)
  })

  test('what only PostgreSQL sees reaches the tables over the loopback', async ({ harness, client }) => {
    await client.query(
      `do $$ begin create temp table from_block as select city from place where ip = '2.2.2.2'; end $$`,
    )
    expect((await client.query('select * from from_block')).rows).toEqual([{ city: 'city of 2.2.2.2' }])
    expect(asked(harness)).toEqual(['place: ip = 2.2.2.2'])
  })

  test('COPY of rows out, and no COPY into the midst of them', async ({ harness }) => {
    const raw = await RawClient.connect(harness.config)
    raw.send(queryMessage(`copy (${cityOf('1.1.1.1')}) to stdout`))
    expect((await raw.until('Z')).map(({ type }) => type).join('')).toBe('HdcCZ')
    raw.send(queryMessage(`create temp table t (a text); copy t from stdin; ${cityOf('1.1.1.1')}`))
    const replies = await raw.until('Z')
    expect(replies.map(({ type }) => type).join('')).toBe('CEZ')
    raw.close()
  })
})

test('a simple query that PostgreSQL reads over after an error asks nothing, and is not answered', async ({
  harness,
}) => {
  const raw = await RawClient.connect(harness.config)
  raw.send(parseMessage('', 'select from where', []), queryMessage(cityOf('1.1.1.1')), syncMessage)
  raw.send(queryMessage('select 1'))
  expect((await raw.until('Z')).map(({ type }) => type).join('')).toBe('EZ')
  expect((await raw.until('Z')).map(({ type }) => type).join('')).toBe('TDCZ')
  expect(asked(harness)).toEqual([])
  raw.close()
})

test('a simple query leaves no unnamed statement behind', async ({ harness }) => {
  const raw = await RawClient.connect(harness.config)
  for (const text of [cityOf('1.1.1.1'), `${cityOf('1.1.1.1')} and city::int = 1`]) {
    raw.send(parseMessage('', 'select 1', []), queryMessage(text))
    await raw.until('Z')
    raw.send(bindMessage('', '', bindRest(undefined)), executeMessage(''), syncMessage)
    expect((await raw.until('Z')).map(describeMessage)).toEqual([
      expect.stringContaining('"C":"26000"'),
      'Z "I"',
    ])
  }
  raw.close()
})

test('several statements in one text are one transaction from the first on', async ({ client }) => {
  const text = `set local application_name = 'for once'; ${cityOf('1.1.1.1')}; show application_name`
  const results: unknown = await client.query(text)
  expect(results).toMatchObject([{}, {}, { rows: [{ application_name: 'for once' }] }])
  expect((await client.query('show application_name')).rows).toEqual([{ application_name: '' }])
})

describe('while PostgreSQL waits for the data of COPY', () => {
  const copy = 'copy seen_cities from stdin'
  const query = [queryMessage(cityOf('1.1.1.1'))]
  const bind = [parseMessage('v', cityOf('1.1.1.1'), []), bindMessage('', 'v', bindRest(undefined))]
  const extendedCopy = [
    parseMessage('', copy, []),
    bindMessage('', '', bindRest(undefined)),
    executeMessage(''),
  ]

  test.for([
    ['a simple query, in the simple protocol', [queryMessage(copy)], query],
    ['a simple query, in the extended protocol', [...extendedCopy, syncMessage], query],
    ['a Bind, in the simple protocol', [queryMessage(copy)], bind.slice(1)],
    ['a Bind, in the extended protocol', [...extendedCopy, flushMessage], bind.slice(1)],
  ] as const)(
    '%s ends the connection, as it does in PostgreSQL',
    async ([_, start, message], { harness }) => {
      const raw = await RawClient.connect(harness.config)
      raw.send(queryMessage('create temp table seen_cities (city text)'), ...bind.slice(0, 1), syncMessage)
      await raw.until('Z')
      await raw.until('Z')
      raw.send(...start)
      await raw.until('G')
      raw.send(...message)
      await raw.untilEnd()
      expect(asked(harness)).toEqual([])
    },
  )

  test('its end may be sent before it is known that there is a COPY', async ({ harness }) => {
    const raw = await RawClient.connect(harness.config)
    raw.send(queryMessage('create temp table seen_cities (city text)'))
    await raw.until('Z')
    const data = [new ByteWriter().bytes(Buffer.from('x\n')).message('d'), new ByteWriter().message('c')]
    raw.send(...extendedCopy, ...data, syncMessage, ...bind, executeMessage(''), syncMessage)
    raw.send(queryMessage(copy), ...data, ...query)
    for (const replies of ['12GCZ', '12DCZ', 'GCZ', 'TDCZ']) {
      expect((await raw.until('Z')).map(({ type }) => type).join('')).toBe(replies)
    }
    raw.close()
  })
})

describe('the extended protocol', () => {
  test('parameters become keys', async ({ harness, client }) => {
    const { rows } = await client.query('select city from place where ip = any($1) order by 1', [
      ['1.1.1.1', '3.3.3.3', '1.1.1.1'],
    ])
    expect(rows).toEqual([{ city: 'city of 1.1.1.1' }, { city: 'city of 3.3.3.3' }])
    expect(asked(harness)).toEqual(['place: ip = 1.1.1.1', 'place: ip = 3.3.3.3'])
  })

  test('a prepared statement is planned anew for each set of values', async ({ harness, client }) => {
    const statement = { name: 'by address', text: 'select city from place where ip = $1' }
    for (const ip of ['1.1.1.1', '2.2.2.2', null, '9.9.9.9']) {
      const { rows } = await client.query({ ...statement, values: [ip] })
      expect(rows).toEqual(ip === '1.1.1.1' || ip === '2.2.2.2' ? [{ city: `city of ${ip}` }] : [])
    }
    expect(asked(harness)).toEqual(['place: ip = 1.1.1.1', 'place: ip = 2.2.2.2', 'place: ip = 9.9.9.9'])
  })

  test('Describe asks no API', async ({ harness }) => {
    const raw = await RawClient.connect(harness.config)
    raw.send(
      parseMessage('s', 'select city, ip from place where ip = $1', []),
      describeTarget('S', 's'),
      syncMessage,
    )
    expect((await raw.until('Z')).map(({ type }) => type).join('')).toBe('1tTZ')
    expect(asked(harness)).toEqual([])
    raw.close()
  })

  test('a whole pipeline at once: statements of both kinds, several portals, formats of the client', async ({
    harness,
  }) => {
    const raw = await RawClient.connect(harness.config)
    const value = (text: string) => bindRest({ types: [], formats: [], values: [Buffer.from(text)] })
    raw.send(
      parseMessage('v', 'select city from place where ip = $1', []),
      parseMessage('o', 'select $1::int + 1', []),
      bindMessage('a', 'v', value('1.1.1.1')),
      bindMessage('b', 'o', value('41')),
      bindMessage('c', 'v', value('2.2.2.2')),
      describeTarget('P', 'a'),
      executeMessage('a'),
      executeMessage('b'),
      executeMessage('c'),
      closeMessage('S', 'v'),
      syncMessage,
      queryMessage('select 5'),
    )
    const replies = await raw.until('Z')
    expect(replies.map(({ type }) => type).join('')).toBe('11222TDCDCDC3Z')
    expect(replies.filter(({ type }) => type === 'D').map(describeMessage)).toEqual([
      expect.stringContaining('city of 1.1.1.1'),
      expect.stringContaining('42'),
      expect.stringContaining('city of 2.2.2.2'),
    ])
    expect((await raw.until('Z')).map(({ type }) => type).join('')).toBe('TDCZ')
    raw.close()
  })

  test('an error in a pipeline drops what follows up to the Sync, and no more', async ({ harness }) => {
    const raw = await RawClient.connect(harness.config)
    raw.send(
      parseMessage('', 'select city from place', []),
      bindMessage('', '', bindRest(undefined)),
      executeMessage(''),
      parseMessage('', "select city from place where ip = '1.1.1.1'", []),
      bindMessage('', '', bindRest(undefined)),
      executeMessage(''),
      syncMessage,
      parseMessage('', "select city from place where ip = '2.2.2.2'", []),
      bindMessage('', '', bindRest(undefined)),
      executeMessage(''),
      syncMessage,
    )
    expect((await raw.until('Z')).map(({ type }) => type).join('')).toBe('1EZ')
    expect((await raw.until('Z')).map(({ type }) => type).join('')).toBe('12DCZ')
    expect(asked(harness)).toEqual(['place: ip = 2.2.2.2'])
    raw.close()
  })

  test('rows of a portal come in parts', async ({ harness }) => {
    const raw = await RawClient.connect(harness.config)
    raw.send(
      parseMessage('', "select city from place where ip in ('1.1.1.1', '2.2.2.2', '3.3.3.3')", []),
      bindMessage('', '', bindRest(undefined)),
      executeMessage('', 2),
      flushMessage,
    )
    expect((await raw.until('s')).map(({ type }) => type).join('')).toBe('12DDs')
    raw.send(executeMessage('', 2), syncMessage)
    expect((await raw.until('Z')).map(({ type }) => type).join('')).toBe('DCZ')
    raw.close()
  })

  test('a name that is prepared anew is another statement', async ({ harness }) => {
    const raw = await RawClient.connect(harness.config)
    const run = async (text: string, ...before: readonly Buffer[]) => {
      raw.send(
        ...before,
        parseMessage('s', text, []),
        bindMessage('', 's', bindRest(undefined)),
        executeMessage(''),
        syncMessage,
      )
      return (await raw.until('Z')).map(({ type }) => type).join('')
    }
    expect(await run(cityOf('1.1.1.1'))).toBe('12DCZ')
    expect(await run('select 1')).toBe('EZ')
    raw.send(bindMessage('', 's', bindRest(undefined)), executeMessage(''), syncMessage)
    expect((await raw.until('Z')).map(describeMessage)[1]).toContain('city of 1.1.1.1')
    expect(await run('select 1', closeMessage('S', 's'))).toBe('312DCZ')
    expect(await run(cityOf('1.1.1.1'), closeMessage('S', 's'))).toBe('312DCZ')
    raw.send(queryMessage('deallocate all'))
    await raw.until('Z')
    raw.send(bindMessage('', 's', bindRest(undefined)), executeMessage(''), syncMessage)
    expect((await raw.until('Z')).map(describeMessage)[0]).toContain('26000')
    raw.close()
  })

  test('binary parameters and results', async ({ harness, client }) => {
    const sql = postgres(harness.url, { max: 1, onnotice: () => {} })
    const ip = '2.2.2.2'
    expect(await sql`select p.city, ${7}::int4 as n from place p where p.ip = ${ip}`).toEqual([
      { city: 'city of 2.2.2.2', n: 7 },
    ])
    const binary = await client.query({
      text: 'select length(city) as n from place where ip = $1',
      values: [ip],
      binary: true,
    } as pg.QueryConfig)
    expect(binary.rows).toEqual([{ n: 15 }])
    await sql.end()
  })

  test('a wrong number of values is told by PostgreSQL; a simple query can have none', async ({ client }) => {
    const text = 'select city from place where ip = $1'
    expect(await errorOf(client.query(text, ['1.1.1.1', '2.2.2.2']))).toMatchObject({ code: '08P01' })
    expect(await errorOf(client.query(text))).toMatchObject({ code: '42P02', position: '35' })
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('hidden statements do not pile up', async ({ client }) => {
    for (let i = 0; i < 5; i++) await client.query('select city from place where ip = $1', ['1.1.1.1'])
    const { rows } = await client.query(`select name from pg_prepared_statements where name like 'millrace%'`)
    expect(rows.length).toBeLessThanOrEqual(2)
  })
})

describe('under another encoding', () => {
  let other: pg.Client
  test.beforeAll(async ({ harness }) => {
    other = await harness.connect()
    await other.query("set client_encoding = 'LATIN1'")
  })

  test('a statement in ASCII works', async () => {
    expect((await other.query(cityOf('1.1.1.1'))).rows).toEqual([{ city: 'city of 1.1.1.1' }])
    const { rows } = await other.query('select city from place where ip = $1', ['2.2.2.2'])
    expect(rows).toEqual([{ city: 'city of 2.2.2.2' }])
  })

  test.for([
    ['the statement', `${cityOf('1.1.1.1')} and city <> 'é'`],
    ['a value by which a table is asked', `select name from event where trail = 't' || chr(233)`],
    ['a definition', `select city from accented where ip = '1.1.1.1'`],
  ] as const)('what is not ASCII in %s is refused with a hint', async ([_, text], { harness, client }) => {
    await client.query(`create or replace view accented as select * from place where city <> 'é'`)
    expect(await errorOf(other.query(text))).toMatchObject({
      code: '0A000',
      hint: "Run SET client_encoding = 'UTF8' first.",
    })
    expect((await other.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect(asked(harness)).toEqual([])
  })
})
