/** Texts beside others with a collation of their own, or of other types, by which PostgreSQL compares them. */
import { bigint, cidr, date, text } from '@millrace/plugin-sdk'
import { describe, expect } from 'vitest'
import { propertyTest } from './testing/engine-test.js'
import type { PropertyHarness } from './testing/property-harness.js'

const operators = ['=', '<>', '<', '<=', '>', '>=', '~~', '~~*', '~'] as const
const numbers = ['=', '<', '<=', '>', '>='] as const
const test = propertyTest({
  tables: {
    item: {
      columns: { id: bigint(''), name: text(''), day: date(''), net: cidr('') },
      keys: {
        id: { operators: numbers, inherent: true },
        name: { operators, inherent: true },
        day: { operators: numbers, inherent: true },
        net: { operators: ['='], inherent: true },
      },
    },
    note: { columns: { id: bigint(''), name: text('') }, keys: undefined },
  },
  rows: [
    {
      item: ['a', 'a ', 'A', '', 'ab', 'b', 'B', 'ä', 'q'.repeat(70), null].map((name, index) => ({
        id: index === 9 ? 9007199254740993n : BigInt(index),
        name,
        day: `2022-07-0${5 + (index % 3)}`,
        net: '10.0.0.0/8',
      })),
      note: [
        { id: 1n, name: 'a' },
        { id: 2n, name: 'B' },
        { id: 3n, name: null },
      ],
    },
  ],
  filtering: 'every operator',
})

const shared = `
  create schema shared;
  create domain shared.icu_text as text collate "en-x-icu";
  create table shared.other (
    id double precision, name text collate "en-x-icu", short varchar(2), padded char(3), day timestamp, net inet);
  insert into shared.other values
    (9007199254740992, 'B', 'a', 'a', '2022-07-06 12:00', '10.1.2.3/8'), (2, 'b', 'B', 'B', '2022-07-05', '10.0.0.0/8');
  create materialized view shared.kept as select name from shared.other`

const isDefined = new WeakSet<PropertyHarness>()

async function compare(harness: PropertyHarness, text: string): Promise<readonly string[]> {
  if (!isDefined.has(harness)) await harness.define(shared)
  isDefined.add(harness)
  const parameters = /\$1/.test(text) ? [{ type: 'text', value: 'B' } as const] : []
  harness.calls.splice(0)
  const { virtual, expected } = await harness.run({ text, parameters, isOrdered: false }, 0)
  expect(virtual).toEqual(expected)
  return harness.calls.flatMap(({ quals }) => quals)
}

describe('another collation is that of the comparison:', () => {
  test.for([
    "select * from (select name from item union all select name from shared.other) v where name < 'B'",
    "select * from (select name from item except select name from shared.kept) v where name > 'a'",
    "select * from (select name from item union select 'c' collate \"en-x-icu\") v where name between 'B' and 'b'",
    "select * from (select name from item union select 'c'::shared.icu_text) v where name >= 'B'",
    'select id from item where name < (select name from shared.other where id = 2)',
    'select id from item where name >= (select max(name) from shared.other)',
    "select id from item where name < coalesce((select name from shared.kept limit 0), 'B')",
    "select id from item where name < 'B'::shared.icu_text",
    "select id from item where name <= ('B'::shared.icu_text)::text",
    'select id from item where name > $1::shared.icu_text',
    'select id from item where name < \'B\' collate "en-x-icu"',
    "select id from item where name < 'B'::name",
  ])('%s', async (text, { harness }) => {
    expect(await compare(harness, text)).toEqual([])
  })

  test.for<[string, readonly string[]]>([
    ["select id from item where name < 'B'", ['name < B']],
    ['select id from item where name < $1', ['name < B']],
    ["select id from item where name between symmetric 'b' and $1", ['name <= b', 'name >= B']],
    [
      "select * from (select name from item union all select name from note) v where name < 'B'",
      ['name < B'],
    ],
    [
      "select * from (select name from item union all select name from shared.other) v where name = 'B'",
      ['name = B'],
    ],
  ])('none: %s', async ([text, quals], { harness }) => {
    expect(await compare(harness, text)).toEqual(quals)
  })
})

describe('another type is that of the comparison:', () => {
  test.for([
    "select * from (select padded from shared.other union all select name from item) v where padded = 'a '",
    "select * from (select short from shared.other union all select name from item) v where short = 'a'::char(3)",
    "select * from (select null::name as n union all select name from item) v where n = repeat('q', 63)",
    "select * from (select short from shared.other union all select name from item) v where short in ('a', 'b')",
    "select day from item left join (select day from shared.other) s using (day) where day < '2022-07-06 12:00'",
    'select id from item join (select id from shared.other) s using (id) where id = 9007199254740992',
    'select id from item join (select id from shared.other) s using (id) group by id having id <= 9007199254740992',
    'select id from item natural join (select id from shared.other) s where id >= 9007199254740992',
    'select j.id from (item join (select id from shared.other) s using (id)) j where j.id = 9007199254740992',
    "select name from (select padded as name from shared.other) s right join item using (name) where name = 'a'",
    "select name from (select short as name from shared.other) s right join item using (name) where name = 'a'::char(3)",
    "select net from item left join (select net from shared.other) p using (net) where net = '10.1.2.3/8'",
    'select i.id from item join (select id from shared.other) s using (id) join item i using (id)',
  ])('%s', async (text, { harness }) => {
    await compare(harness, text)
  })

  test.for<[string, readonly string[]]>([
    ["select name from item join note using (name) where name = 'a'", ['name = a']],
    ['select id from item join note using (id) where id = 1', ['id = 1']],
    ["select name from item left join (select 'a' as name) s using (name) where name = 'a'", ['name = a']],
    [
      "select name from item left join (select short as name from shared.other) s using (name) where name = 'a'",
      ['name = a'],
    ],
    [
      "select * from (select name from item union all select padded from shared.other) v where name = 'a'",
      ['name = a'],
    ],
  ])('none: %s', async ([text, quals], { harness }) => {
    expect(await compare(harness, text)).toEqual(quals)
  })
})
