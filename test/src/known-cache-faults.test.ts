/**
 * What goes wrong in other tools' caches: the same question asks nobody twice, and rows that are kept never give a
 * wrong answer.
 */
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const logGroup = 'known-cache-faults'
const events = 'aws_cloudtrail_trail_event'
const from = `from ${events} where log_group_name = '${logGroup}'`
const addresses = ['89.248.165.99', '82.102.17.180', '104.53.216.85', '107.170.20.63'] as const
const [first, second, third] = addresses

let harness: ServiceHarness
let client: pg.Client
/** The same rows in an ordinary table. */
const copied = 'from copied_events where true'

const odd = [
  { eventName: 'Lines', userAgent: 'a\nb' },
  { eventName: 'Line', userAgent: 'ab' },
  { eventName: 'Left', userAgent: 'a-b', errorCode: 'c' },
  { eventName: 'Right', userAgent: 'a', errorCode: 'b-c' },
  { eventName: 'Tab', userAgent: 'a\tb' },
]

beforeAll(async () => {
  harness = await startServiceHarness({ cache: { ttl: 3_600_000, maxBytes: 100_000_000 } })
  harness.sandbox.generateEvents({ logGroup, count: 3_000, distinctAddresses: 40, seed: 11, serviceEvery: 5 })
  harness.sandbox.logs.addEvents(
    'us-east-1',
    logGroup,
    odd.map((fields, index) => ({
      message: JSON.stringify({ eventVersion: '1.08', eventID: `odd-${index}`, ...fields }),
      timestamp: 1_657_139_889_000 + index,
    })),
  )
  client = await harness.connect()
  await client.query(`set millrace.cache_ttl = 0; create table copied_events as select * ${from}`)
  await client.query('reset millrace.cache_ttl')
})

afterAll(() => harness?.stop())

beforeEach(() => {
  harness.sandbox.calls.clear()
  harness.sandbox.faults.clear()
})

const calls = () => harness.sandbox.calls.list().filter(({ service }) => service !== 'sts').length

async function rowsOf(text: string, of: pg.Client = client): Promise<readonly string[]> {
  const { rows } = await of.query({ text, rowMode: 'array' })
  const lines = rows.map((row) => JSON.stringify(row))
  return /order by/i.test(text) ? lines : lines.sort()
}

/** Runs it over the log group and over its copy; they must give the same rows, and some. */
async function sameAsCopied(condition: string, columns = 'event_id'): Promise<void> {
  const right = await rowsOf(`select ${columns} ${copied} and ${condition}`)
  expect(right.length, condition).toBeGreaterThan(0)
  expect(await rowsOf(`select ${columns} ${from} and ${condition}`), condition).toEqual(right)
}

describe('the same statement asks nobody again, whichever operators its conditions have', () => {
  test.each([
    `timestamp >= '2022-07-06 20:38:09.001Z' and timestamp <= '2022-07-06 20:38:09.003Z'`,
    `timestamp between '2022-07-06 20:38:09Z' and '2022-07-06 20:38:09.002Z'`,
    `event_name <> 'Decrypt' and error_code <> 'AccessDenied'`,
    `event_name not in ('Decrypt', 'PutObject')`,
    `event_name like 'Li%'`,
    `event_name not like 'D%'`,
    `event_name ~ '^L'`,
    'error_code is null',
    'error_code is not null',
    'read_only',
    'not read_only',
    `request_parameters @> '{}'`,
  ])('%s', async (condition) => {
    await sameAsCopied(condition)
    harness.sandbox.calls.clear()
    await sameAsCopied(condition)
    expect(calls()).toBe(0)
  })
})

test('a statement with ORDER BY, or with LIMIT, asks nobody again', async () => {
  const ordered = `event_name like 'L%' order by timestamp desc, event_id limit 3`
  await sameAsCopied(ordered)
  harness.sandbox.calls.clear()
  await sameAsCopied(ordered)
  await sameAsCopied(`event_name like 'L%' order by event_id`)
  expect(calls()).toBe(0)
})

test("= 'a' asks nobody after in ('a', 'b')", async () => {
  await sameAsCopied(`event_name in ('Lines', 'Line', 'Left')`)
  await rowsOf(`select ip, city from ipstack_ip where ip in ('${first}', '${second}')`)
  harness.sandbox.calls.clear()
  await sameAsCopied(`event_name = 'Line'`)
  await sameAsCopied(`event_name in ('Left', 'Lines')`)
  expect(await rowsOf(`select city from ipstack_ip where ip = '${second}'`)).toEqual(['["Madrid"]'])
  expect(calls()).toBe(0)
})

test('a further column, of another call, is fetched; fewer columns ask nobody', async () => {
  const trails = (columns: string) => `select ${columns} from aws_cloudtrail_trail order by name`
  await client.query('set millrace.cache_ttl = 0')
  const right = await rowsOf(trails('name, latest_delivery_time, is_logging'))
  await client.query('reset millrace.cache_ttl')
  expect(await rowsOf(trails('name'))).toHaveLength(right.length)
  expect(await rowsOf(trails('name, latest_delivery_time, is_logging'))).toEqual(right)
  harness.sandbox.calls.clear()
  await rowsOf(trails('is_logging, name'))
  await rowsOf(trails('name'))
  expect(calls()).toBe(0)
})

describe('a fetch that fails, or that loses its reader, holds up nobody', () => {
  const city = (ip: string) => `select city from ipstack_ip where ip = '${ip}'`

  test('two who wait for the same rows both get the error; then the rows come', async () => {
    const other = await harness.connect()
    harness.sandbox.faults.add({ kind: 'error', service: 'ipstack', status: 403 })
    const failed = await Promise.allSettled([rowsOf(city(third)), rowsOf(city(third), other)])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    harness.sandbox.faults.clear()
    expect(await Promise.all([rowsOf(city(third)), rowsOf(city(third), other)])).toEqual([
      ['["Windsor"]'],
      ['["Windsor"]'],
    ])
  })

  test('who waits for rows gets them though the one who asked for them first has gone', async () => {
    const gone = await harness.connect()
    // Nothing else here asks for this column.
    const text = `select count(user_identifier) ${from}`
    harness.sandbox.faults.add({ kind: 'latency', milliseconds: 300, service: 'logs' })
    const called = harness.sandbox.calls.next(({ service }) => service === 'logs')
    const lost = rowsOf(text, gone).catch(() => 'lost')
    await called
    const waiting = rowsOf(text)
    const { connection } = Object(gone)
    connection.stream.destroy()
    expect(await lost).toBe('lost')
    expect(await waiting).toEqual(await rowsOf(text.replace(from, copied)))
  })
})

test('rows of one Region are not taken for those of all', async () => {
  const groups = (more = '') => `select region, name from aws_cloudwatch_log_group ${more} order by 1, 2`
  await client.query('set millrace.cache_ttl = 0')
  const all = await rowsOf(groups())
  const regions = [...new Set(all.map((line) => JSON.parse(line)[0]))]
  await client.query('reset millrace.cache_ttl')
  const [region] = regions
  const ofRegion = all.filter((line) => JSON.parse(line)[0] === region)
  expect(await rowsOf(groups(`where region = '${region}'`))).toEqual(ofRegion)
  expect(await rowsOf(groups(`where region = 'eu-central-1'`))).toEqual(
    all.filter((line) => JSON.parse(line)[0] === 'eu-central-1'),
  )
  expect(await rowsOf(groups())).toEqual(all)
  harness.sandbox.calls.clear()
  expect(await rowsOf(groups(`where region in ('${region}', 'nowhere')`))).toEqual(ofRegion)
  expect(calls()).toBe(0)
})

test('no row comes twice when a part of what was kept has been thrown away', async () => {
  const small = await startServiceHarness({ cache: { ttl: 3_600_000, maxBytes: 1_400_000 } })
  try {
    small.sandbox.generateEvents({ logGroup, count: 5_000, distinctAddresses: 40, seed: 12, serviceEvery: 5 })
    const reader = await small.connect()
    const ids = async (condition: string) =>
      (await reader.query(`select event_id, event_name, user_agent ${from} and ${condition}`)).rows.map(
        ({ event_id }) => event_id,
      )
    const { rows } = await reader.query(
      `select min(timestamp) as low, max(timestamp) as high,
         percentile_disc(0.5) within group (order by timestamp) as middle ${from}`,
    )
    const [low, middle, high] = [rows[0].low, rows[0].middle, rows[0].high].map((time: Date) =>
      time.toISOString(),
    )
    // Halves, the whole, and others that push them out, over and over.
    for (let round = 0; round < 3; round++) {
      const half = await ids(`timestamp >= '${low}' and timestamp <= '${middle}'`)
      const rest = await ids(`timestamp > '${middle}' and timestamp <= '${high}'`)
      await ids(`event_name <> 'number ${round}'`)
      const whole = await ids(`timestamp >= '${low}' and timestamp <= '${high}'`)
      expect(new Set(whole).size).toBe(5_000)
      expect(whole).toHaveLength(5_000)
      expect(half.length + rest.length).toBe(5_000)
    }
  } finally {
    await small.stop()
  }
})

describe('values that look alike when they are put together name different rows', () => {
  test.each([
    `user_agent = E'a\\nb'`,
    `user_agent = 'ab'`,
    `user_agent = E'a\\tb'`,
    `user_agent = 'a-b' and error_code = 'c'`,
    `user_agent = 'a' and error_code = 'b-c'`,
    `user_agent in ('a', 'ab')`,
    `user_agent in ('ab')`,
  ])('%s', async (condition) => {
    await sameAsCopied(condition, 'event_name')
    await sameAsCopied(condition, 'event_name')
  })
})
