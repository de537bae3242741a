/** Where keys may come from: what is asked of the tables, and that the answer is PostgreSQL's. */
import { bigint, inet, jsonb, text } from '@millrace/plugin-sdk'
import { beforeEach, describe, expect } from 'vitest'
import type { ClientSession } from './testing/client-session.js'
import { countingPlugin } from './testing/counting-plugin.js'
import { engineTest } from './testing/engine-test.js'
import { boundParameters } from './testing/property-harness.js'

const addresses = ['1.1.1.1', '2.2.2.2', '3.3.3.3']

const { plugin, calls } = countingPlugin({
  place: {
    columns: { ip: inet('Address'), city: text('City'), doc: jsonb('Document') },
    keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 1 } },
    rows: addresses.map((ip) => ({ ip, city: `city of ${ip}`, doc: `[{"ip": "${ip}"}]` })),
  },
  pair: {
    columns: { a: bigint('First key'), b: text('Second key'), c: bigint('Neither') },
    keys: {
      a: { operators: ['='], require: 'required', valuesPerCall: 1 },
      b: { operators: ['='], require: 'required', valuesPerCall: 1 },
    },
    rows: [1n, 2n, 3n].flatMap((a) => ['x', 'y'].map((b) => ({ a, b, c: 10n * a }))),
  },
  thing: {
    columns: { id: bigint('Number'), kind: text('Kind'), note: text('Note') },
    keys: {
      id: { operators: ['=', '<', '<=', '>', '>='] },
      kind: { operators: ['=', '<>', 'is null', 'is not null'] },
    },
    rows: [1n, 2n, 3n, 4n].map((id) => ({ id, kind: id === 4n ? null : `k${id % 2n}`, note: `n${id}` })),
  },
  grid: {
    columns: { x: bigint('First'), y: bigint('Second'), z: bigint('Third') },
    keys: {
      x: { operators: ['='], require: 'required', valuesPerCall: 1 },
      y: { operators: ['='], valuesPerCall: 1, inherent: true },
      z: { operators: ['='], valuesPerCall: 10, inherent: true },
    },
    rows: [1n, 2n].flatMap((x) => [1n, 2n].map((y) => ({ x, y, z: 1n }))),
  },
  /** A call without a word finds all, and tells no word; that is what these rows are like. */
  search: {
    columns: { word: text('What is looked for'), found: text('What is found') },
    keys: { word: { operators: ['='], valuesPerCall: 1 } },
    rows: [{ word: 'w1', found: 'x' }],
  },
})

const test = engineTest({ plugin })

test.beforeAll(async ({ session }) => {
  await session.query(`
    create domain address as inet;
    create domain short as text check (length(value) < 20);
    create table own (n bigint, ip inet, d address, s short);
    insert into own values (1, '1.1.1.1', '1.1.1.1', 'x'), (2, '2.2.2.2', '2.2.2.2', 'y'), (null, null, null, null);
    create schema copied;
    create table copied.place as select ip, city, doc from place where ip in ('1.1.1.1', '2.2.2.2', '3.3.3.3');
    create table copied.pair as select a, b, c from pair where a in (1, 2, 3) and b in ('x', 'y');
    create table copied.grid as select x, y, z from grid where x in (1, 2);
    create table copied.thing as select id, kind, note from thing`)
})

beforeEach(() => {
  calls.length = 0
})

const asked = () => calls.map(({ table, quals }) => `${table}: ${quals.join('; ')}`).sort()

/** Runs a query over the virtual tables, and over copies of them; the rows have to be the same. */
async function ask(session: ClientSession, query: string): Promise<readonly string[]> {
  const rowsOf = async (session: ClientSession, path: string) => {
    await session.query(`set search_path = public, ${path}`)
    return (await session.query(query)).map((row) => JSON.stringify(Object.values(row))).sort()
  }
  const expected = await rowsOf(session, 'copied')
  calls.length = 0
  expect(await rowsOf(session, 'counting')).toEqual(expected)
  return asked()
}

const place = (...ips: readonly string[]) => ips.map((ip) => `place: ip = ${ip}`)

describe('one key', () => {
  test.for([
    ['select city from place where ip = $$1.1.1.1$$ or false', place('1.1.1.1')],
    ['select city from place where ip = $$1.1.1.1$$ or 1 = 2 or null', place('1.1.1.1')],
    ['select city from place where (ip = $$1.1.1.1$$) and true', place('1.1.1.1')],
    ['select city from place where (ip = $$1.1.1.1$$) is true', place('1.1.1.1')],
    ['select city from place where not (not (ip = $$1.1.1.1$$))', place('1.1.1.1')],
    ['select city from place where not (ip <> $$1.1.1.1$$ or city is null)', place('1.1.1.1')],
    [
      'select city from place where (ip = $$1.1.1.1$$ and city <> $$$$) or (ip = $$2.2.2.2$$ and false)',
      place('1.1.1.1'),
    ],
    ['select city from place where case when true then ip = $$1.1.1.1$$ end or ip = $$2.2.2.2$$', undefined],
    ['select city from place where ip = any (array[$$1.1.1.1$$, null]::inet[])', place('1.1.1.1')],
    ['select city from place where $$1.1.1.1$$ = ip', place('1.1.1.1')],
    ['select city from place where ip = $$1.1.1.1$$::address', place('1.1.1.1')],
    ['select city from place where ip::text = $$1.1.1.1/32$$ and ip = $$1.1.1.1$$', place('1.1.1.1')],
    [
      'select city from place where ip in ((select ip from own where n = 1), $$2.2.2.2$$)',
      place('1.1.1.1', '2.2.2.2'),
    ],
    ['select city from place where ip is not distinct from $$1.1.1.1$$', ['place: ip = 1.1.1.1']],
    ['select city from place where row(ip) = row($$1.1.1.1$$::inet)', place('1.1.1.1')],
  ] as const)('%s', async ([query, calls], { session }) => {
    if (calls === undefined) await expect(ask(session, query)).rejects.toMatchObject({ sqlState: 'HV002' })
    else expect(await ask(session, query)).toEqual(calls)
  })
})

describe('joins', () => {
  test.for([
    ['select city from own natural join place', place('1.1.1.1', '2.2.2.2')],
    ['select city from own natural left join place', place('1.1.1.1', '2.2.2.2')],
    ['select city from own join place on place.ip = own.d', place('1.1.1.1', '2.2.2.2')],
    ['select city from own join place using (ip) where own.ip = $$1.1.1.1$$', place('1.1.1.1')],
    ['select city from own join place using (ip) where place.ip = $$1.1.1.1$$', place('1.1.1.1')],
    ['select p.city from own o join place p on p.ip = o.ip and o.ip = $$1.1.1.1$$', place('1.1.1.1')],
    [
      'select q.city from place p join place q on q.ip = p.ip where p.ip = $$1.1.1.1$$',
      place('1.1.1.1', '1.1.1.1'),
    ],
    [
      'select q.city from place p, place q, place r where q.ip = p.ip and q.ip = r.ip and r.ip = $$1.1.1.1$$',
      place('1.1.1.1', '1.1.1.1'),
    ],
    [
      'select city from (own join (values (1::bigint)) v (n) using (n)) as j join place on place.ip = j.ip',
      place('1.1.1.1'),
    ],
    ['select j.city from (own join place using (ip)) as j where j.ip = $$1.1.1.1$$', place('1.1.1.1')],
    [
      'select city from (own as o (a, b, c, d) cross join place) as j where ip = $$1.1.1.1$$',
      place('1.1.1.1'),
    ],
    [
      'select j.city from own left join (own o2 join place using (ip)) as j on j.n = own.n and j.ip = $$1.1.1.1$$',
      place('1.1.1.1'),
    ],
    [
      'select city from place where ip in (select j.ip from (own o join (values (1::bigint)) v (n) using (n)) as j)',
      place('1.1.1.1'),
    ],
    // Another column of the same rows is no reason to ask twice.
    [
      'select p.city from place p, place q where p.ip = $$1.1.1.1$$ and q.ip = $$1.1.1.1$$ and q.doc is not null',
      place('1.1.1.1'),
    ],
    [
      'select city from own, lateral (select city from place where ip = own.ip offset 0) l',
      place('1.1.1.1', '2.2.2.2'),
    ],
    ['select n, (select city from place where ip = own.ip limit 1) from own', place('1.1.1.1', '2.2.2.2')],
    [
      'select city from own join (place p join own q on q.ip = p.ip) on own.ip = p.ip where own.n = 1',
      place('1.1.1.1'),
    ],
    [
      `select e->>'ip', city from place, jsonb_array_elements(doc) as e where ip = '1.1.1.1'`,
      place('1.1.1.1'),
    ],
    [
      `select city from jsonb_array_elements('[{"ip": "1.1.1.1"}]') as e join place on ip = (e->>'ip')::inet`,
      place('1.1.1.1'),
    ],
    [
      `select city from json_each_text('{"a": "1.1.1.1"}') as e join place on ip = e.value::inet`,
      place('1.1.1.1'),
    ],
    [
      `select city from own join (values (1::bigint)) v (n) using (n) as u join place on place.ip = own.ip`,
      place('1.1.1.1'),
    ],
  ] as const)('%s', async ([query, calls], { session }) => {
    expect(await ask(session, query)).toEqual(calls)
  })

  test('columns of a function are not asked of the tables beside it', async ({ session }) => {
    await ask(session, `select e->>'ip' from place, jsonb_array_elements(doc) as e where ip = '1.1.1.1'`)
    expect(calls.map(({ columns }) => columns)).toEqual([['doc', 'ip']])
  })
})

describe('several keys', () => {
  test.for([
    ["select c from pair where a = 1 and b = 'x'", ['pair: a = 1; b = x']],
    [
      "select c from pair where a in (1, 2) and b in ('x', 'y')",
      ['1; b = x', '1; b = y', '2; b = x', '2; b = y'].map((keys) => `pair: a = ${keys}`),
    ],
    // Each waits for a value of the other, but for equality being transitive.
    [
      "select p.c from pair p, pair q where p.a = q.a and q.a = 1 and p.b = q.b and p.b = 'x'",
      ['pair: a = 1; b = x'],
    ],
    ["select c from pair where (a, b) = (1, 'x')", ['pair: a = 1; b = x']],
    [
      "select c from pair where (a, b) in ((1, 'x'), (2, 'y'))",
      ['1; b = x', '1; b = y', '2; b = x', '2; b = y'].map((keys) => `pair: a = ${keys}`),
    ],
    [
      "select c from pair where a = 1 and b = 'x' or a = 2 and b = 'x'",
      ['pair: a = 1; b = x', 'pair: a = 2; b = x'],
    ],
    ['select c from pair where (a, b) in (select n, s from own where n = 1)', ['pair: a = 1; b = x']],
    [
      "select c from pair, own o, (values ('x')) v (s) where a = o.n and b = v.s and o.n = 2",
      ['pair: a = 2; b = x'],
    ],
    [
      'select c from pair, own o where a = o.n and b = o.s',
      ['1; b = x', '1; b = y', '2; b = x', '2; b = y'].map((keys) => `pair: a = ${keys}`),
    ],
    [
      'select c from pair natural join (select n as a, s as b from own where n = 1) o',
      ['pair: a = 1; b = x'],
    ],
  ] as const)('%s', async ([query, calls], { session }) => {
    expect(await ask(session, query)).toEqual(calls)
  })
})

describe('keys that an API can do without', () => {
  test.for([
    ['select note from thing where id = 1 and (kind = $$k1$$ or false)', ['thing: id = 1; kind = k1']],
    ['select note from thing where id > 1 and id <= 3', ['thing: id <= 3; id > 1']],
    ['select note from thing where not (id > 1)', ['thing: id <= 1']],
    ['select note from thing where not (id between 2 and 3)', ['thing: ']],
    ['select note from thing where id not between 2 and 3', ['thing: ']],
    ['select note from thing where not (kind is null)', ['thing: kind is not null']],
    ['select note from thing where not (kind = $$k1$$)', ['thing: kind <> k1']],
    ['select note from thing where id between symmetric 3 and 2', ['thing: id <= 3; id >= 2']],
    ['select note from thing where kind is distinct from $$k1$$', ['thing: ']],
    ['select note from thing where (kind = $$k1$$) is not true', ['thing: ']],
    ['select note from thing where (kind = $$k1$$) is not false', ['thing: ']],
    ['select note from thing where (kind = $$k1$$) is false', ['thing: kind <> k1']],
    ['select note from thing where (kind = $$k1$$) = true', ['thing: kind = k1']],
    ['select note from thing where coalesce(kind, $$k1$$) = $$k1$$', ['thing: ']],
    ['select note from thing where (id, kind) < (2, $$k1$$)', ['thing: id <= 2']],
    ['select note from thing where (id, kind) >= (2, $$k1$$)', ['thing: id >= 2']],
    ['select note from thing where kind = null or id = null', ['thing: ']],
    ['select note from thing where id = 1 and (null or false)', []],
  ] as const)('%s', async ([query, calls], { session }) => {
    expect(await ask(session, query)).toEqual(calls)
  })
})

describe('several lists of values are asked for in all combinations, but not in too many', () => {
  const list = (count: number) => Array.from({ length: count }, (_, index) => index + 1).join(', ')
  test.for([
    [2, 3, 1, 6],
    [10, 10, 1, 100],
    // The list with the most values is left to PostgreSQL.
    [10, 11, 1, 10],
    [10, 11, 30, 30],
    [2, 30, 100, 20],
    // A table cannot do without its key.
    [150, 2, 1, 150],
  ] as const)('%i, %i and %i', async ([x, y, z, count], { session }) => {
    await ask(
      session,
      `select x, y from grid where x in (${list(x)}) and y in (${list(y)}) and z in (${list(z)})`,
    )
    expect(calls).toHaveLength(count)
  })
  test('but a column that only repeats what is asked has all its values asked for', async ({ session }) => {
    const words = Array.from({ length: 150 }, (_, index) => `'w${index}'`)
    await session.query(`select found from counting.search where word in (${words})`)
    expect(calls).toHaveLength(150)
  })
})

test('a required key from parameters of several types', async ({ session }) => {
  await session.query('set search_path = counting')
  const parameters = [
    { type: 'bigint', value: '1' },
    { type: 'double precision', value: '2.5' },
  ] as const
  const text = 'select x, y from grid where x in ($1, $2) and y = 2'
  const bound = boundParameters({ text, parameters, isOrdered: false })
  expect((await session.queryWithParameters(text, bound)).rows).toEqual([['1', '2']])
  expect(asked()).toEqual(['grid: x = 1; y = 2'])
})
