/** SQL functions over virtual tables, in FROM: what PostgreSQL inlines gets keys and conditions. */
import { describe, expect } from 'vitest'
import { propertyTest } from './testing/engine-test.js'
import type { PropertyHarness } from './testing/property-harness.js'
import { usualTables } from './testing/random-tables.js'

const rows = {
  thing: [
    { id: 1n, label: 'a', ip: '1.1.1.1', flag: true, amount: '2' },
    { id: 2n, label: 'b', ip: '2.2.2.2', flag: false, amount: '2.5' },
    { id: 3n, label: 't1', ip: null, flag: null, amount: '-0.5' },
  ],
  place: [
    { ip: '1.1.1.1', city: 'Windsor', size: 1n },
    { ip: '2.2.2.2', city: 'Madrid', size: 2n },
    { ip: '3.3.3.3', city: 'Nowhere', size: 3n },
  ],
  event: [
    { trail: 't1', address: '1.1.1.1', id: 1n, flag: true },
    { trail: 't1', address: 'example.com', id: 2n, flag: false },
    { trail: 't2', address: '2.2.2.2', id: 3n, flag: null },
  ],
  note: [
    { ip: '1.1.1.1', trail: 't1', id: 1n, flag: true },
    { ip: '2.2.2.2', trail: 't2', id: 2n, flag: false },
    { ip: null, trail: null, id: null, flag: null },
  ],
}

const functions = `
  create schema f;
  create function f.city_of (address inet) returns table (city text, size bigint) language sql stable
    as 'select city, size from place where ip = address';
  create function f.cities (inet) returns setof text language sql stable as $$select city from place where ip = $1$$;
  create function f.second (counted bigint, address inet) returns setof text language sql stable
    as $$select city from place where ip = $2 and size = $1$$;
  create function f.named (ip inet, size bigint) returns table (ip inet, city text) language sql stable
    as 'select p.ip, p.city from place p where p.ip = named.ip and p.size >= named.size;';
  create function f.one (address inet, out city text) returns setof text language sql stable
    as 'select city from place where ip = address limit 1';
  create function f.all_things () returns table (id bigint, label varchar) language sql stable
    as 'select id, label from thing order by id limit 2';
  create function f.either (address inet) returns table (city text, origin text) language sql stable
    as $$select city, 'place' from place where ip = address union all select trail, 'note' from note where ip = address$$;
  create function f.changing (address inet) returns table (city text) language sql volatile
    as 'select city from place where ip = address';
  create function f.strict (address inet) returns table (city text) language sql stable strict
    as 'select city from place where ip = address';
  create function f.shadowed (address inet) returns table (city text) language sql stable
    as 'select shadowed.city from place shadowed where ip = $1';
  create function f.two (address inet) returns table (city text) language sql stable
    as 'select city from place where ip = address';
  create function f.two (address text) returns table (city text) language sql stable
    as 'select city from place where ip = address::inet';
  create function f.locking (address inet) returns table (city text) language sql stable
    as 'select city from place where ip = address for share';
  create function f.other (n bigint) returns table (m bigint) language sql stable as 'select n + 1 from plain';
  create function f.twice (address inet) returns table (city text) language sql stable
    as 'select c.city || q.city from f.city_of(address) c, lateral (select * from f.cities(address) g (city)) q'`

const test = propertyTest({ tables: usualTables, rows: [rows], filtering: 'every operator' }).extend(
  'made',
  { scope: 'file', auto: true },
  async ({ harness }) => {
    // Their names stand for the tables of whoever calls them.
    await harness.define(`set check_function_bodies = off; ${functions}`)
  },
)

/** What a statement asks each table for, once its answer has been compared with PostgreSQL's own. */
async function asked(harness: PropertyHarness, text: string): Promise<readonly string[]> {
  const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
  expect(virtual).toEqual(expected)
  expect(virtual.rows).not.toEqual([])
  return harness.calls.map(({ table, quals }) => `${table}: ${quals.join('; ')}`).sort()
}

const both = ['place: ip = 1.1.1.1, 2.2.2.2']

describe('a call has the keys of what it is called with', () => {
  test.for([
    ["select city from f.city_of('1.1.1.1')", ['place: ip = 1.1.1.1']],
    ['select n.id, c.city from note n, f.city_of(n.ip) c', both],
    ['select n.id, c.city from note n cross join lateral f.city_of(n.ip) as c', both],
    ['select n.id, c.* from note n left join f.city_of(n.ip) c on true', both],
    ['select n.id, c.x, c.y from note n join f.city_of(n.ip) c (x, y) on c.y > 1', both],
    ['select n.id, city_of.city from note n, f.city_of(n.ip)', both],
    ['select n.id, count(c) from note n, f.city_of(n.ip) c group by 1', both],
    ['select n.id, c from note n, f.cities(n.ip) c', both],
    ["select n.id, c from note n, f.second(n.id, '2.2.2.2') c", ['place: ip = 2.2.2.2']],
    ['select n.id, c.town from note n, f.cities(n.ip) c (town)', both],
    ['select n.id, cities from note n, f.cities(n.ip)', both],
    ['select n.id, c.city from note n, f.one(n.ip) c', both],
    ['select n.id, c.city from note n, f.named(n.ip, n.id) c', both],
    ["select city from f.named((select ip from note where id = 1), length('a'))", ['place: ip = 1.1.1.1']],
    ['select n.id, c.city from note n, f.city_of(n.ip) c where n.id = 2', ['place: ip = 2.2.2.2']],
    ['with q as (select ip from note) select city from q, f.city_of(q.ip)', both],
    ['select n.id from note n where exists (select from f.city_of(n.ip) c where c.size = 1)', both],
    ['select n.id, (select city from f.city_of(n.ip)) from note n', both],
    ["select city from f.twice('1.1.1.1')", ['place: ip = 1.1.1.1']],
    ["select city, m from f.city_of('1.1.1.1'), f.other(size)", ['place: ip = 1.1.1.1']],
  ] as const)('%s', async ([text, calls], { harness }) => {
    expect(await asked(harness, text)).toEqual(calls)
  })
})

describe('conditions on what a call gives reach the tables', () => {
  test.for([
    ["select city, origin from f.either('1.1.1.1') where origin = 'note'", ['place: ip = 1.1.1.1']],
    ['select label from f.all_things() where id = 1', ['thing: ']],
    [
      "select c.city from event e, f.city_of(e.address::inet) c where e.trail = 't2'",
      ['event: trail = t2', 'place: ip = 2.2.2.2'],
    ],
  ] as const)('%s', async ([text, calls], { harness }) => {
    expect(await asked(harness, text)).toEqual(calls)
  })
})

describe('PostgreSQL itself calls it, by the loopback, where its query would not give the same', () => {
  /** There is no gateway here that the loopback could lead to. */
  const called = '42704'

  test('a CTE has the name of its table', async ({ harness }) => {
    const text = `with place as (select 'none' as city, inet '1.1.1.1' as ip)
      select city, id from f.city_of('1.1.1.1'), thing`
    const { virtual } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
    expect(virtual.sqlState).toBe(called)
  })

  test('it locks, which nobody may', async ({ harness }) => {
    const text = "select city from f.locking('1.1.1.1')"
    const { virtual } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
    expect(virtual.sqlState).toBe('42501')
  })

  test.for([
    ['volatile', "select city from f.changing('1.1.1.1')"],
    ['strict', "select city from f.strict('1.1.1.1')"],
    ['numbered', "select city from f.city_of('1.1.1.1') with ordinality"],
    ['beside others', "select * from rows from (f.city_of('1.1.1.1'), f.cities('1.1.1.1')) q"],
    ['a row of it has a type of its own', "select c from f.city_of('1.1.1.1') c"],
    ['by names of parameters', "select city from f.city_of(address => '1.1.1.1')"],
    ['its own item has its name', "select city from f.shadowed('1.1.1.1')"],
    ['several of a name', "select city from f.two('1.1.1.1'::inet)"],
  ] as const)('%s', async ([, text], { harness }) => {
    const { virtual } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
    expect(virtual.sqlState).toBe(called)
    expect(harness.calls).toEqual([])
  })
})
