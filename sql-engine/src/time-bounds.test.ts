/** Conditions on what is made of a time, or of a number, bound what is fetched, and lose no row. */
import { date } from '@millrace/plugin-sdk'
import { describe, expect } from 'vitest'
import { propertyTest } from './testing/engine-test.js'
import type { PropertyHarness } from './testing/property-harness.js'
import { usualTables } from './testing/random-tables.js'

/** Around the changes of clocks, the ends of days, months and years, in several zones. */
const times = [
  '1969-12-31T23:59:59.999999Z',
  '1970-01-01T00:00:00Z',
  '2011-12-29T09:59:59Z',
  '2011-12-30T10:00:00Z',
  '2011-12-31T10:00:00Z',
  '2022-03-27T00:59:59Z',
  '2022-03-27T01:00:00Z',
  '2022-07-06T20:38:09Z',
  '2022-07-06T23:59:59.999Z',
  '2022-07-07T00:00:00Z',
  '2022-07-07T12:00:00Z',
  '2022-10-30T00:30:00Z',
  '2022-10-30T01:30:00Z',
  '2022-11-06T04:30:00Z',
  '2022-11-06T05:30:00Z',
  '2022-12-31T23:59:59.999999Z',
  '2023-01-01T00:00:00Z',
]
const rows = {
  thing: times.map((seen, index) => ({
    id: BigInt(Date.parse(seen.replace(/\.\d+/, ''))),
    label: String(index),
    seen,
    amount: String(index / 4),
  })),
  place: [],
  event: [],
  note: [],
  calendar: ['2011-12-29', '2011-12-30', '2011-12-31'].map((day) => ({ day })),
}

const tables = {
  ...usualTables,
  calendar: { columns: { day: date('') }, keys: { day: { operators: ['<=', '>='] as const } } },
}

/** Numbers of no size, and of very different ones. */
const oddRows = {
  ...rows,
  thing: [
    { id: 1n, label: 'NaN', seen: times[0] ?? null, amount: 'NaN' },
    { id: 2n, label: 'small', seen: times[1] ?? null, amount: '0.09999999' },
    { id: 3n, label: 'large', seen: times[2] ?? null, amount: '1000000' },
  ],
}

const test = propertyTest({ tables, rows: [rows, oddRows], filtering: 'every operator' })

async function quals(harness: PropertyHarness, condition: string, set = 0): Promise<readonly string[]> {
  const text = `select seen, id from thing where ${condition}`
  const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, set)
  expect(virtual).toEqual(expected)
  return harness.calls.flatMap((call) => call.quals)
}

describe('bounds that follow', () => {
  test.for([
    "seen::timestamptz >= '2022-07-06'",
    "cast(seen as date) between '2022-07-01' and '2022-07-06'",
    "seen::date = date '2022-07-06'",
    "seen::date in ('2022-07-06', '2022-10-30')",
    "date_trunc('day', seen) >= '2022-07-06'",
    "date_trunc('hour', seen) = '2022-07-06 20:00+00'",
    "date_trunc('month', seen, 'Europe/Berlin') = '2022-07-01 00:00+02'",
    'extract(epoch from seen) > 1657139888',
    "date_part('epoch', seen) <= 1657139889",
    // Reals have fewer digits as numeric than PostgreSQL compares.
    'extract(epoch from seen) >= 1657139840::real',
    'id + 1234563::real >= 1657141072128::real',
    'extract(year from seen) = 2022',
    'cast(trunc(extract(year from seen)) as integer) in (2021, 2022)',
    "date_part('year', seen at time zone 'Asia/Tokyo')::int between 2022 and 2023",
    "to_char(seen, 'YYYY-MM-DD') = '2022-07-06'",
    "to_char(seen, 'YYYY-MM') >= '2022-10'",
    "seen + interval '1 hour' > timestamptz '2022-07-06 21:00+00'",
    "seen - interval '1 month' <= timestamptz '2022-06-06 21:00+00'",
    "seen at time zone 'UTC' >= '2022-07-06 20:00'",
    "seen at time zone 'Pacific/Apia' <= '2011-12-31'",
    "date_bin('15 minutes', seen, timestamptz '2001-01-01') = '2022-07-06 20:30+00'",
    "date_trunc('day', cast(seen as timestamp)) = timestamp '2022-07-06'",
    'floor(extract(epoch from seen) / 60) * 60 = 1657139880',
    "to_timestamp(floor(extract(epoch from seen) / 3600) * 3600) >= timestamptz '2022-07-06 20:00+00'",
    "timestamptz '2022-07-07 00:00+00' - seen < interval '2 days'",
    "date '2022-07-08' - seen::date <= 3",
    "not (seen::date < '2022-07-06')",
    "date(seen) between symmetric '2022-07-08' and '2022-07-06'",
    'id / 1000 >= 1657139889',
    "to_timestamp(id / 1000) >= timestamptz '2022-07-06 20:00+00'",
    "to_timestamp(id / 1000.0) = timestamptz '2022-07-06 20:38:09+00'",
    'id::numeric * 2 < 3314279778000',
    '-5 + id > 1657139888000',
    "extract(epoch from timestamptz '2022-07-07 00:00+00') * 1000 - id < 86400000",
    '2000000000000 - id > 5',
    'floor(amount) = 2',
    'round(amount) >= 3',
  ])('%s', async (condition, { harness }) => {
    expect(await quals(harness, condition)).not.toEqual([])
  })

  test.for([
    'extract(dow from seen) = 3',
    'extract(month from seen) = 7',
    'to_timestamp(extract(year from seen)) > now()',
    "date_trunc('day', seen) <> '2022-07-06'",
    "age(seen) < interval '1 day'",
    "to_char(seen, 'DD.MM.YYYY') = '06.07.2022'",
    "to_char(seen, 'YYYY-MM-DD') = '2022-02-30'",
    'id * -1 >= -1657139889000',
    'id % 2 = 1',
    'mod(id, 1000) <= 3',
    "timestamptz '2022-07-07 00:00+00' - seen < interval '1 month'",
    // Each step makes the bound's expression twice as long.
    `id${' + 1'.repeat(120)} >= 120`,
  ])('none: %s', async (condition, { harness }) => {
    expect(await quals(harness, condition)).toEqual([])
  })

  test('LIMIT does not count rows that only the wider bound lets through', async ({ harness }) => {
    const text = "select seen from thing where seen::date >= '2022-07-07' order by seen limit 1"
    const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: true }, 0)
    expect(virtual).toEqual(expected)
    expect(virtual.rows).toHaveLength(1)
    expect(harness.calls.map(({ limit }) => limit)).toEqual([undefined])
  })

  test('they are near', async ({ harness }) => {
    expect(await quals(harness, "seen::date = '2022-07-06'")).toEqual([
      'seen <= 1657238400000000',
      'seen >= 1656979200000000',
    ])
  })

  test('those of a year are near, too', async ({ harness }) => {
    expect(await quals(harness, 'cast(trunc(extract(year from seen)) as integer) = 2022')).toEqual([
      `seen <= ${Date.UTC(2023, 0, 3)}000`,
      `seen >= ${Date.UTC(2021, 11, 30)}000`,
    ])
  })
})

describe('they are never too narrow', () => {
  test.for([
    // NaN is greater than all numbers, and nothing less NaN is NaN.
    '10 - amount >= 5',
    'not (10 - amount < 5)',
    "10 - amount = 'NaN'",
    '10 - (5 - amount) > 3',
    // What is added to far larger numbers is rounded away.
    'amount + 1e20::float8 = 1e20::float8',
    'id + 1e20::float8 = 1e20::float8',
    'amount + 1e9::float8 >= 1000000000.1',
    '1e20::float8 - amount <= 1e20::float8',
    'id - 1e20::float8 >= -1e20::float8',
  ])('of odd numbers: %s', async (condition, { harness }) => {
    await quals(harness, condition, 1)
  })

  test.for([
    "id::int4 + date '2022-07-06' > date '2022-07-07'",
    "date '2022-07-06' - id::int4 > '2022-07-04'",
    'id::int4 + current_date > current_date + 2',
    "inet '1.1.1.1' + id = inet '1.1.1.2'",
    "id + inet '1.1.1.1' = '1.1.1.2'",
    "'0/10'::pg_lsn + amount > '0/10'::pg_lsn and amount <> 'NaN'",
    "'[1,2]'::jsonb - id::int4 = '[1]'",
  ])('of numbers beside what is none: %s', async (condition, { harness }) => {
    await quals(harness, condition, 1)
  })

  test('of a clock that is set back', async ({ harness }) => {
    await quals(harness, "seen at time zone 'Europe/Berlin' >= '2022-10-30 02:30'")
  })

  test("of a day that the session's zone has left out", async ({ harness }) => {
    await harness.configure("set timezone = 'Pacific/Apia'")
    const text = "select day from calendar where day - 0 >= timestamptz '2011-12-30 10:00+00'"
    const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
    await harness.configure('reset timezone')
    expect(virtual).toEqual(expected)
    expect(virtual.rows).toEqual(['["2011-12-30"]', '["2011-12-31"]'])
    expect(harness.calls.flatMap((call) => call.quals)).not.toEqual([])
  })

  test('of very many weeks', async ({ harness }) => {
    await quals(harness, "timestamptz '2022-07-07 00:00+00' - seen < interval '400000 weeks'")
  })

  test('of units that are none', async ({ harness }) => {
    await quals(harness, "date_trunc('constructor', seen) = '2022-07-06'")
  })

  const wholes = [
    'seen::date',
    'seen::timestamp',
    "date_trunc('day', seen)",
    "date_trunc('hour', seen)",
    "date_trunc('week', seen, 'Asia/Kathmandu')",
    "date_trunc('month', seen at time zone 'America/New_York')",
    "seen at time zone 'Pacific/Apia'",
    "seen at time zone interval '-09:30'",
    "(seen at time zone 'UTC') at time zone 'Europe/Berlin'",
    "date_bin('36 hours', seen, timestamptz '2001-02-03 04:05:06')",
    "seen + interval '1 month 3 days'",
    "seen - interval '-2 days 5 hours'",
    "(seen + interval '1 day')::date - 3",
    'extract(epoch from seen)',
    'floor(extract(epoch from seen) / 86400)',
    'extract(epoch from seen)::bigint / 7200',
    'extract(epoch from seen::timestamp)',
    'extract(year from seen)',
    "date_part('year', seen::timestamp - interval '2021 years 6 months')",
    'extract(year from seen)::int / 2 - 1',
    "timestamptz '2022-07-07 03:00+02' - seen",
    "date '2022-07-07' - seen::date",
    "to_char(seen, 'YYYY-MM-DD HH24:MI')",
    "to_char(seen, 'YYYYMMDD')",
    'to_timestamp(id / 1000)',
    'id / 1000',
    '1.5 * id',
    '10 - id / 7',
    'ceil(id / 1000.0)',
    'id::float8 / 3',
    'round(amount * 3) - 1',
    'trunc(amount / 0.3)',
  ]
  const zones = ['UTC', 'Europe/Berlin', 'Pacific/Apia', 'Atlantic/Azores', 'XYZ-100']

  const operators = ['=', '>=', '<', '=', '<=', '>']

  test.for(wholes)('%s', { timeout: 60_000 }, async (whole, { harness }) => {
    for (const [turn, zone] of zones.entries()) {
      await harness.configure(`set timezone = '${zone}'`)
      const text = `select distinct (${whole})::text from thing order by 1`
      const { expected } = await harness.run({ text, parameters: [], isOrdered: true }, 0)
      // Values that rows have, each with the next operator.
      for (const [index, row] of (expected.rows ?? []).entries()) {
        const [value] = JSON.parse(row) as [string]
        const operator = operators[(index + turn) % operators.length]
        if (index % 2 === turn % 2) await quals(harness, `${whole} ${operator} '${value}'`)
      }
    }
    await harness.configure('reset timezone')
  })
})
