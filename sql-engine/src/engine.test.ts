import { bigint, boolean, type Columns, inet, text } from '@millrace/plugin-sdk'
import pino from 'pino'
import { beforeEach, describe, expect } from 'vitest'
import { Engine } from './engine.js'
import { ClientSession } from './testing/client-session.js'
import { countingPlugin } from './testing/counting-plugin.js'
import { engineTest } from './testing/engine-test.js'
import type { TestPostgres } from './testing/test-postgres.js'

const events = [
  { source: 'a', address: '1.1.1.1', trail: 't1', size: 1n, read_only: true },
  { source: 'b', address: '2.2.2.2', trail: 't1', size: 2n, read_only: false },
  { source: 'c', address: '1.1.1.1', trail: 't2', size: 3n, read_only: null },
  { source: 'd', address: 'example.com', trail: 't2', size: 4n, read_only: true },
  { source: 'e', address: null, trail: 't1', size: 5n, read_only: false },
]
const places = ['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((ip) => ({ ip, city: `city of ${ip}` }))

const { plugin, calls } = countingPlugin({
  event: {
    columns: {
      trail: text('Trail'),
      source: text('Source'),
      address: text('Address'),
      size: bigint('Size'),
      read_only: boolean('Read only'),
    },
    keys: {
      trail: { operators: ['='], require: 'required', valuesPerCall: 1 },
      source: { operators: ['=', '<>', '~~'] },
      size: { operators: ['=', '<', '<=', '>', '>='], exact: ['<', '<=', '>', '>='] },
      read_only: { operators: ['=', 'is null'] },
    },
    orders: { size: ['asc', 'desc'] },
    rows: events,
  },
  place: {
    columns: { ip: inet('Address'), city: text('City') },
    keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 2 } },
    rows: places,
  },
  trail: {
    columns: { name: text('Name'), region: text('Region') },
    keys: { name: { operators: ['='] } },
    rows: [
      { name: 't1', region: 'eu' },
      { name: 't2', region: 'us' },
    ],
  },
})

const test = engineTest({ plugin })

test.beforeAll(async ({ session }) => {
  await session.query('create table address (a inet, note text)')
  await session.query("insert into address values ('1.1.1.1', 'x'), ('3.3.3.3', 'y'), (null, 'z')")
})

beforeEach(() => {
  calls.length = 0
})

/** Calls as `table: qual; qual`, in the order in which they were made. */
const asked = () => calls.map(({ table, quals }) => `${table}: ${quals.join('; ')}`)

describe('keys', () => {
  test('from a constant', async ({ session }) => {
    const rows = await session.query("select city from place where ip = '2.2.2.2'")
    expect(rows).toEqual([{ city: 'city of 2.2.2.2' }])
    expect(calls).toMatchObject([
      { table: 'place', columns: ['city', 'ip'], quals: ['ip = 2.2.2.2'], limit: undefined },
    ])
  })

  test('from a join by way of a CTE, each once, as many a call as the table takes', async ({ session }) => {
    const rows = await session.query(`
      with addrs as (
        select e.address::inet from event e where e.trail in ('t1', 't2') and e.address ~ '^[0-9]+'
      )
      select a.address as ip, i.city from addrs a join place i on a.address = i.ip order by 1`)
    expect(rows.map(({ ip }) => ip)).toEqual(['1.1.1.1', '1.1.1.1', '2.2.2.2'])
    expect(asked()).toEqual(['event: trail = t1', 'event: trail = t2', 'place: ip = 1.1.1.1, 2.2.2.2'])
  })

  test.for([
    ['IN', "ip in ('1.1.1.1', '2.2.2.2', null)"],
    ['ANY', "ip = any ('{1.1.1.1,2.2.2.2}')"],
    ['OR', "ip = '1.1.1.1' or (ip = '2.2.2.2' and city <> '')"],
    [
      'a subquery',
      "ip in (select address::inet from event where trail in ('t1', 't2') and address ~ '^[0-9]+')",
    ],
    ['VALUES', "ip in (values ('1.1.1.1'::inet), ('2.2.2.2'))"],
    ['a function', "exists (select from unnest(array['1.1.1.1', '2.2.2.2']::inet[]) as x where x = ip)"],
  ] as const)('from %s', async ([_, condition], { session }) => {
    const rows = await session.query(`select ip from place where ${condition} order by ip`)
    expect(rows.map(({ ip }) => ip)).toEqual(['1.1.1.1', '2.2.2.2'])
    expect(asked().at(-1)).toBe('place: ip = 1.1.1.1, 2.2.2.2')
  })

  test.for([
    ['an inner join', 'select city from address join place on ip = a', 2],
    ['a comma', 'select city from address, place where a = ip', 2],
    ['a left join', 'select city from address left join place on ip = a', 3],
    ['EXISTS', 'select note from address where exists (select from place where ip = a)', 2],
    ['NOT EXISTS', 'select note from address where not exists (select from place where ip = a)', 1],
    ['a scalar subquery', 'select note, (select city from place where ip = a) from address', 3],
    ['LATERAL', 'select city from address, lateral (select * from place where ip = a) p', 2],
    ['IN', 'select note from address where a in (select ip from place)', 2],
    ['USING', 'select city from (select a as ip from address) s join place using (ip)', 2],
    ['a subquery', 'select city from address join (select * from place) p on p.ip = a', 2],
  ] as const)('from an ordinary table, by %s', async ([_, statement, count], { session }) => {
    expect(await session.query(statement)).toHaveLength(count)
    expect(asked()).toEqual(['place: ip = 1.1.1.1, 3.3.3.3'])
  })

  test('other conditions on the partner leave fewer', async ({ session }) => {
    await session.query("select city from address join place on ip = a where note = 'y'")
    expect(asked()).toEqual(['place: ip = 3.3.3.3'])
  })

  test('a LIMIT inside of a CTE is honoured', async ({ session }) => {
    await session.query(
      'with x as (select a from address order by a limit 1) select * from x join place on ip = a',
    )
    expect(asked()).toEqual(['place: ip = 1.1.1.1'])
  })

  test('none: the API is not asked', async ({ session }) => {
    expect(await session.query("select * from address join place on ip = a where note = 'none'")).toEqual([])
    expect(await session.query('select * from place where ip = null')).toEqual([])
    expect(calls).toEqual([])
  })

  test('missing: an error that names table and column', async ({ session }) => {
    await expect(session.query('select * from place')).rejects.toMatchObject({
      sqlState: 'HV002',
      message: 'table "place" needs a value for its key column "ip"',
    })
    await expect(
      session.query('select * from address left join place on ip = a or a is null'),
    ).rejects.toThrow('"ip"')
    expect(calls).toEqual([])
  })

  test('volatile expressions are no keys', async ({ session }) => {
    const random = "('1.1.1.' || (random() * 10)::int)::inet"
    await expect(session.query(`select * from place where ip = ${random}`)).rejects.toThrow('key column')
  })

  test('what is joined through two tables', async ({ session }) => {
    const rows = await session.query(
      'select t.region, e.source from trail t join event e on e.trail = t.name where t.region = $$eu$$ order by 2',
    )
    expect(rows.map(({ source }) => source)).toEqual(['a', 'b', 'e'])
    expect(asked()).toEqual(['trail: ', 'event: trail = t1'])
  })
})

describe('conditions', () => {
  test('that no value of the column fulfils ask for nothing', async ({ session }) => {
    expect(await session.query("select * from event where trail = 't1' and size = 1.5")).toEqual([])
    expect(asked()).toEqual([])
  })

  test.for([
    ["source = 'a'", 'source = a', 1],
    ["source in ('a', 'b')", 'source = a, b', 2],
    ["source not in ('a')", 'source <> a', 2],
    ["source like 'a%'", 'source ~~ a%', 1],
    ['size > 1', 'size > 1', 2],
    ['2 > size', 'size < 2', 1],
    ['size > 1.5', undefined, 2],
    ['size = 2.0', 'size = 2', 1],
    ['read_only', 'read_only = true', 1],
    ['not read_only', 'read_only = false', 2],
    ['read_only is true', 'read_only = true', 1],
    ['read_only is not true', undefined, 2],
    ['read_only is null', 'read_only is null', 0],
    ['source = \'a\' collate "C"', 'source = a', 1],
    ['source > \'A\' collate "C"', undefined, 3],
  ] as const)('%s', async ([condition, qual, count], { session }) => {
    expect(await session.query(`select source from event where trail = 't1' and ${condition}`)).toHaveLength(
      count,
    )
    expect(asked()).toEqual([`event: ${qual === undefined ? '' : `${qual}; `}trail = t1`])
  })

  test('between', async ({ session }) => {
    await session.query("select from event where trail = 't1' and size between 1 and 2")
    expect(asked()).toEqual(['event: size <= 2; size >= 1; trail = t1'])
  })

  test('an outer join pushes to its nullable side only', async ({ session }) => {
    const on = "on e.trail = 't1' and t.name = 't1' and e.source = 'a'"
    const rows = await session.query(
      `select t.name, e.source from trail t left join event e ${on} order by 1`,
    )
    expect(rows).toEqual([
      { name: 't1', source: 'a' },
      { name: 't2', source: null },
    ])
    expect(asked().sort()).toEqual(['event: source = a; trail = t1', 'trail: '])
  })

  test('IS NULL above an outer join is not pushed', async ({ session }) => {
    const rows = await session.query(
      "select t.name from trail t left join event e on e.trail = 't1' and t.name = 't2' and e.source = 'zz' where e.read_only is null",
    )
    expect(rows).toHaveLength(2)
  })
})

describe('LIMIT', () => {
  test.for([
    ["select * from event where trail = 't1' limit 2", 2],
    ["select * from event where trail = 't1' limit 1 offset 1", 2],
    ["select * from event where trail = 't1' and source ~ 'a' limit 2", undefined],
    ["select * from event where trail = 't1' order by source limit 2", undefined],
    ["select distinct trail from event where trail = 't1' limit 2", undefined],
    ["select count(*) from event where trail = 't1' limit 2", undefined],
    ["select * from event where trail = 't1' and source = 'a' limit 2", undefined],
    ['select * from trail limit 1', 1],
    ["select * from event where (trail = 't1' or trail = 't1') = true limit 1", undefined],
    ["select * from event where (trail = 't1' and source = 'a') = true limit 1", undefined],
    ["select * from event where (trail = 't1') is true limit 1", undefined],
    ["select * from event where trail = 't1' order by source fetch first 1 rows with ties", undefined],
    ["select count(*) over () from event where trail = 't1' limit 1", undefined],
    ["select generate_series(1, 2) from event where trail = 't1' limit 3", undefined],
    ["select trail from event where trail = 't1' group by trail limit 1", undefined],
    ["select 1 from event where trail = 't1' having true limit 1", undefined],
    ["select distinct on (trail) trail from event where trail = 't1' limit 1", undefined],
    ["(select source from event where trail = 't1') union all (values ('x')) limit 1", undefined],
    ["select source from event, generate_series(1, 2) where trail = 't1' limit 1", undefined],
    ["select * from (select source from event where trail = 't1') e limit 1", undefined],
    ["select source from event where trail = 't1' limit (select 1)", 1],
    ["select source from event where trail = 't1' limit null", undefined],
    ["select source from event where trail = 't1' limit all", undefined],
    ["select source from event where trail = 't1' offset 1", undefined],
    ["select source from event where trail = 't1' limit 1 offset null", 1],
    ["select source from event where trail = 't1' and size >= 1 limit 1", 1],
    ["select source from event where trail = 't1' and 1 <= size and size < (select 10) limit 1", 1],
    ["select source from event where trail = 't1' and size between 1 and 10 limit 1", 1],
    ["select source from event where trail = 't1' and size not between 1 and 10 limit 1", undefined],
    ["select source from event where trail = 't1' and size between 1 and length(source) limit 1", undefined],
    ["select source from event where trail = 't1' and size >= length(source) limit 1", undefined],
    ["select source from event where trail = 't1' and size < 1.5 limit 1", undefined],
    ["select source from event where trail = 't1' and size = 1 limit 1", undefined],
    ["select source from event where trail = 't1' and (size >= 1) is not false limit 1", undefined],
    ["select source from event where trail = 't1' and (size, source) >= (1, 'a') limit 1", undefined],
  ] as const)('%s', async ([statement, limit], { session }) => {
    await session.query(statement)
    expect(calls.map(({ limit, order }) => [limit, order])).toEqual([[limit, undefined]])
  })

  const of = "from event where trail = 't1'"

  test.for([
    [`select * ${of} order by size limit 2`, 2, 'asc'],
    [`select * ${of} order by size desc limit 2`, 2, 'desc'],
    [`select * ${of} order by size desc nulls last limit 2`, 2, 'desc'],
    [`select * ${of} order by event.size desc nulls first limit 2`, 2, 'desc'],
    [`select source, size ${of} order by 2 limit 1 offset 1`, 2, 'asc'],
    [`select source, size as much ${of} order by much desc limit 1`, 1, 'desc'],
    [`select source ${of} order by size desc, lower(source), random() limit 1`, 1, 'desc'],
    [`select size as source ${of} order by source limit 1`, 1, 'asc'],
    [`select * ${of} order by size fetch first 2 rows with ties`, 2, 'asc'],
    [`select * ${of} order by size limit (select 1)`, 1, 'asc'],
    [`select * ${of} and size > 1 order by size limit 2`, 2, 'asc'],
    [`select * ${of} and size between 2 and 5 order by size limit 2`, 2, 'asc'],
    [`select * ${of} and source in ('a', 'b') and source <> 'x' order by size limit 2`, 2, 'asc'],
    [`select * ${of} and source not in ('a', 'b') order by size limit 1`, 1, 'asc'],
    [`select * ${of} and not read_only order by size limit 1`, 1, 'asc'],
    [`select * ${of} and read_only is null order by size limit 1`, 1, 'asc'],
    [`select (select 1 as name) ${of} order by size limit 1`, 1, 'asc'],
    ["select * from event e (t, s, a, n) where t in ('t1', 't2') order by n desc limit 1", 1, 'desc'],
    [`with e as (select * ${of} order by size desc limit 1) select count(*) from e, e f`, 1, 'desc'],
  ] as const)('of the first rows: %s', async ([statement, limit, direction], { session }) => {
    await session.query(statement)
    expect(calls).not.toEqual([])
    for (const call of calls) expect(call).toMatchObject({ limit, order: { column: 'size', direction } })
  })

  test.for([
    `select source as size ${of} order by size limit 1`,
    `select source as size, * ${of} order by 1 limit 1`,
    // What PostgreSQL calls its output is not known here.
    `select (array[1])[1], source ${of} order by size limit 1`,
    `select * ${of} order by -size limit 1`,
    `select * ${of} order by size + 0 limit 1`,
    `select * ${of} order by source, size limit 1`,
    `select * ${of} order by size using < limit 1`,
    `select * ${of} and source like 'a%' order by size limit 1`,
    `select * ${of} and address = '1.1.1.1' order by size limit 1`,
    `select * ${of} and source not in ('a', trail) order by size limit 1`,
    `select * ${of} and (source = 'a' or size = 1) order by size limit 1`,
    `select * ${of} and size not between 2 and 3 order by size limit 1`,
    `select distinct size ${of} order by size limit 1`,
    `select size ${of} group by size order by size limit 1`,
    `select size, count(*) over () ${of} order by size limit 1`,
    `select size, generate_series(1, 0) ${of} order by size limit 1`,
    `select size ${of} order by size, generate_series(1, 0) limit 1`,
    `select size ${of} order by size, row_number() over () limit 1`,
    `select size ${of} order by size limit null`,
    `(select size ${of}) union all (select 1) order by size limit 1`,
    `select size from event join trail on trail = name ${of.slice(11)} order by size limit 1`,
  ])('not of the first rows: %s', async (statement, { session }) => {
    await session.query(statement)
    for (const { table, limit } of calls) if (table === 'event') expect(limit).toBeUndefined()
  })

  test('the first rows of each of several calls, with those in the same place', async ({ session }) => {
    const rows = await session.query(
      "select source, size from event where trail in ('t1', 't2') order by size desc limit 1 offset 1",
    )
    expect(rows).toEqual([{ source: 'd', size: '4' }])
    expect(calls.map(({ limit }) => limit)).toEqual([2, 2])
  })

  test('a negative one asks nothing', async ({ session }) => {
    for (const end of ['limit -1', 'order by size limit 1 offset -2']) {
      await expect(session.query(`select * ${of} ${end}`)).rejects.toThrow('must not be negative')
    }
    expect(calls).toEqual([])
  })
})

describe('names', () => {
  test("a user's own table of the same name wins", async ({ session }) => {
    await session.query('create temp table place (ip inet, city text)')
    expect(await session.query('select * from place')).toEqual([])
    await session.query('drop table place')
  })

  test("an operator that is not PostgreSQL's own is not taken for it", async ({ session }) => {
    await session.query(`create function public.always(text, text) returns boolean immutable return true;
      create operator public.= (leftarg = text, rightarg = text, function = public.always);
      set search_path = public, pg_catalog, counting`)
    try {
      const rows = await session.query(
        "select source from event where trail operator(pg_catalog.=) 't1' and source = 'none'",
      )
      expect(rows).toHaveLength(3)
      expect(asked()).toEqual(['event: trail = t1'])
    } finally {
      await session.query(`drop operator public.= (text, text); drop function public.always(text, text);
        reset search_path`)
    }
  })

  test('where = NULL is taken for IS NULL, no comparison is taken for what it says', async ({ session }) => {
    await session.query('set transform_null_equals = on')
    const rows = await session.query(
      "select source from event where trail operator(pg_catalog.=) 't1' and read_only = null",
    )
    await session.query('reset transform_null_equals')
    const isNull = await session.query("select source from event where trail = 't1' and read_only is null")
    expect(rows).toEqual(isNull)
  })

  test('a CTE of the same name wins', async ({ session }) => {
    expect(await session.query('with place as (select 1 as x) select * from place')).toEqual([{ x: 1 }])
  })

  test('schema, quotes, aliases, comments', async ({ session }) => {
    const rows = await session.query(
      `select "counting" . place.city, "counting".place.ip from counting /* é */ . "place" where counting.place.ip = '1.1.1.1'`,
    )
    expect(rows).toEqual([{ city: 'city of 1.1.1.1', ip: '1.1.1.1' }])
    expect(await session.query("select p.* from place as p where p.ip = '1.1.1.1'")).toHaveLength(1)
    expect(await session.query("select y from place as p(x, y) where x = '1.1.1.1'")).toEqual([
      { y: 'city of 1.1.1.1' },
    ])
  })

  test('whole rows', async ({ session }) => {
    const rows = await session.query("select to_jsonb(place) as j from place where ip = '1.1.1.1'")
    expect(rows).toEqual([
      {
        j: {
          _ctx: { connection_name: 'counting' },
          sp_ctx: { connection_name: 'counting' },
          sp_connection_name: 'counting',
          ip: '1.1.1.1',
          city: 'city of 1.1.1.1',
        },
      },
    ])
  })
})

describe("values of types that are not the column's", () => {
  test('for a required key: an error that says so', async ({ session }) => {
    await expect(session.query(`select * from event where trail = 't'::"char"`)).rejects.toMatchObject({
      sqlState: 'HV002',
      detail: expect.stringContaining("the column's type"),
    })
    expect(calls).toEqual([])
  })

  test('a column that a view keeps at an earlier type is not pushed', async ({ session, postgres }) => {
    const start = (postgres: TestPostgres, columns: Columns) => {
      const host = {
        columns,
        keys: { name: { operators: ['=' as const] }, port: { operators: ['=' as const, '<' as const] } },
        rows: [{ name: 'a', port: 7n }],
      }
      const counting = countingPlugin({ host })
      const connections = [
        { name: 'counting', plugin, settings: {} },
        { name: 'changing', plugin: counting.plugin, settings: {} },
      ]
      const options = { postgres, connections, environment: {}, log: pino({ level: 'silent' }) }
      return { ...counting, engine: Engine.start(options) }
    }
    const earlier = start(postgres, { name: text('Name'), port: text('Port') })
    await (await earlier.engine).stop()
    await session.query('create view host_port as select port from changing.host')
    const later = start(postgres, { name: text('Name'), port: bigint('Port') })
    const other = await later.engine
    const visitor = await ClientSession.open({ ...postgres.engineConfig, user: 'millrace' }, other)
    try {
      const rows = await visitor.query(
        "select * from changing.host where port = '7' and port < '8' and name = 'a'",
      )
      expect(rows).toMatchObject([{ name: 'a', port: '7' }])
      expect(later.calls.map(({ quals }) => quals)).toEqual([['name = a']])
    } finally {
      await visitor.close()
      await other.stop()
    }
  })
})

describe('rows that reach no answer are not asked for', () => {
  test.for([
    ['select * from place where false', 0],
    ['select * from place where 1 = 0', 0],
    ['select * from place where null and city is not null', 0],
    ['select * from place limit 0', 0],
    ['select * from (select * from place p join event e on p.city = e.source) x limit 0', 0],
    ['select * from (select city from place union all select source from event) x where 0 = 1', 0],
    ['select city from place union all select source from event limit 0', 0],
    ['select count(*) from place where false', 1],
    ["select * from trail t left join place p on false where t.name = 't1'", 1],
    ["select * from place p right join trail t on 1 = 2 where t.name = 't1'", 1],
    ['select a from address where exists (select from place where false)', 0],
  ] as const)('%s', async ([text, count], { session }) => {
    expect(await session.query(text)).toHaveLength(count)
    expect(calls.filter(({ table }) => table !== 'trail')).toEqual([])
  })

  test.for([
    [
      "select t.name, e.source from trail t left join event e on e.trail = t.name and false where t.name = 't1'",
      1,
    ],
    [
      "with p as (select * from place where ip = '1.1.1.1'), q as (select * from p where false) select city from p",
      1,
    ],
    ["(select city from place where ip = '1.1.1.1') union all (select 'x' limit 0)", 1],
    ["select p.city from place p left join address a on false where p.ip = '1.1.1.1'", 1],
    ["select city from place where ip = '1.1.1.1' and (select count(*) from trail where false) = 0", 1],
  ] as const)('others are: %s', async ([text, count], { session }) => {
    expect(await session.query(text)).toHaveLength(count)
    expect(calls).toHaveLength(1)
  })
})
