import { describe, expect } from 'vitest'
import { asked } from './testing/asked.js'
import { errorOf } from './testing/error-of.js'
import { test } from './testing/gateway-test.js'
import { queryMessage, RawClient } from './testing/raw-client.js'

test.beforeAll(async ({ client }) => {
  await client.query(`create table own (n int, ip inet);
    insert into own values (1, '1.1.1.1'), (2, '2.2.2.2')`)
})

describe('refused before any call', () => {
  test.for([
    [
      `insert into place (ip) select address::inet from event where trail = 't1'`,
      'cannot insert into virtual table "place"',
    ],
    [`insert into counting.place (ip) values ('1.1.1.1')`, 'cannot insert into virtual table "place"'],
    [
      `update place set city = e.name from event e where e.trail = 't1'`,
      'cannot update virtual table "place"',
    ],
    [`delete from place using event e where e.trail = 't1'`, 'cannot delete from virtual table "place"'],
    [
      `merge into place p using event e on p.ip = e.address::inet and e.trail = 't1' when matched then delete`,
      'cannot merge into virtual table "place"',
    ],
    [
      `with gone as (delete from event returning *) select * from place where ip = '1.1.1.1'`,
      'cannot delete from virtual table "event"',
    ],
    ['truncate own, place', 'cannot truncate virtual table "place"'],
    ['copy place from stdin', 'cannot copy to virtual table "place"'],
    [
      `select * from place where ip = '1.1.1.1' for update`,
      'rows of virtual table "place" cannot be locked by FOR UPDATE',
    ],
    [
      `select * from own, (select * from place where ip = '1.1.1.1') p for no key update`,
      'rows of virtual table "place" cannot be locked by FOR NO KEY UPDATE',
    ],
    [
      `select * from own join place p using (ip) for share of own for key share of p`,
      'rows of virtual table "place" cannot be locked by FOR KEY SHARE',
    ],
    [
      `select ctid from place where ip = '1.1.1.1'`,
      'system column "ctid" of virtual table "place" is not there',
    ],
    [
      `select p.xmin from place p where ip = '1.1.1.1'`,
      'system column "xmin" of virtual table "place" is not there',
    ],
    [
      `select p.tableoid from own left join place p on p.ip = own.ip`,
      'system column "tableoid" of virtual table "place" is not there',
    ],
    [
      `select * from place tablesample system (10) where ip = '1.1.1.1'`,
      'TABLESAMPLE cannot be applied to virtual table "place"',
    ],
  ] as const)('%s', async ([text, message], { harness, client }) => {
    for (const query of [text, { text, values: [] }]) {
      const error = await errorOf(client.query(query))
      expect(error).toMatchObject({ code: '0A000', message })
      if (message.includes('virtual')) expect(error.hint).toEqual(expect.any(String))
    }
    expect(asked(harness)).toEqual([])
    expect((await client.query('select count(*) from own')).rows).toEqual([{ count: '2' }])
  })

  test('a cursor without a transaction', async ({ harness, client }) => {
    const text = `declare c cursor for select * from place where ip = '1.1.1.1'`
    for (const query of [text, { text, values: [] }]) {
      expect(await errorOf(client.query(query))).toMatchObject({ code: '25P01' })
    }
    expect(asked(harness)).toEqual([])
  })

  test('COPY into a file of the server', async ({ harness, client }) => {
    const text = `copy (select * from place where ip = '1.1.1.1') to '/tmp/millrace-never-written'`
    expect(await errorOf(client.query(text))).toMatchObject({ code: '42501' })
    expect(asked(harness)).toEqual([])
  })
})

test('COPY of a table gives the columns that it names, in their order', async ({ harness }) => {
  const raw = await RawClient.connect(harness.config)
  raw.send(queryMessage('copy kind (size, name) to stdout'))
  const rows = (await raw.until('Z')).filter(({ type }) => type === 'd')
  expect(rows.map(({ bytes }) => bytes.toString('utf8', 5))).toEqual(['1\tsmall\n', '100\tlarge\n'])
  raw.close()
})
test('a table that is made WITH NO DATA asks for none', async ({ harness, client }) => {
  await client.query('create table empty as select k.*, p.city from kind k, place p with no data')
  expect((await client.query('select * from empty')).fields.map(({ name }) => name)).toContain('city')
  await client.query('drop table empty')
  expect(asked(harness)).toEqual([])
})

test('inside a function, a key that only a join could give is an error that tells a way out', async ({
  harness,
  client,
}) => {
  const block = `do $$ declare found record; begin
    for found in select city from own join place on place.ip = own.ip loop raise notice '%', found; end loop; end $$`
  for (const text of [
    block,
    'create function cities() returns setof text language sql as $$ select city from own natural join place $$; select cities()',
  ]) {
    const error = await errorOf(client.query(text))
    expect(error).toMatchObject({
      code: 'HV002',
      message: 'table "place" needs a value for its key column "ip"',
      detail: expect.stringContaining('inside functions'),
      hint: expect.stringContaining('CREATE TEMP TABLE'),
    })
  }
  expect(asked(harness)).toEqual([])
})

test("rows of others are locked beside a virtual table's", async ({ harness, client }) => {
  await client.query('begin')
  const { rows } = await client.query(
    'select city from own join place using (ip) where n = 1 for update of own',
  )
  expect(rows).toEqual([{ city: 'city of 1.1.1.1' }])
  await client.query('commit')
  expect(asked(harness)).toEqual(['place: ip = 1.1.1.1'])
})

test('COPY FROM STDIN into a table of a virtual one’s name', async ({ harness }) => {
  const raw = await RawClient.connect(harness.config)
  raw.send(queryMessage('create temp table event (name text)'))
  await raw.until('Z')
  raw.send(queryMessage('copy event from stdin'))
  expect((await raw.until('G')).map(({ type }) => type).join('')).toBe('G')
  raw.send(Buffer.from('d\0\0\0\u0006a\n', 'latin1'), Buffer.from('c\0\0\0\u0004', 'latin1'))
  expect((await raw.until('Z')).map(({ type }) => type).join('')).toBe('CZ')
  raw.close()
})

describe('tableoid is that of the virtual table', () => {
  test.for([
    [`select tableoid::regclass, city from place where ip = '1.1.1.1'`],
    [`select p.tableoid::regclass, p.city from place p where p.ip = '1.1.1.1'`],
    [`select distinct counting.place.tableoid::regclass, city from counting.place where ip = '1.1.1.1'`],
    [
      `with p as (select tableoid, * from place where ip = '1.1.1.1') select p.tableoid::regclass, city from p`,
    ],
    [`select tableoid::regclass, city from place where ip = '1.1.1.1' and tableoid = 'place'::regclass`],
    [`select tableoid::regclass, max(city) as city from place where ip = '1.1.1.1' group by tableoid`],
  ] as const)('%s', async ([text], { client }) => {
    expect((await client.query(text)).rows).toEqual([{ tableoid: 'place', city: 'city of 1.1.1.1' }])
  })
})

describe('a view', () => {
  test.beforeAll(async ({ client }) => {
    await client.query(`
      create schema other;
      create view located as
        select e.trail, e.name, e.address, p.city, p.ip from event e join place p on p.ip = e.address::inet
        where e.address ~ '^\\d';
      create view places as select ip as address, city from place;
      create view of_view (a, c) as select address, upper(city) from places;
      create view other.places as select 'other' as city, '1.1.1.1'::inet as address;
      create view guarded with (security_barrier) as select * from place;
      create view plain as select * from own`)
  })

  test('conditions on it reach the scans inside', async ({ harness, client }) => {
    expect((await client.query(`select name, city from located where trail = 't1' order by 1`)).rows).toEqual(
      [
        { name: 'a', city: 'city of 1.1.1.1' },
        { name: 'b', city: 'city of 2.2.2.2' },
      ],
    )
    expect(asked(harness)).toEqual(['event: trail = t1', 'place: ip = 1.1.1.1', 'place: ip = 2.2.2.2'])
  })

  test('so do parameters, joins, and conditions on a view of a view', async ({ harness, client }) => {
    const { rows } = await client.query('select c from of_view where a = $1', ['3.3.3.3'])
    expect(rows).toEqual([{ c: 'CITY OF 3.3.3.3' }])
    await client.query('select v.c from own join of_view v on v.a = own.ip where n = 2')
    await client.query(`select (select city from places where address = own.ip) from own where n = 1`)
    expect(asked(harness)).toEqual(['place: ip = 1.1.1.1', 'place: ip = 2.2.2.2', 'place: ip = 3.3.3.3'])
  })

  test('fields tell that they come from it', async ({ client }) => {
    const { fields } = await client.query({
      text: `select city from places where address = '1.1.1.1'`,
      values: [],
    })
    const { rows } = await client.query(`select 'places'::regclass::oid::int as oid`)
    expect(fields[0]?.tableID).toBe(rows[0].oid)
  })

  test('a key that is missing is told of the table inside', async ({ harness, client }) => {
    expect(await errorOf(client.query('select * from places'))).toMatchObject({ code: 'HV002' })
    expect(asked(harness)).toEqual([])
  })

  test('names are found as PostgreSQL finds them', async ({ client }) => {
    expect((await client.query('select city from other.places')).rows).toEqual([{ city: 'other' }])
    await client.query('set search_path = other, public')
    expect((await client.query('select city from places')).rows).toEqual([{ city: 'other' }])
    const text = `select public.places.city, public.places.* from public.places where address = '1.1.1.1'`
    expect((await client.query(text)).rows).toEqual([{ city: 'city of 1.1.1.1', address: '1.1.1.1' }])
    await client.query('reset search_path')
    const shadowed = `with place as (select 1), places as (select * from places where address = '1.1.1.1')
      select city from places, place`
    expect((await client.query(shadowed)).rows).toEqual([{ city: 'city of 1.1.1.1' }])
  })

  test('what it names is not caught by the statement around it, or by the search path', async ({
    client,
  }) => {
    await client.query(`create table mine as select 'hidden' as relname;
      create temp table mine as select 'pg_class' as relname;
      create temp view known as select k.name, c.relname from counting.kind k, mine join pg_class c using (relname)`)
    for (const [before, path] of [
      [`with mine as (select 'caught' as relname)`, 'public, counting'],
      [`with pg_class as (select 'caught' as relname)`, 'public, counting'],
      ['', 'public, counting, pg_temp'],
    ]) {
      await client.query(`set search_path = ${path}`)
      const { rows } = await client.query(`${before} select distinct relname from known`)
      expect(rows).toEqual([{ relname: 'pg_class' }])
    }
    await client.query('reset search_path; drop view known; drop table pg_temp.mine; drop table mine')
  })

  test('one that keeps conditions out is left to PostgreSQL', async ({ harness, client }) => {
    const { rows } = await client.query(`select city from guarded where ip = '1.1.1.1'`)
    expect(rows).toEqual([{ city: 'city of 1.1.1.1' }])
    expect(asked(harness)).toEqual(['place: ip = 1.1.1.1'])
  })

  test('whose query changes is expanded anew', async ({ client }) => {
    const text = `select city from changing where address = '1.1.1.1'`
    await client.query('create view changing as select * from places')
    expect((await client.query(text)).rows).toEqual([{ city: 'city of 1.1.1.1' }])
    await client.query(
      `create or replace view changing as select address, 'new ' || city as city from places`,
    )
    expect((await client.query(text)).rows).toEqual([{ city: 'new city of 1.1.1.1' }])
    await client.query(
      `drop view changing; create table changing as select 'kept' as city, '1.1.1.1'::inet as address`,
    )
    expect((await client.query(text)).rows).toEqual([{ city: 'kept' }])
    await client.query('drop table changing')
  })

  test('that only a function has made is known when the transaction has ended', async ({
    harness,
    client,
  }) => {
    await client.query(`do $$ begin
      execute 'create ' || 'view made as select e.name, p.city, e.trail
        from counting.event e join counting.place p on p.ip = e.address::inet'; end $$`)
    const text = `select city from made where trail = 't2'`
    const other = await harness.connect()
    await expect
      .poll(() =>
        other.query(text).then(
          ({ rows }) => rows,
          () => [],
        ),
      )
      .toEqual([{ city: 'city of 3.3.3.3' }])
  })
})

describe('SQL’s PREPARE and EXECUTE', () => {
  test('a prepared join is planned with its values', async ({ harness, client }) => {
    await client.query(`prepare by_trail (text) as
      select e.name, p.city from event e join place p on p.ip = e.address::inet where e.trail = $1 and e.name < 'c'`)
    expect(asked(harness)).toEqual([])
    expect((await client.query(`execute by_trail ('t' || 1)`)).rows).toHaveLength(2)
    expect(asked(harness)).toEqual(['event: trail = t1', 'place: ip = 1.1.1.1', 'place: ip = 2.2.2.2'])
  })

  test('arguments are evaluated once', async ({ client }) => {
    await client.query(
      'create temp sequence counter; prepare counted (int) as select $1 as n, city from place where ip = ($1 || $$.1.1.1$$)::inet',
    )
    const text = `execute counted (nextval('counter')::int)`
    expect((await client.query(text)).rows).toEqual([{ n: 1, city: 'city of 1.1.1.1' }])
    expect((await client.query(text)).rows).toEqual([])
    expect((await client.query(`select currval('counter')`)).rows).toEqual([{ currval: '2' }])
  })

  test('each argument stands for its own parameter', async ({ client }) => {
    await client.query(`prepare several (text, inet, text) as
      select $3 as z, city, $1 as x from place where ip = $2 and $1 || $3 = 'xz'`)
    expect((await client.query(`execute several ('x', '2.2.2.2', 'z')`)).rows).toEqual([
      { z: 'z', city: 'city of 2.2.2.2', x: 'x' },
    ])
  })

  test('a name that is prepared twice in one text stands for the last', async ({ client }) => {
    const text = `prepare again as select city from place where ip = '1.1.1.1'; execute again; deallocate again;
      prepare again as select city from place where ip = '2.2.2.2'; execute again; deallocate again`
    const results: unknown = await client.query(text)
    expect(results).toMatchObject([
      {},
      { rows: [{ city: 'city of 1.1.1.1' }] },
      {},
      {},
      { rows: [{ city: 'city of 2.2.2.2' }] },
      {},
    ])
  })
  test('EXPLAIN EXECUTE runs nothing', async ({ harness, client }) => {
    await client.query(`explain execute by_trail ('t1')`)
    expect(asked(harness)).toEqual([])
    const { rows } = await client.query(`explain (analyze, format json) execute by_trail ('t2')`)
    expect(JSON.stringify(rows)).toContain('Actual Rows')
    expect(asked(harness)).toEqual(['event: trail = t2'])
  })

  test('an error of an argument does not stay', async ({ client }) => {
    const error = await errorOf(client.query(`execute by_trail ('t' || 1 / 0)`))
    expect(error).toMatchObject({ code: '22012' })
    expect(await errorOf(client.query('execute by_trail (nothing)'))).toMatchObject({
      code: '42703',
      position: '19',
    })
    expect((await client.query(`execute by_trail ('t1')`)).rows).toHaveLength(2)
    const { rows } = await client.query(
      'select name from pg_prepared_statements where name like $$millrace_arg%$$',
    )
    expect(rows).toEqual([])
  })

  test('among other statements of one text', async ({ client }) => {
    const text = `prepare one as select 1; prepare twice (inet) as select 'a;b' as x, city from place where ip = $1;
      execute twice ('2.2.2.2'); deallocate twice`
    expect(await client.query(text)).toMatchObject([
      {},
      {},
      { rows: [{ x: 'a;b', city: 'city of 2.2.2.2' }] },
      {},
    ])
  })
})
