/** Columns are fetched only if the result depends on them, through whatever stands between. */
import { describe, expect } from 'vitest'
import { propertyTest } from './testing/engine-test.js'
import type { PropertyHarness } from './testing/property-harness.js'

const rows = {
  thing: [
    { id: 1n, label: 'a', ip: '1.1.1.1', flag: true, amount: '2', net: '1.1.1.1/32', doc: '{"a": 1}' },
    { id: 2n, label: 'b', ip: '2.2.2.2', flag: false, amount: '2.5', net: '10.0.0.0/8', doc: '"t1"' },
    { id: 3n, label: 'b', ip: null, flag: null, amount: '-0.5', net: null, doc: 'null' },
  ],
  place: [{ ip: '1.1.1.1', city: 'Windsor', size: 1n, more: '{}' }],
  event: [{ trail: 't1', address: '1.1.1.1', flag: true, id: 1n }],
  note: [
    { ip: '1.1.1.1', trail: 't1', id: 1n, flag: true, body: '1' },
    { ip: '2.2.2.2', trail: 't2', id: 2n, flag: null, body: '2' },
  ],
}

const test = propertyTest({ rows: [rows], filtering: 'every operator' })

/** The columns that a statement fetches of each table, once its answer has been compared with PostgreSQL's own. */
async function fetched(harness: PropertyHarness, text: string): Promise<readonly string[]> {
  const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
  expect(virtual).toEqual(expected)
  return harness.calls.map(({ table, columns }) => [table, ...columns].join(' ')).sort()
}

describe('what only an output needs that nobody reads is not fetched', () => {
  test.for([
    ['select label from (select * from thing) q', ['thing label']],
    ['select q.label from (select t.*, upper(label) from thing t) q', ['thing label']],
    ['select a from (select id, label from thing) q (b, a)', ['thing label']],
    ['with q as (select * from thing) select label from q', ['thing label']],
    ['with q as materialized (select * from thing) select label from q', ['thing label']],
    ['with q as (select * from thing) select a.label from q a join q b on a.id = b.id', ['thing id label']],
    ['with q (x, y) as (select id, label from thing) select y from q', ['thing label']],
    ['select label from (select * from (select * from (select * from thing) a) b) c', ['thing label']],
    ['select count(*) from (select * from thing) q', ['thing']],
    ['select count(*) from thing', ['thing']],
    ['select distinct n.trail from note n left join thing using (id)', []],
    ['select distinct id from thing natural right join note n', []],
    ['select count(*) from (select id, label from thing where flag) q', ['thing flag']],
    ['select count(*) from (select distinct label from thing) q', ['thing label']],
    ['select label from (select label, sum(amount) from thing group by label) q', ['thing label']],
    [
      'select label from (select label, sum(amount) s from thing group by label) q where s > 1',
      ['thing amount label'],
    ],
    ['select label from (select label, row_number() over (order by id) from thing) q', ['thing label']],
    [
      'select label from (select label, rank() over w from thing window w as (partition by flag order by id)) q',
      ['thing label'],
    ],
    ['select label from (select label, sum(1 / (id - 1)) over (order by ip) from thing) q', ['thing label']],
    [
      'select label from (select label, (select count(*) over (order by 1 / t.id)) from thing t) q',
      ['thing label'],
    ],
    [
      'select r from (select label, rank() over (v order by id) r from thing window w as (partition by ip), v as (partition by flag)) q',
      ['thing flag id ip'],
    ],
    ['select label from (select * from thing order by id limit 2) q', ['thing id label']],
    [
      'select label from (select id, label from thing union all select id, trail from note) q',
      ['thing label'],
    ],
    ['select id from (select id, label from thing union select id, trail from note) q', ['thing id label']],
    ['select max(id) from (table thing) q', ['thing id']],
    ['select id from (select id, trail from note union all select id, label from thing) q', ['thing id']],
    ['select count(*) from thing group by label', ['thing label']],
    ['select 1 from (select label, count(*) from thing group by 1) q', ['thing label']],
    [
      "with d as (delete from note where id in (select id from thing where label = 'none')) select 1",
      ['thing id label'],
    ],
    ['select exists (select * from thing)', ['thing']],
    ['select exists (select label from thing where flag)', ['thing flag']],
    ['select n.id from note n where exists (select * from thing t where t.id = n.id)', ['thing id']],
    ['select n.id from note n, lateral (select * from thing t where t.id = n.id) q', ['thing id']],
    [
      'select n.id, q.label from note n left join lateral (select * from thing t where t.id = n.id) q on true',
      ['thing id label'],
    ],
    ['select j.label from (thing t join note n on t.id = n.id) j (i, label)', ['thing id label']],
    ['select label from (select * from thing t join note n using (id)) q', ['thing id label']],
    ['select q.body from (select * from thing t join note n using (id)) q', ['thing id']],
    ['select q.label from (select t.*, n.* from thing t cross join note n) q', ['thing label']],
    ['select count(*) from (select * from thing t join note n on n.id = t.id) q', ['thing id']],
    ['select label from thing natural join (select id from note) n', ['thing id label']],
    ['select x from (select label as x, (select max(id) from thing) from thing) q', ['thing label']],
    ['select label from (select label, case when flag then id end from thing) q order by 1', ['thing label']],
    ['with q as (select * from thing) select 1', []],
    ['select label from (select * from thing order by label, id limit 2) q', ['thing label']],
    ['select flag from (select * from thing order by label, flag, id offset 1) q', ['thing flag label']],
    ['select label from thing order by label, id', ['thing label']],
    ['select upper(label) from thing order by label, id limit 1', ['thing label']],
    ['select l from (select label l, id from thing order by 1, 2 limit 2) q', ['thing label']],
    ['select count(*) from (select * from thing order by id, label limit 2) q', ['thing']],
    ['select count(*) from (select * from thing where flag order by label limit 2) q', ['thing flag']],
    // A value that is only compared is the same however it is spelt.
    [
      'select label from (select * from thing order by amount, label, id limit 2) q where amount > 1',
      ['thing amount label'],
    ],
    [
      "select label from (select * from thing order by doc, label, id limit 2) q where doc in ('{\"a\": 1}', 'null')",
      ['thing doc label'],
    ],
    [
      'select label from (select * from thing order by amount, label, id limit 2) q where (label, amount) is distinct from (label, 1)',
      ['thing amount label'],
    ],
    ['select exists (select distinct label, id from thing)', ['thing']],
    // Rows that are alike in what is read may have each other's numbers.
    [
      'select label, n from (select *, row_number() over (partition by label order by flag, id) as n from thing) q',
      ['thing label'],
    ],
    [
      'select flag, n from (select *, row_number() over (partition by label order by flag, id) as n from thing) q where n < 2',
      ['thing flag label'],
    ],
    ['select label, row_number() over (order by label, id) from thing', ['thing label']],
    ['select ip, row_number() over (order by flag, label, ip, id) from thing', ['thing flag ip label']],
    ['select n from (select row_number() over (order by label, id) as n from thing) q', ['thing']],
    [
      'select n, amount from (select *, row_number() over (order by flag, amount, id) as n from thing) q where amount > 1',
      ['thing amount flag id'],
    ],
    [
      'select n from (select *, row_number() over (order by flag, amount, id) as n from thing) q where amount > 1',
      ['thing amount flag'],
    ],
    ['select distinct label from (select label, id from thing group by label, id) q', ['thing label']],
    ['select distinct label from (select label, count(*) from thing group by label, id) q', ['thing label']],
    [
      'select distinct label from (select label, count(*) n from thing group by label, id) q where n > 0',
      ['thing id label'],
    ],
    ['select count(*) from (select distinct label from thing limit 1) q', ['thing']],
    [
      'select distinct label from (select * from thing order by label, id fetch first 2 rows with ties) q',
      ['thing label'],
    ],
    [
      'select label from (select distinct on (label) * from thing order by label, flag, id) q',
      ['thing label'],
    ],
    [
      'select n.id, q.label from note n, lateral (select label, n.id from thing order by label, id desc limit 1) q',
      ['thing label'],
    ],
    [
      'with q as materialized (select label, rank() over (partition by ip order by id) from thing) select label from q',
      ['thing label'],
    ],
    [
      'with q as (select t.*, count(*) over w from thing t window w as (order by id)) select a.label from q a, q b',
      ['thing label'],
    ],
    ['with a as (select * from thing), b as (select * from a) select id from b', ['thing id']],
    [
      `with recursive r as (select id, label, ip from thing where id = 1
         union all select t.id, t.label, t.ip from r join note n on n.id = r.id join thing t on t.id = n.id + 1)
       select id from r`,
      ['thing id', 'thing id'],
    ],
  ] as const)('%s', async ([text, columns], { harness }) => {
    expect(await fetched(harness, text)).toEqual(columns)
  })
})

describe('what the result depends on is fetched', () => {
  const all = 'thing amount doc flag id ip label net seen'
  test.for([
    ['select * from (select * from thing) q', [all]],
    ['select q from (select id, label from thing) q', ['thing id label']],
    ['select q.row_to_json from (select id, label from thing) q', ['thing id label']],
    ['select to_jsonb(q) from (select id, label from thing) q', ['thing id label']],
    ['select count(q) from (select id, label from thing) q', ['thing id label']],
    ['select count(*) from (select 1 from thing where thing is not null) q', [all]],
    // PostgreSQL computes what it does not inline, and fails.
    [
      'with q as materialized (select id, 1 / (id - 1) from thing) select label from thing, q',
      ['thing id label'],
    ],
    // It computes what windows divide and order rows by, even if nobody reads their functions.
    ...[
      'select label from (select label, count(*) over (order by 1 / (id - 1)) from thing) q',
      'select label from (select label, 1 + count(*) over (partition by 1 / (id - 1)) from thing) q',
      'select label from (select label, rank() over w from thing window w as (order by 1 / (id - 1))) q',
      'select label from (select label, rank() over () from thing window w as (order by 1 / (id - 1))) q',
      'select label from (select label, rank() over () from thing order by rank() over (order by 1 / (id - 1))) q',
    ].map((text) => [text, ['thing id label']] as const),
    [
      'select id, n from (select *, row_number() over (partition by label order by flag) as n from thing) q',
      ['thing flag id label'],
    ],
    [
      'select label, n from (select *, row_number() over (partition by label order by 2 / id) as n from thing) q',
      ['thing id label'],
    ],
    [
      'select label, n from (select *, rank() over (partition by label order by flag, id) as n from thing) q',
      ['thing flag id label'],
    ],
    [
      'select label, n from (select *, row_number() over (partition by label order by flag) as n from thing limit 2) q',
      ['thing flag label'],
    ],
    [
      'select label, n from (select *, row_number() over (order by label, flag) as n from thing order by id offset 1) q',
      ['thing flag id label'],
    ],
    [
      'select label, row_number() over (order by label, flag) from thing order by id',
      ['thing flag id label'],
    ],
    [
      'select n, m from (select row_number() over (order by label) as n, row_number() over (order by id) as m from thing) q',
      ['thing id label'],
    ],
    [
      'select upper(label), n from (select *, row_number() over (order by flag, id) as n from thing) q',
      ['thing flag id label'],
    ],
    ['select distinct label from (select distinct label, 1 / (id - 1) from thing) q', ['thing id label']],
    [
      'select label, amount from (select * from thing order by amount, label, id limit 2) q',
      ['thing amount id label'],
    ],
    [
      'select label from (select * from thing order by amount, label, id limit 2) q where amount::text > $$1$$',
      ['thing amount id label'],
    ],
    [
      'select label from (select * from thing order by amount, label, id limit 2) q where (amount + 1)::text > $$1$$',
      ['thing amount id label'],
    ],
    [
      'select count(*) from (select * from thing order by label, id fetch first 2 rows with ties) q',
      ['thing id label'],
    ],
    ['select id from (select id, generate_series(1, id) from thing) q', ['thing id']],
    ['select label from (select label, generate_series(1, id) from thing) q', ['thing id label']],
    [
      'with q as materialized (select sqrt(id - 2) from thing) select label from thing, q',
      ['thing id label'],
    ],
    [
      'select id from (select distinct on (label) * from thing order by label, flag) q',
      ['thing flag id label'],
    ],
    ['select distinct label from (select * from thing) q', ['thing label']],
    // Rows that these orders leave in one place are not alike.
    ['select amount from (select * from thing order by amount, id limit 2) q', ['thing amount id']],
    ['select id from (select * from thing order by label, flag, id limit 2) q', ['thing flag id label']],
    [
      'select label from (select label, id from thing order by label, id fetch first 2 rows with ties) q',
      ['thing id label'],
    ],
    [
      'select label from (select label, generate_series(1, id) from thing order by label, flag limit 4) q',
      ['thing flag id label'],
    ],
    ['select upper(label), flag from thing order by upper(label), id limit 2', ['thing flag id label']],
    ['select label from thing order by label, 1 / (id - 9) limit 2', ['thing id label']],
    ['select max(id) from thing group by label order by label, min(ip) limit 2', ['thing id ip label']],
    [
      'select label, (select count(*) from note n where n.id <= t.id) from thing t order by label, id limit 2',
      ['thing id label'],
    ],
    [
      'with q as materialized (select label, count(*) over (order by id rows id - 5 preceding) from thing) select label from thing, q',
      ['thing id label'],
    ],
    ['select id from (select id, label from thing except select id, trail from note) q', ['thing id label']],
  ] as const)('%s', async ([text, columns], { harness }) => {
    expect(await fetched(harness, text)).toEqual(columns)
  })
})
