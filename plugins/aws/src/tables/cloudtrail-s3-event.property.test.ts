/** No condition, and no limit, may lose an event: random log files against what PostgreSQL would keep of all their events. */
import type { Qual, Quals, Row } from '@millrace/plugin-sdk'
import { articleAccountId, otherAccountId } from '@millrace/sandbox/credentials'
import { logFile, logFileKey } from '@millrace/sandbox/data/trail-objects'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { microsecondsOf } from '../log-files/record-test.js'
import { type AwsHarness, equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { holds } from '../testing/sql-conditions.js'
import type { S3EventColumns } from './cloudtrail-s3-event/columns.js'
import { cloudtrailS3Event } from './cloudtrail-s3-event.js'

type EventRow = Row<S3EventColumns>
type AnyQual = Qual<string | bigint | boolean>

/** In seconds. */
const delay = 600
const minute = 60_000

const accounts = [articleAccountId, otherAccountId, '333333333333']
const regions = ['us-east-1', 'eu-west-1']
const prefixes = ['', 'p', 'AWSLogs']
const names = ['GetObject', 'Get', 'a"b', 'c\\d/e', 'Ünï', '😀', 'x\ty', '\ufffd']
const deliveries = [
  '2023-12-31T23:58:00Z',
  '2024-01-01T00:00:00Z',
  '2024-02-29T23:59:00Z',
  '2024-03-01T00:10:00Z',
  '2024-03-01T12:00:00Z',
  '2024-04-15T00:00:00Z',
].map(Date.parse)

/** A time as records may have it, at the edges of what a delivery may hold. */
const eventTime = fc
  .tuple(
    fc.constantFrom(-delay * 1000, -delay * 1000 + 1, -minute, -1, 0, 59_999, 14 * minute, 15 * minute - 1),
    fc.constantFrom('', '001', '999'),
    fc.constantFrom('Z', '+00:00', '+02:00'),
  )
  .map(([offset, micros, zone]) => (delivered: number) => {
    const shift = zone === '+02:00' ? 120 * minute : 0
    return new Date(delivered + offset + shift).toISOString().replace('Z', `${micros}${zone}`)
  })

const jsonText = (value: unknown, escapes: boolean) =>
  escapes
    ? JSON.stringify(value).replace(
        /[A-Za-z]/g,
        (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
    : JSON.stringify(value)

const record = fc
  .record({
    time: eventTime,
    name: fc.option(fc.constantFrom(...names)),
    error: fc.option(fc.constantFrom('AccessDenied', 'X')),
    readOnly: fc.option(fc.boolean()),
    hasEscapes: fc.boolean(),
  })
  .map(({ time, name, error, readOnly, hasEscapes }) => (delivered: number, id: string) => {
    const members = [
      ['eventTime', JSON.stringify(time(delivered))],
      ['eventID', JSON.stringify(id)],
      ...(name === null ? [] : [['eventName', jsonText(name, hasEscapes)]]),
      ...(error === null ? [] : [['errorCode', jsonText(error, hasEscapes)]]),
      ...(readOnly === null ? [] : [['readOnly', String(readOnly)]]),
    ]
    return `{${members.map(([member, value]) => `"${member}":${value}`).join(',')}}`
  })

const file = fc.record({
  accountId: fc.constantFrom(...accounts),
  region: fc.constantFrom(...regions),
  prefix: fc.constantFrom(...prefixes),
  organizationId: fc.constantFrom(undefined, 'o-0123456789'),
  delivered: fc.constantFrom(...deliveries),
  records: fc.array(record, { minLength: 1, maxLength: 3 }),
})

/** @returns the number of records */
function fill({ sandbox }: AwsHarness, bucket: string, seed: number, keysPerPage = 1000): number {
  let count = 0
  const own = sandbox.buckets.add({ name: bucket, region: 'us-east-1', ownerId: articleAccountId })
  own.mostKeysPerPage = keysPerPage
  for (const [index, one] of fc.sample(file, { numRuns: 60, seed }).entries()) {
    const { accountId, region, prefix, organizationId, delivered, records } = one
    const place = { accountId, region, prefix, ...(organizationId === undefined ? {} : { organizationId }) }
    const texts = records.map((make, number) => make(delivered, `${index}-${number}`))
    own.put(logFileKey(place, delivered, String(index).padStart(16, '0')), logFile(texts), {
      lastModified: delivered,
    })
    count += texts.length
  }
  return count
}

const bounds = ['<', '<=', '>', '>=', '='] as const

function boundOf<Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Qual<Value>> {
  return fc.tuple(fc.constantFrom(...bounds), values, values).map(([operator, value, other]) => {
    return operator === '='
      ? { operator, values: value === other ? [value] : [value, other] }
      : ({ operator, value } satisfies Qual<Value>)
  })
}

function textQual(...values: readonly string[]): fc.Arbitrary<Qual<string>> {
  const value = fc.constantFrom(...values, 'no such')
  return fc.oneof(
    fc.uniqueArray(value, { minLength: 1, maxLength: 3 }).map(([first = '', ...more]): Qual<string> => {
      return { operator: '=', values: [first, ...more] }
    }),
    value.map((one): Qual<string> => ({ operator: '<>', value: one })),
  )
}

/** Times at the edges of deliveries and of what they may hold, and a microsecond beside them. */
const moment = fc
  .tuple(
    fc.constantFrom(...deliveries),
    fc.constantFrom(-delay * 1000, -minute, 0, minute, 15 * minute),
    fc.constantFrom(-1000n, -1n, 0n, 1n, 1000n),
  )
  .map(([delivered, offset, micros]) => BigInt(delivered + offset) * 1000n + micros)
const date = fc.constantFrom('2023-12-31', '2024-01-01', '2024-03-01', '2024-05-01')
const isNotNull: Qual<string> = { operator: 'is not null' }

const conditions = fc.record(
  {
    event_time: fc.array(boundOf(moment), { minLength: 1, maxLength: 2 }),
    log_date: fc.array(boundOf(date), { minLength: 1, maxLength: 2 }),
    log_account_id: textQual(...accounts).map((qual) => [qual]),
    log_region: fc
      .oneof(textQual(...regions), fc.constant<Qual<string>>({ operator: '~~', value: 'eu%' }))
      .map((qual) => [qual]),
    prefix: textQual(...prefixes)
      .filter(({ operator }) => operator === '=')
      .map((qual) => [qual]),
    event_name: fc.oneof(textQual(...names), fc.constant(isNotNull)).map((qual) => [qual]),
    error_code: fc.oneof(textQual('AccessDenied', 'X'), fc.constant(isNotNull)).map((qual) => [qual]),
    read_only: fc.constantFrom<Qual<boolean>[]>(
      [{ operator: '=', values: [true] }],
      [{ operator: '<>', value: true }],
      [{ operator: 'is not null' }],
    ),
  },
  { requiredKeys: [] },
)

const columns = [
  'event_time',
  'event_id',
  'log_date',
  'log_account_id',
  'log_region',
  'prefix',
  'event_name',
  'error_code',
  'read_only',
  'object_key',
] as const

/** The rows that PostgreSQL keeps. */
function kept(rows: readonly EventRow[], quals: Quals<S3EventColumns>): EventRow[] {
  return rows.filter((row) =>
    Object.entries<readonly AnyQual[] | undefined>(quals).every(([column, ofColumn = []]) => {
      const value = column === 'event_time' ? microsecondsOf(row.event_time) : row[column as 'event_name']
      return ofColumn.every((qual) => holds(qual, value))
    }),
  )
}

const sorted = (rows: readonly EventRow[]) => rows.map((row) => `${row.event_id} ${row.object_key}`).sort()

describe.each([
  { seed: 1, bucket: 'own-trail', keysPerPage: 1000 },
  { seed: 1, bucket: 'own-trail', keysPerPage: 1 },
  { seed: 1, bucket: 'own-trail--use1-az4--x-s3', keysPerPage: 1000 },
])('with the log files of seed $seed in $bucket, $keysPerPage on a page', ({ seed, bucket, keysPerPage }) => {
  test('conditions', { timeout: 120_000 }, async ({ harness }) => {
    const count = fill(harness, bucket, seed, keysPerPage)
    const connection = harness.connect({ delivery_delay: delay })
    const scan = (quals: Quals<S3EventColumns>) =>
      harness.rows(cloudtrailS3Event, { connection, columns, quals: { bucket: equals(bucket), ...quals } })
    const all = await scan({})
    expect(all).toHaveLength(count)
    let narrowed = 0
    await fc.assert(
      fc.asyncProperty(conditions, async (quals) => {
        harness.sandbox.calls.clear()
        const fetched = await scan(quals)
        if (fetched.length < all.length) narrowed++
        expect(sorted(kept(fetched, quals))).toEqual(sorted(kept(all, quals)))
        // LIMIT is passed on to the table where its keys say that rows fulfil conditions exactly.
        const { log_region, ...exact } = quals
        expect(kept(fetched, exact)).toHaveLength(fetched.length)
      }),
      { numRuns: 20, seed },
    )
    expect(narrowed).toBeGreaterThan(7)
  })

  test('the newest of those that fulfil conditions, and all of the same time', { timeout: 120_000 }, async ({
    harness,
  }) => {
    fill(harness, bucket, seed, keysPerPage)
    const connection = harness.connect({ delivery_delay: delay })
    const scan = (quals: Quals<S3EventColumns>, limit?: number) =>
      harness.rows(cloudtrailS3Event, {
        connection,
        columns,
        quals: { bucket: equals(bucket), ...quals },
        ...(limit === undefined ? {} : { limit, order: { column: 'event_time', direction: 'desc' } }),
      })
    const all = await scan({})
    await fc.assert(
      fc.asyncProperty(conditions, fc.integer({ min: 1, max: 12 }), async (quals, limit) => {
        const times = (rows: readonly EventRow[]) =>
          rows.map((row) => microsecondsOf(row.event_time) ?? 0n).sort((a, b) => Number(b - a))
        const wanted = kept(all, quals)
        const edge = times(wanted)[limit - 1] ?? 0n
        const isFirst = (row: EventRow) => (microsecondsOf(row.event_time) ?? 0n) >= edge
        const fetched = kept(await scan(quals, limit), quals)
        expect(sorted(fetched.filter(isFirst))).toEqual(sorted(wanted.filter(isFirst)))
      }),
      { numRuns: 10, seed },
    )
  })
})

test('dates that no log file has', async ({ harness }) => {
  const bucket = 'own-trail'
  fill(harness, bucket, 1)
  const connection = harness.connect()
  const scan = (...log_date: readonly Qual<string>[]) =>
    harness
      .rows(cloudtrailS3Event, { connection, columns, quals: { bucket: equals(bucket), log_date } })
      .then((rows) => rows.length)
  const all = await scan()
  for (const early of ['0044-03-15 BC', '-infinity']) {
    expect(await scan({ operator: '>', value: early })).toBe(all)
    expect(await scan({ operator: '<=', value: early })).toBe(0)
    expect(await scan({ operator: '=', values: [early] })).toBe(0)
  }
  for (const late of ['12024-01-01', 'infinity']) {
    expect(await scan({ operator: '<=', value: late })).toBe(all)
    expect(await scan({ operator: '>=', value: late })).toBe(0)
    expect(await scan({ operator: '=', values: [late] })).toBe(0)
  }
})
