/** Keys are found through whatever PostgreSQL itself would look through. */
import { doublePrecision, text } from '@millrace/plugin-sdk'
import pg from 'pg'
import { describe, expect } from 'vitest'
import { ClientSession } from './testing/client-session.js'
import { propertyTest } from './testing/engine-test.js'
import type { PropertyHarness } from './testing/property-harness.js'
import { usualTables } from './testing/random-tables.js'

const rows = {
  thing: [
    { id: 1n, label: 'a', ip: '1.1.1.1', flag: true, amount: '2', seen: '2022-07-06T20:38:09Z' },
    { id: 2n, label: 'b', ip: '2.2.2.2', flag: false, amount: '2.5', seen: '2022-07-07T20:38:09Z' },
    { id: 3n, label: 't1', ip: null, flag: null, amount: '-0.5', seen: null },
  ],
  place: [
    { ip: '1.1.1.1', city: 'Windsor', size: 1n },
    { ip: '2.2.2.2', city: 'Madrid', size: 2n },
    { ip: '2001:db8::1', city: 'Nowhere', size: 3n },
  ],
  event: [
    { trail: 't1', address: '1.1.1.1', id: 1n, flag: true, seen: '2022-07-06T20:38:09Z' },
    { trail: 't1', address: 'example.com', id: 2n, flag: false, seen: '2022-07-06T20:38:09.123Z' },
    { trail: 't2', address: '2.2.2.2', id: 3n, flag: null, seen: '2022-07-07T20:38:09Z' },
    { trail: 't3', address: null, id: 4n, flag: true, seen: '2022-07-08T20:38:09Z' },
  ],
  note: [
    { ip: '1.1.1.1', trail: 't1', id: 1n, flag: true },
    { ip: '1.1.1.1', trail: 't2', id: 2n, flag: false },
    { ip: null, trail: null, id: null, flag: null },
  ],
  tagged: [
    { tag: 't1', size: 1 },
    { tag: null, size: 2 },
  ],
}

/** Texts that are nearly the same, and a number of many digits. */
const oddRows = {
  ...rows,
  thing: ['a', 'a ', 'A', 'b'].map((label, index) => ({ id: BigInt(index), label, ip: '2001:db8::1' })),
  measure: [{ size: 0.30000000000000004 }, { size: 0.09999999 }, { size: 5 }],
}

/** Places are asked for by address, and have no netmasks. */
const { place } = usualTables
if (place === undefined) throw new Error('there are no places')
const tables = {
  ...usualTables,
  /** Its API filters by a tag, of which nothing more is known. */
  tagged: {
    columns: { tag: text(''), size: doublePrecision('') },
    keys: { tag: { operators: ['='] as const } },
  },
  measure: {
    columns: { size: doublePrecision('') },
    keys: { size: { operators: ['=', '<=', '>'] as const, inherent: true } },
  },
  place: {
    ...place,
    keys: {
      ...place.keys,
      ip: { operators: ['='] as const, require: 'required' as const, valuesPerCall: 2, hostsOnly: true },
    },
  },
}

const test = propertyTest({ tables, rows: [rows, oddRows], filtering: 'every operator' })

/** What a statement asks each table for, once its answer has been compared with PostgreSQL's own. */
async function asked(harness: PropertyHarness, text: string): Promise<readonly string[]> {
  const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
  expect(virtual).toEqual(expected)
  return harness.calls.map(({ table, quals }) => [table, ...quals].join('; ')).sort()
}

const grouped = '(select trail, count(*) from event group by trail) v'

describe('conditions pass into', () => {
  test.for([
    ['a grouped subquery', `select * from ${grouped} where trail = 't1'`, ['event; trail = t1']],
    [
      'groups by position',
      "select * from (select trail t, max(id) from event group by 1) v where t in ('t1', 't2')",
      ['event; trail = t1', 'event; trail = t2'],
    ],
    [
      'groups by an output',
      "select * from (select trail t, max(id) from event group by t) v where t = 't1'",
      ['event; trail = t1'],
    ],
    [
      'what stands beside ROLLUP',
      "select * from (select trail, flag, count(*) from event group by trail, rollup (flag)) v where trail = 't1'",
      ['event; trail = t1'],
    ],
    [
      'HAVING',
      "select trail, count(*) from event group by trail having trail = 't1' and count(*) > 1",
      ['event; trail = t1'],
    ],
    [
      'windows that are parted by the column',
      "select * from (select trail, id, row_number() over (partition by trail order by id) n, rank() over w from event window w as (partition by trail)) v where trail = 't1' and n = 1",
      ['event; trail = t1'],
    ],
    [
      'windows that nobody reads',
      "select trail, id from (select *, count(*) over () n, sum(id) over w s from event window w as (order by id)) v where trail = 't1'",
      ['event; trail = t1'],
    ],
    [
      'UNION ALL',
      "select * from (select trail, id from event union all select trail, id from note) v where trail = 't1'",
      ['event; trail = t1'],
    ],
    [
      'both arms of UNION',
      "select * from (select trail, id from event union select trail, id + 1 from event) v where trail = 't1'",
      ['event; trail = t1'],
    ],
    [
      'a union with NULLs of the same type',
      "select * from (select net from thing union all select null::cidr from note union select '10.0.0.0/8' union all select net from thing) v where net = '10.0.0.0/8'",
      ['thing; net = 10.0.0.0/8'],
    ],
    [
      'EXCEPT of a subquery with a cast',
      'select * from (select amount from thing except select x from (select 7::numeric as x) w) v where amount = 2',
      ['thing; amount = 2'],
    ],
    [
      'INTERSECT',
      "select * from (select trail, id from event intersect select trail, id from event where flag) v where trail = 't1'",
      ['event; flag = true; trail = t1', 'event; trail = t1'],
    ],
    [
      'EXCEPT',
      "select * from (select trail, id from event except select trail, id from event where id = 1) v where trail = 't1'",
      ['event; trail = t1'],
    ],
    [
      'a union with numbers of an ordinary table',
      'select * from (select id from thing union select id from note) v where id = 1',
      ['thing; id = 1'],
    ],
    [
      'EXCEPT of an ordinary table, whose columns have other names',
      'with v as (select id, label from thing except select w.c, w.b from note w (a, b, c)) select * from v where id = 1',
      ['thing; id = 1'],
    ],
    [
      'DISTINCT ON',
      "select * from (select distinct on (trail) trail, id from event order by trail, id desc) v where trail = 't1'",
      ['event; trail = t1'],
    ],
    [
      'a set-returning target list',
      "select * from (select trail, generate_series(1, id) g from event) v where trail = 't1'",
      ['event; trail = t1'],
    ],
    [
      'a CTE that is read once',
      "with v as (select trail, count(*) from event group by trail) select * from v where trail = 't1'",
      ['event; trail = t1'],
    ],
    [
      'several levels',
      "select * from (select trail, sum(n) from (select trail, flag, count(*) n from event group by trail, flag) v group by trail) w where trail = 't1'",
      ['event; trail = t1'],
    ],
    [
      'a join with groups',
      `select n.id, v.count from note n join ${grouped} on v.trail = n.trail`,
      ['event; trail = t1', 'event; trail = t2'],
    ],
    [
      'NATURAL',
      'select * from (select distinct trail from note) n natural join (select trail, max(seen) from event group by trail) v',
      ['event; trail = t1', 'event; trail = t2'],
    ],
    [
      'what is made of the column',
      "select * from (select host(ip) as address, city from place) v where address in ('1.1.1.1', '1.1.1.1/32', 'x')",
      ['place; ip = 1.1.1.1'],
    ],
    [
      'what is made of the column, by a join',
      `select e.id, v.city from event e join (select abbrev(ip)::varchar as address, city from place) v
         on v.address = e.address where e.trail = 't1'`,
      ['event; trail = t1', 'place; ip = 1.1.1.1'],
    ],
    [
      'what is made of the column, by IN',
      "select id from event where trail = 't1' and address in (select text from (select distinct abbrev(ip) text from place) v)",
      ['event; trail = t1', 'place; ip = 1.1.1.1'],
    ],
    [
      'what is made of a column that an outer join fills',
      `select v.* from (select n.id, abbrev(p.ip) as address from note n left join place p on p.ip = n.ip) v
         where address = '1.1.1.1'`,
      ['place; ip = 1.1.1.1'],
    ],
    [
      'LATERAL groups',
      'select n.id, v.count from note n, lateral (select count(*) from event e where e.trail = n.trail) v',
      ['event; trail = t1', 'event; trail = t2'],
    ],
  ] as const)('%s', async ([_, text, calls], { harness }) => {
    expect(await asked(harness, text)).toEqual(calls)
  })
})

describe('rows of values are not compared column by column where a star stands for several:', () => {
  const from =
    'from thing t, (values (1, 2)) v (x, y), (values (1::bigint, 2, 3)) w (x, y, z), (values (3, 5)) u (x, y)'
  test.for([
    `select t.label ${from} where (v.*, t.id) in (select 1, 2, i.id from thing i)`,
    `select t.label ${from} where ((v).*, t.id) in (select 1, 2, i.id from thing i)`,
    `select t.label ${from} where (v.*, t.id) = (select 1, 2, 3)`,
    `select t.label ${from} where (v.*, t.id) = any (select 1, 2, i.id from thing i)`,
    `select t.label ${from} where row (v.*, t.id, t.label) = row (1, 2, w.z, 't1')`,
    `select t.label ${from} where row (v.*, t.id, t.label) = row (1, w.y, 3, 't1')`,
    `select t.label ${from} where row (1, 2, t.id) = row (w.*)`,
    `select t.label ${from} where row (v.*, t.id, 5) = row (1, 2, u.*)`,
    `select t.label ${from} where (v.*, t.id, 5) in ((1, 2, u.*), (2, 2, u.*))`,
    `select t.label ${from} where row (v.*, t.id, 5) <= row (1, 3, u.*)`,
    `select t.label ${from} where row (v.*, t.id) = row (w.*)`,
    `select t.label ${from} where row (t.id, v.*, 4) = row (w.z, w.*)`,
    `select t.label ${from} where row (v.*, t.id, 4) = row (w.*, 4)`,
    `select t.label ${from} where row (t.id, v.*) <= row (w.z, w.y, w.x)`,
    `select t.label ${from} where (v.*, t.id) in ((1, 2, 3), (1, 2, 1))`,
    `select t.label ${from} where (1, 2, t.id) in (row (w.*))`,
    `select t.label ${from} where row (w.z, v.*, t.id, 5) in (row (3, v.*, w.x, 5), row (w.z, v.*, 2, 5))`,
  ])('%s', async (text, { harness }) => {
    expect(await asked(harness, text)).toEqual(['thing'])
  })

  test('a row of one value', async ({ harness }) => {
    await asked(harness, 'select x from (values (1)) v (x) where row (v.*) in (select t.id from thing t)')
    await asked(harness, 'select x from (values (1)) v (x) where row (v.x) in (select t.id from thing t)')
    await asked(harness, 'select t.id from thing t where row (t.id) in (select x from (values (1)) v (x))')
  })
})

describe('conditions that would drop other rows do not pass into', () => {
  test.for([
    ['another text', "select * from (select label || 'x' as label from thing) v where label = 'ax'"],
    [
      'groups by what several values have in common',
      'select * from (select floor(amount) as whole, count(*) from thing group by floor(amount)) v where whole = 2',
    ],
    [
      'groups by something else',
      "select * from (select max(label) l, count(*) from thing group by flag) v where l = 'a'",
    ],
    ['windows over all', "select * from (select label, count(*) over () from thing) v where label = 'a'"],
    [
      'windows that are parted by something else',
      "select * from (select label, count(*) over (partition by flag) from thing) v where label = 'a'",
    ],
    [
      'windows over all by which rows are sorted',
      "select label from (select label from thing order by count(*) over (), id) v where label = 'a'",
    ],
    [
      'windows over all that a level further out reads',
      "select label, n from (select * from (select label, count(*) over () n from thing) v) w where label = 'a'",
    ],
    [
      'windows over all of which a condition reads',
      "select label from (select label, count(*) over () n from thing) v where label = 'a' and n > 1",
    ],
    [
      'ROLLUP',
      'select * from (select label, count(*) from thing group by rollup (label)) v where label is null',
    ],
    [
      'DISTINCT ON something else',
      "select * from (select distinct on (flag) label, flag from thing order by flag, id) v where label = 'a'",
    ],
    ['LIMIT', "select * from (select label from thing order by id limit 1) v where label = 'a'"],
    [
      'LIMIT of a union',
      "select * from (select label from thing union all select trail from note order by 1 limit 1) v where label = 'a'",
    ],
    [
      'a CTE that is read twice',
      "with v as (select label, count(*) from thing group by label) select v.*, (select count(*) from v w) from v where label = 'a'",
    ],
    ['OFFSET', "select * from (select label from thing order by id offset 1) v where label = 'b'"],
    [
      'a union that turns the column into another type',
      "select * from (select net from thing union all select '1.1.1.1/24'::inet) v where net = '1.1.1.1/24'",
    ],
    [
      'a union with a text of a subquery, which NULL has become',
      'select * from (select label::varchar from thing union all select x from (select null as x) w) v where label is null',
    ],
    [
      'a union with numbers of another type',
      'select * from (select id from thing union all select 1.5::numeric) v where id = 1',
    ],
    [
      'a union with numbers of another type, of an ordinary table',
      'select * from (select id from thing union all select amount from oracle_0.thing) v where id = 2',
    ],
    ['HAVING of ROLLUP', 'select label, count(*) from thing group by rollup (label) having label is null'],
    ['HAVING of an aggregate', "select flag from thing group by flag having max(label) = 'a'"],
  ] as const)('%s', async ([_, text], { harness }) => {
    expect(new Set(await asked(harness, text))).toEqual(new Set(['thing']))
  })
})

describe('a key that is wrapped, or compared otherwise', () => {
  const t1 = ['event; trail = t1']
  test.for([
    ['select id from event where trail = \'t1\' collate "C"', t1],
    ['select id from event where trail collate "C" = \'t1\'', t1],
    ['select id from event where trail in (\'t1\' collate "C")', t1],
    ['select id from event where trail = any (array[\'t1\' collate "C"])', t1],
    ['select e.id from event e join note n on e.trail = n.trail collate "C" where n.id = 1', t1],
    ["select id from event where trail::text = 't1'", t1],
    ["select id from event where trail::varchar = 't1'", t1],
    ['select e.id from event e join note n on e.trail::text = n.trail::text where n.id = 1', t1],
    ["select id from event where trail is not distinct from 't1'", t1],
    ["select id from event where not (trail is distinct from 't1')", t1],
    ['select e.id from event e join note n on e.trail is not distinct from n.trail where n.id = 1', t1],
    ["select id from event where trail like 't1'", t1],
    ["select id from event where trail = (array['t1'])[1]", t1],
    ["select id from event where trail = case when true then 't1' else 't2' end", t1],
    ["select id from event where trail between 't1' and 't1'", t1],
    ["select id from event where trail >= 't1' and trail <= 't1'", t1],
    ["select id from event where not (trail <> 't1')", t1],
    ["select city from place where host(ip) = '1.1.1.1'", ['place; ip = 1.1.1.1']],
    ["select city from place where ip::text = '1.1.1.1/32'", ['place; ip = 1.1.1.1']],
    [
      "select city from place where text(ip) in ('1.1.1.1/32', 'x', '2001:db8::1/128')",
      ['place; ip = 1.1.1.1, 2001:db8::1'],
    ],
    ["select city from place where abbrev(ip) = '2.2.2.2'", ['place; ip = 2.2.2.2']],
    [
      "select city from place where host(ip) = any (array['1.1.1.1', 'example.com'])",
      ['place; ip = 1.1.1.1'],
    ],
    [
      "select e.id, p.city from event e join place p on host(p.ip) = e.address where e.trail in ('t1', 't2')",
      ['event; trail = t1', 'event; trail = t2', 'place; ip = 1.1.1.1, 2.2.2.2'],
    ],
    [
      "select city from place where host(ip) in (select address from event where trail = 't1')",
      ['event; trail = t1', 'place; ip = 1.1.1.1'],
    ],
    ['select city from place where host(ip)::text = \'1.1.1.1\' collate "C"', ['place; ip = 1.1.1.1']],
    ["select id from thing where id::text = '2'", ['thing; id = 2']],
    ["select id from event where trail || '' = 't1'", t1],
    ["select id from event where '' || trail || '' = 't1'", t1],
    ["select e.id from event e join note n on e.trail || '' = n.trail || '' where n.id = 1", t1],
  ] as const)('%s', async ([text, calls], { harness }) => {
    expect(await asked(harness, text)).toEqual(calls)
  })

  test.for([
    ['id in (1.5, 2)', ['thing; id = 2']],
    ['id = any (array[1.5, 2, null, 9223372036854775808])', ['thing; id = 2']],
    ['id in (0.5::float8, 2)', ['thing; id = 2']],
    ["id in (2, (select 'NaN'::numeric))", ['thing; id = 2']],
    ['id = 1.5', []],
    ['id is not distinct from 1.5', []],
    ['id <> 1.5', ['thing']],
    ["seen in ('infinity', '2022-07-06T20:38:09Z')", ['thing; seen = 1657139889000000']],
    ["seen > '-infinity'", ['thing']],
    ["label || 'x' = 'ax'", ['thing']],
    ["doc || '' = '1'", ['thing']],
    ['id < 2.5', ['thing']],
  ] as const)(
    'a value that none of the column can equal is not asked for: %s',
    async ([condition, calls], { harness }) => {
      expect(await asked(harness, `select label from thing where ${condition}`)).toEqual(calls)
    },
  )

  test('NULL is no key', async ({ harness }) => {
    expect(await asked(harness, 'select city from place where ip is not distinct from null::inet')).toEqual(
      [],
    )
  })

  test('NULL is no key where an outer join fills the column with it', async ({ harness }) => {
    const text =
      'select n.id from note n left join place p on p.ip = n.ip where p.ip is not distinct from null::inet'
    expect(await asked(harness, text)).toEqual(['place; ip = 1.1.1.1'])
  })

  test.for([
    ['a value', 'select size from tagged where tag is not distinct from null'],
    ['values of rows', 'select g.size, n.id from note n join tagged g on g.tag is not distinct from n.trail'],
  ] as const)(
    'where rows may be without the key, NULL of %s is not nothing',
    async ([_, query], { harness }) => {
      expect(await asked(harness, query)).toEqual(['tagged'])
    },
  )

  test('where a column may be NULL, NULL is not asked for as a value', async ({ harness }) => {
    expect(await asked(harness, 'select id from thing where label is not distinct from null')).toEqual([
      'thing',
    ])
    harness.calls.length = 0
    expect(
      await asked(
        harness,
        'select n.id from note n left join thing t on t.id = n.id where t.label is not distinct from n.trail',
      ),
    ).toEqual(['thing; id = 1, 2'])
  })
})

describe('values that PostgreSQL compares otherwise than the API would', () => {
  async function compared(harness: PropertyHarness, text: string): Promise<void> {
    const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, 1)
    expect(virtual).toEqual(expected)
    expect(virtual.rows).not.toEqual([])
  }

  test.for([
    "label::varchar = 'a'::bpchar",
    "label::varchar = 'a '::char(5)",
    "label::varchar = any (array['a ']::char(5)[])",
    "label::varchar <= 'a'::bpchar",
    "label::varchar is not distinct from 'a'::bpchar",
    "label::varchar in (select 'a'::bpchar)",
    "(label::varchar, id) in (select 'a'::bpchar, 1)",
  ])('blanks at the end: %s', async (condition, { harness }) => {
    await compared(harness, `select label from thing where ${condition}`)
  })

  test.for([0, -10])('numbers that the session prints with %i more digits', async (digits, { harness }) => {
    await harness.configure(`set extra_float_digits = ${digits}`)
    await compared(harness, 'select size * 10 from measure where size = 0.1::float8 + 0.2::float8')
    await compared(harness, 'select size * 10 from measure where size <= 0.1::float8 + 0.2::float8')
    await compared(harness, 'select size * 10 from measure where size > 0.0999999::float8')
    await compared(harness, 'select size * 10 from measure where size in (select 0.1::float8 + 0.2::float8)')
    await harness.configure('reset extra_float_digits')
  })

  test('a collation by which texts are equal that are not the same', async ({ harness }) => {
    const admin = new pg.Client({ ...harness.postgres.engineConfig, user: 'millrace', options: '' })
    await admin.connect()
    await admin.query(
      "create collation public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false); create domain public.loosely as text collate public.loose",
    )
    await compared(harness, "select id from thing where host(ip) = '2001:DB8::1'::public.loosely")
    await compared(harness, "select id from thing where abbrev(ip) in (select '2001:DB8::1'::public.loosely)")
    await compared(harness, "select id from thing where id::text = any (array['１']::public.loosely[])")
    await compared(
      harness,
      "select upper(label) from (select label from thing where id > 1 union select 'B' collate public.loose) v where label = 'B'",
    )
    await admin.query('drop domain public.loosely; drop collation public.loose')
    await admin.end()
  })
})

describe('values that are not there before the statement runs', () => {
  test.for([
    [
      "with i as (insert into note (trail) values ('t1') returning trail) select e.id from event e join i on e.trail = i.trail",
      /statement itself changes/,
    ],
    [
      'with d as (delete from note returning trail) select id from event where trail in (select trail from d)',
      /statement itself changes/,
    ],
    [
      `with recursive r as (select 't1' as trail union all select e.address from r join event e on e.trail = r.trail)
       select * from r`,
      /round by round/,
    ],
  ] as const)('%s', async ([text, detail], { harness }) => {
    const session = await ClientSession.open(
      { ...harness.postgres.engineConfig, user: 'millrace' },
      harness.engine,
    )
    await session.query('set search_path = counting, plain_0')
    await expect(session.query(text)).rejects.toMatchObject({
      sqlState: 'HV002',
      detail: expect.stringMatching(detail),
    })
    await session.close()
    expect(harness.calls).toEqual([])
  })
})
