/** Conditions on aws_cloudtrail_trail_event, pushed or not, against PostgreSQL's own answer over the same rows. */
import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const texts = [
  '',
  'a',
  'GetObject',
  'GetBucketAcl',
  'ListBuckets',
  'Object',
  'a"b\\c',
  '10%',
  'a*b',
  'Ünïcödé',
  '42',
]
const addresses = ['1.2.3.4', '10.20.30.40', '2001:db8::1', 's3.amazonaws.com', '1x2.3', 'AWS Internal']
const identifiers = [
  { arn: 'arn:aws:iam::1:user/ann' },
  { sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::1:role/reader', principalId: 'AROA1:ann' } } },
  { arn: null, sessionContext: { sessionIssuer: { principalId: 'AROA2:ann' } } },
  { arn: 42, sessionContext: 'none' },
]
const start = Date.UTC(2026, 0, 1)

let harness: ServiceHarness
let client: pg.Client
beforeAll(async () => {
  harness = await startServiceHarness()
  const events = Array.from({ length: 600 }, (_, i) => {
    const record = {
      eventID: `id-${i}`,
      eventName: i % 13 === 0 ? (i % 2 ? null : 42) : texts[i % texts.length],
      errorCode: i % 3 === 0 ? 'AccessDenied' : i % 7 === 0 ? texts[i % texts.length] : undefined,
      sourceIPAddress: addresses[i % addresses.length],
      userIdentity:
        i % 5 === 0 ? undefined : { userName: texts[(i * 7) % texts.length], ...identifiers[i % 4] },
      readOnly: [true, false, null, undefined, 'true'][i % 5],
    }
    const message = i % 50 === 49 ? 'not JSON' : JSON.stringify(record)
    return { message, timestamp: start + Math.floor(i / 4), logStreamName: `s${i % 3}` }
  })
  harness.sandbox.logs.addEvents('us-east-1', 'conditions', events)
  client = await harness.connect()
  await client.query(`create table plain as select * from aws_cloudtrail_trail_event where ${group}`)
})
afterAll(() => harness.stop())
beforeEach(() => harness.sandbox.calls.clear())

const group = `log_group_name = 'conditions'`

async function rows(table: string, condition: string): Promise<string[]> {
  const { rows } = await client.query(
    `select coalesce(event_id, timestamp::text) as id from ${table} where ${group} and (${condition}) order by 1`,
  )
  return rows.map(({ id }) => id)
}

/** Filter patterns of the calls so far. */
function patterns(): (string | undefined)[] {
  return harness.sandbox.calls.list().map(({ parameters }) => Object(parameters).filterPattern)
}

describe('the answer is that of PostgreSQL', () => {
  // 'either': a matter of the planner, not of the table.
  test.each<[condition: string, isPushed: boolean | 'either' | 'no call']>([
    [`event_name = 'GetObject'`, true],
    [`event_name in ('GetObject', 'ListBuckets')`, true],
    [`event_name = any (array['GetObject', 'a"b\\c'])`, true],
    [`event_name = 'a*b'`, false],
    [`event_name = ''`, false],
    [`event_name = '42'`, false],
    [`event_name <> 'GetObject'`, true],
    [`event_name not in ('GetObject', 'ListBuckets')`, true],
    [`event_name not in ('GetObject', null)`, 'no call'],
    [`event_name is distinct from 'GetObject'`, 'either'],
    [`error_code is null`, false],
    [`error_code is not null`, true],
    [`not (error_code is null)`, 'either'],
    [`event_name like 'Get%'`, true],
    [`event_name like '%Object'`, true],
    [`event_name like '%e%Ob%'`, true],
    [`event_name not like 'Get%'`, 'either'],
    [`event_name ilike 'get%'`, 'either'],
    [`event_name ~ '^Get'`, true],
    [`event_name ~ '^(Get|List)[A-Z]'`, true],
    [`event_name ~* '^get'`, 'either'],
    [`event_name !~ '^Get'`, 'either'],
    [`'1.2.3.4' ~ source_ip_address`, 'either'],
    [`starts_with(event_name, 'Get')`, 'either'],
    [`source_ip_address ~ '^\\d+.\\d+'`, true],
    [`source_ip_address ~ '^\\d{1,3}(\\.\\d{1,3}){3}$'`, false],
    [`source_ip_address ~ '^\\d+\\.\\d+\\.\\d+\\.\\d+$'`, true],
    ['read_only', true],
    ['not read_only', true],
    ['read_only is true', true],
    ['read_only is not true', 'either'],
    ['read_only is null', false],
    ['read_only is not null', true],
    ['read_only = false', true],
    ['read_only <> true', 'either'],
    [`username = 'a' or username = 'Object'`, true],
    [`user_identifier = 'arn:aws:iam::1:role/reader'`, true],
    [`user_identifier in ('AROA2:ann', 'arn:aws:iam::1:user/ann')`, true],
    [`user_identifier <> 'arn:aws:iam::1:user/ann'`, true],
    [`user_identifier like 'arn:%/%'`, true],
    [`user_identifier ~ ':role/'`, true],
    [`user_identifier ~ ':[a-z]+$'`, false],
    ['user_identifier is not null', true],
    ['user_identifier is null', false],
    [`username = 'a' or event_name = 'a'`, false],
    [
      `username is not null and event_name like 'Get%' and not read_only and error_code = 'AccessDenied'`,
      true,
    ],
    [`timestamp_ms between ${start + 10} and ${start + 20}`, false],
    [`event_name || '' = 'GetObject'`, 'either'],
    [`event_name = 'x" || $.a = "y'`, true],
    [`event_name like '%") || ($.eventName = "%'`, true],
  ])('%s', async (condition, isPushed) => {
    const answer = await rows('aws_cloudtrail_trail_event', condition)
    expect(answer).toEqual(await rows('plain', condition))
    if (isPushed === 'either') return
    // Where digits are more than those of ASCII, no call may ask for these.
    const mayPush = !(isDebian && condition.includes('\\d'))
    const expected = isPushed === 'no call' ? [] : [isPushed && mayPush]
    expect(patterns().map((pattern) => pattern !== undefined)).toEqual(expected)
  })

  test('digits of expressions are asked for only where they are those of ASCII', async () => {
    const found = await client.query(`select '٣' ~ '\\d' as wide`)
    expect(found.rows).toEqual([{ wide: isDebian }])
    const condition = `source_ip_address ~ '^\\d+\\.'`
    expect(await rows('aws_cloudtrail_trail_event', condition)).toEqual(await rows('plain', condition))
    expect(patterns().map((pattern) => pattern !== undefined)).toEqual([!isDebian])
  })
})

describe('bounds of time', () => {
  const at = (milliseconds: number, microseconds = 0) =>
    `timestamptz '2026-01-01 00:00:00.${String(milliseconds).padStart(3, '0')}${String(microseconds).padStart(3, '0')}+00'`
  /** What is asked: a millisecond more than is wanted, for endTime may be exclusive. */
  const bounds = (first: number | undefined, last: number | undefined) => ({
    ...(first === undefined ? {} : { startTime: start + first }),
    ...(last === undefined ? {} : { endTime: start + last + 1 }),
  })

  test.each<[string, object]>([
    [`timestamp >= ${at(10)}`, bounds(10, undefined)],
    [`timestamp > ${at(10)}`, bounds(11, undefined)],
    [`timestamp > ${at(10, 1)}`, bounds(11, undefined)],
    [`timestamp < ${at(10)}`, bounds(undefined, 9)],
    [`timestamp < ${at(10, 1)}`, bounds(undefined, 10)],
    [`timestamp between ${at(10)} and ${at(20)}`, bounds(10, 20)],
    [`timestamp = ${at(10)}`, bounds(10, 10)],
    [
      `timestamp > ${at(5)} and timestamp >= ${at(7)} and timestamp < ${at(20)} and timestamp <= ${at(30)}`,
      bounds(7, 19),
    ],
    [`timestamp_ms > ${start + 5} and timestamp < ${at(20)}`, bounds(6, 19)],
    [`event_time > ${at(10)}`, bounds(undefined, undefined)],
  ])('%s', async (condition, expected) => {
    expect(await rows('aws_cloudtrail_trail_event', condition)).toEqual(await rows('plain', condition))
    const [call] = harness.sandbox.calls.list()
    const { startTime, endTime } = Object(call?.parameters)
    expect({ startTime, endTime }).toEqual({ startTime: undefined, endTime: undefined, ...expected })
  })
})

test.each<[string, number]>([
  [`timestamp >= '2026-01-01 00:00:00.1+00'`, 5],
  [`timestamp_ms between ${start + 10} and ${start + 20}`, 5],
  [`region = 'us-east-1' and account_id <> '210987654321' and timestamp < '2027-01-01'`, 5],
  [`log_stream_name = 's1' and timestamp > '2026-01-01 00:00:00.1+00'`, 5],
  // Not every event that comes need fulfil these.
  [`timestamp in (to_timestamp(${start / 1000}), to_timestamp(${start / 1000} + 0.1))`, 10_000],
  [`event_name = 'GetObject'`, 10_000],
])('a limit reaches the API beside %s: %i', async (condition, limit) => {
  const all = new Set(await rows('plain', condition))
  const { rows: found } = await client.query(
    `select coalesce(event_id, timestamp::text) as id from aws_cloudtrail_trail_event
     where ${group} and ${condition} limit 5`,
  )
  expect(found).toHaveLength(5)
  for (const { id } of found) expect(all).toContain(id)
  const calls = harness.sandbox.calls.list().filter(({ operation }) => operation === 'FilterLogEvents')
  expect(calls.map(({ parameters }) => Object(parameters).limit)).toEqual([limit])
})

describe("the user's own filter", () => {
  const filter = `'{ $.errorCode = "AccessDenied" }'`

  test('is sent as it stands; other conditions stay with PostgreSQL', async () => {
    const condition = `event_name = 'GetObject' and read_only`
    const { rows: found } = await client.query(
      `select event_id from aws_cloudtrail_trail_event where ${group} and filter = ${filter} and ${condition} order by 1`,
    )
    const { rows: expected } = await client.query(
      `select event_id from plain where error_code = 'AccessDenied' and ${condition} order by 1`,
    )
    expect(expected.length).toBeGreaterThan(0)
    expect(found).toEqual(expected)
    expect(patterns()).toEqual(['{ $.errorCode = "AccessDenied" }'])
  })

  test('and a limit does not end the reading before rows that fulfil the others', async () => {
    const select = `select event_id from aws_cloudtrail_trail_event where ${group} and filter = ${filter}`
    const { rows: last } = await client.query(
      `select event_id from plain where error_code = 'AccessDenied' order by timestamp desc limit 1`,
    )
    const { rows: found } = await client.query(`${select} and event_id = '${last[0].event_id}' limit 1`)
    expect(found).toEqual(last)
    expect((await client.query(`${select} limit 3`)).rows).toHaveLength(3)
    const limits = harness.sandbox.calls.list().map(({ parameters }) => Object(parameters).limit)
    expect(limits).toEqual([10_000, 3])
  })
})
