/** Calls of several sessions and connections to one account, against the sandbox. */
import { otherCredentials, sandboxRoles } from '@millrace/sandbox/credentials'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

let harness: ServiceHarness
let client: pg.Client
let other: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness({
    moreAws: {
      aws_again: {},
      other_by_role: { role_arn: sandboxRoles.reader },
      other_by_keys: {
        access_key: otherCredentials.accessKeyId,
        secret_key: otherCredentials.secretAccessKey,
      },
    },
    limits: { maxConcurrency: 2, rates: { DescribeTrails: 1 } },
    cache: { ttl: 60_000, maxBytes: 100_000_000 },
  })
  client = await harness.connect()
  other = await harness.connect()
})

afterAll(() => harness?.stop())

afterEach(() => {
  harness.sandbox.faults.clear()
  harness.sandbox.calls.clear()
})

const countEvents = (session: pg.Client, connection: string, eventName: string) =>
  session.query(
    `select count(*)::int as count from ${connection}.aws_cloudtrail_trail_event
     where log_group_name = 'cloudtrail-cwg-devto' and event_name = $1`,
    [eventName],
  )

const lookUp = (session: pg.Client, addresses: readonly string[]) =>
  session.query('select ip, city from ipstack_ip where ip = any ($1::inet[])', [addresses])

const addressesOf = (network: number, count: number) =>
  Array.from({ length: count }, (_, index) => `84.${network}.${index >> 8}.${index & 255}`)

describe('limits', () => {
  test('hold for an account, whichever connection and session asks', async () => {
    harness.sandbox.faults.add({ kind: 'latency', milliseconds: 50, service: 'logs' })
    await Promise.all([
      countEvents(client, 'aws', 'a').then(() => countEvents(client, 'aws', 'b')),
      countEvents(other, 'aws_again', 'c').then(() => countEvents(other, 'aws_again', 'd')),
      harness.connect().then((third) => countEvents(third, 'aws', 'e')),
      harness.connect().then((fourth) => countEvents(fourth, 'aws_again', 'f')),
    ])
    expect(harness.sandbox.calls.count({ service: 'logs' })).toBeGreaterThanOrEqual(6)
    expect(harness.sandbox.calls.maxInFlight()).toBeLessThanOrEqual(2)
  })

  test('hold for an account that different credentials open, once it is known', async () => {
    const places = ['other_by_role', 'other_by_keys']
    for (const place of places) await client.query(`select account_id from ${place}.aws_region`)
    harness.sandbox.calls.clear()
    harness.sandbox.faults.add({ kind: 'latency', milliseconds: 50, service: 'logs' })
    const sessions = await Promise.all(Array.from({ length: 4 }, () => harness.connect()))
    await Promise.all(
      sessions.map(async (session, index) => {
        const table = `${places[index % 2]}.aws_cloudwatch_log_group`
        for (const name of ['a', 'b'])
          await session.query(`select arn from ${table} where name = $1`, [`${name}${index}`])
      }),
    )
    expect(harness.sandbox.calls.count({ service: 'logs' })).toBeGreaterThanOrEqual(8)
    expect(harness.sandbox.calls.maxInFlight()).toBe(2)
  })

  test('a query of one key does not wait for all keys of another', async () => {
    harness.sandbox.faults.add({ kind: 'latency', milliseconds: 100, service: 'ipstack' })
    const begun = harness.sandbox.calls.next()
    let isJoinDone = false
    // 40 calls, two at a time.
    const join = lookUp(client, addressesOf(18, 2000)).finally(() => {
      isJoinDone = true
    })
    await begun
    expect((await lookUp(other, addressesOf(19, 1))).rows).toHaveLength(1)
    expect(isJoinDone).toBe(false)
    expect((await join).rows).toHaveLength(2000)
  })

  test('a rate of the settings is kept to', async () => {
    const start = performance.now()
    await client.query('select name from aws.aws_cloudtrail_trail')
    await other.query('select name from aws_again.aws_cloudtrail_trail')
    const calls = harness.sandbox.calls.count({ operation: 'DescribeTrails' })
    expect(calls).toBeGreaterThanOrEqual(2)
    expect(performance.now() - start).toBeGreaterThanOrEqual((calls - 1) * 1000)
  })
})

describe('equal requests in flight', () => {
  test('are one request', async () => {
    harness.sandbox.faults.add({ kind: 'latency', milliseconds: 300, service: 'ipstack' })
    const addresses = addressesOf(20, 50)
    const answers = await Promise.all([lookUp(client, addresses), lookUp(other, addresses)])
    expect(answers.map(({ rows }) => rows.length)).toEqual([50, 50])
    expect(harness.sandbox.calls.count({ service: 'ipstack' })).toBe(1)
  })

  test('with a limit, too; and without one, nobody with a limit waits for all rows', async () => {
    harness.sandbox.faults.add({ kind: 'hang', operation: 'FilterLogEvents', times: 1 })
    const first = await harness.connect()
    const begun = harness.sandbox.calls.next(({ service }) => service === 'logs')
    const all = first
      .query(
        `select event_source from aws_cloudtrail_trail_event where log_group_name = 'cloudtrail-cwg-devto'`,
      )
      .catch((error: unknown) => error)
    await begun
    harness.sandbox.calls.clear()
    harness.sandbox.faults.add({ kind: 'latency', milliseconds: 300, operation: 'FilterLogEvents' })
    const one = `select event_source from aws_cloudtrail_trail_event
      where log_group_name = 'cloudtrail-cwg-devto' limit 1`
    const answers = await Promise.all([client.query(one), other.query(one)])
    expect(answers.map(({ rows }) => rows.length)).toEqual([1, 1])
    expect(harness.sandbox.calls.count({ service: 'logs' })).toBe(1)
    await first.end()
    await all
  })

  test('the others are answered when the first to ask goes away', async () => {
    harness.sandbox.faults.add({ kind: 'latency', milliseconds: 300, service: 'logs' })
    const first = await harness.connect()
    const begun = harness.sandbox.calls.next(({ service }) => service === 'logs')
    const gone = countEvents(first, 'aws', 'StopLogging').catch((error: unknown) => error)
    await begun
    const answer = countEvents(other, 'aws', 'StopLogging')
    Object(first).connection.stream.destroy()
    expect(await gone).toBeInstanceOf(Error)
    expect((await answer).rows).toHaveLength(1)
  })
})

test('a wider range asks for what is missing, and says that the rest was there', async () => {
  const events = (until: string) => `select count(event_id) from aws_cloudtrail_trail_event
    where log_group_name = 'cloudtrail-cwg-devto' and timestamp < '${until}'`
  const session = await harness.connect()
  for (const until of ['2022-07-06 20:30Z', '2022-07-06 21:00Z']) await session.query(events(until))
  const { rows } = await session.query('select cache, cache_hit from millrace.scan order by statement')
  expect(rows).toEqual([
    { cache: 'miss', cache_hit: false },
    { cache: 'partial', cache_hit: false },
  ])
})
