/** The first events of a log group by time: all that a limit means, with few calls. */

import type { Direction, Qual } from '@millrace/plugin-sdk'
import { errorOf } from '@millrace/plugin-sdk/testing'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { cloudtrailTrailEvent } from '../tables/cloudtrail-trail-event.js'
import { cloudwatchLogEvent } from '../tables/cloudwatch-log-event.js'
import { type AwsHarness, equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'

const second = 1000
const day = 86_400 * second
/** From here on, FilterLogEvents gives the newest first. */
const border = Date.UTC(2024, 0, 1)
const start = Date.UTC(2026, 0, 1)

/** Adds events, each of which has its number for a message. */
function addEvents(
  harness: AwsHarness,
  logGroup: string,
  timestamps: readonly number[],
  region = 'us-east-1',
): void {
  const events = timestamps.map((timestamp, number) => ({
    message: `${number}`,
    timestamp,
    logStreamName: `s${number % 3}`,
  }))
  harness.sandbox.logs.addEvents(region, logGroup, events)
}

interface Reading {
  readonly limit: number
  readonly direction?: Direction
  readonly timestamp?: readonly Qual<bigint>[]
  readonly streams?: readonly [string, ...string[]]
  readonly regions?: string[]
}

async function read(
  harness: AwsHarness,
  logGroup: string,
  { limit, direction = 'desc', timestamp, streams, regions }: Reading,
): Promise<{ readonly number: number; readonly time: number }[]> {
  const rows = await harness.rows(cloudwatchLogEvent, {
    ...(regions === undefined ? {} : { connection: harness.connect({ regions }) }),
    limit,
    order: { column: 'timestamp', direction },
    quals: {
      log_group_name: equals(logGroup),
      ...(timestamp === undefined ? {} : { timestamp }),
      ...(streams === undefined ? {} : { log_stream_name: equals(...streams) }),
    },
    columns: ['log_group_name', 'log_stream_name', 'message', 'timestamp'],
  })
  return rows.map(({ message, timestamp: time }) => ({ number: Number(message), time: Number(time) }))
}

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)
const everySecond = (count: number, from = start) => numbers(count).map((number) => from + number * second)
const micros = (time: number) => BigInt(time) * 1000n

/** Numbers of the first events, with those at the last one's time. */
function firstOf(timestamps: readonly number[], limit: number, direction: Direction): readonly number[] {
  const sign = direction === 'asc' ? 1 : -1
  const last = [...timestamps].sort((one, other) => sign * (one - other))[limit - 1]
  return numbers(timestamps.length).filter((number) => {
    const time = timestamps[number] ?? 0
    return last === undefined || sign * (time - last) <= 0
  })
}

const calls = (harness: AwsHarness) => harness.sandbox.calls.count()

describe('calls', () => {
  test.for<[string, Direction]>([
    ['newest', 'desc'],
    ['oldest', 'asc'],
  ] as const)('the 20 %s of a large group: one a region', async ([_, direction], { harness }) => {
    const regions = ['us-east-1', 'eu-west-1']
    const times = everySecond(30_000)
    for (const region of regions) addEvents(harness, 'g', times, region)
    const got = await read(harness, 'g', { limit: 20, direction, regions })
    const first = firstOf(times, 20, direction)
    for (const number of first) expect(got.filter((one) => one.number === number)).toHaveLength(2)
    expect(harness.sandbox.calls.list()).toMatchObject([
      { parameters: { limit: 100 } },
      { parameters: { limit: 100 } },
    ])
  })

  test('some pages', async ({ harness }) => {
    harness.sandbox.paging.maxEvents = 10
    const times = everySecond(500)
    addEvents(harness, 'g', times)
    const got = await read(harness, 'g', { limit: 25 })
    expect(got.map(({ number }) => number)).toEqual(expect.arrayContaining([...firstOf(times, 25, 'desc')]))
    expect(calls(harness)).toBe(3)
  })

  test('more than a few pages: windows, and not the whole group', async ({ harness }) => {
    harness.sandbox.paging.maxEvents = 10
    const times = everySecond(5000)
    addEvents(harness, 'g', times)
    const got = await read(harness, 'g', { limit: 100 })
    expect(new Set(got.map(({ number }) => number)).size).toBe(got.length)
    expect(got.map(({ number }) => number)).toEqual(expect.arrayContaining([...firstOf(times, 100, 'desc')]))
    expect(calls(harness)).toBeLessThan(60)
  })

  test('fewer events than the limit, with a bound: one', async ({ harness }) => {
    addEvents(harness, 'g', everySecond(10))
    const timestamp: Qual<bigint>[] = [{ operator: '>=', value: micros(start - day) }]
    expect(await read(harness, 'g', { limit: 20, timestamp })).toHaveLength(10)
    expect(calls(harness)).toBe(1)
  })

  test('fewer events than the limit, and none before 2024: two', async ({ harness }) => {
    addEvents(harness, 'g', everySecond(10))
    expect(await read(harness, 'g', { limit: 20 })).toHaveLength(10)
    expect(calls(harness)).toBe(2)
  })

  test('all before 2024, by a bound: one where they are few', async ({ harness }) => {
    addEvents(harness, 'g', everySecond(10, border - day))
    const timestamp: Qual<bigint>[] = [{ operator: '<', value: micros(border) }]
    expect(await read(harness, 'g', { limit: 3, timestamp })).toHaveLength(10)
    expect(calls(harness)).toBe(1)
  })

  test('many before 2024: not all are read', async ({ harness }) => {
    harness.sandbox.paging.maxEvents = 10
    const times = everySecond(5000, border - 5000 * second)
    addEvents(harness, 'g', times)
    const got = await read(harness, 'g', { limit: 15 })
    expect(got.map(({ number }) => number)).toEqual(expect.arrayContaining([...firstOf(times, 15, 'desc')]))
    expect(calls(harness)).toBeLessThan(60)
  })
})

describe('no more than about twice the calls of reading it all', () => {
  const sparse = numbers(40).map((number) => border - number * 20 * day)
  const bursts = numbers(20).flatMap((burst) => numbers(30).map((i) => start - burst * 30 * day + i * second))
  const groups: readonly [string, readonly number[]][] = [
    ['few, long ago', everySecond(20, Date.UTC(2022, 6, 6))],
    ['few, of late', everySecond(20)],
    ['over years', sparse],
    ['in bursts', bursts],
    ['many', everySecond(900)],
    ['many, long ago', everySecond(900, border - 900 * second)],
    ['one', [start]],
    ['none', []],
  ]
  const timestamp = {
    none: undefined,
    since: [{ operator: '>=' as const, value: micros(border - 900 * day) }],
  }

  test.for(groups.flatMap(([what, times]) => [0, 1, 3, 7].map((empty) => [what, empty, times] as const)))(
    '%s; empty pages before each: %i',
    async ([_, emptyPagesBefore, times], { harness }) => {
      Object.assign(harness.sandbox.paging, { emptyPagesBefore, maxEvents: 100 })
      addEvents(harness, 'g', times.length === 0 ? [] : times)
      if (times.length === 0)
        harness.sandbox.logs.addEvents('us-east-1', 'g', [{ message: '-1', timestamp: 1 }])
      for (const bound of [timestamp.none, timestamp.since]) {
        const quals = { log_group_name: equals('g'), ...(bound === undefined ? {} : { timestamp: bound }) }
        harness.sandbox.calls.clear()
        await harness.rows(cloudwatchLogEvent, { quals, columns: ['message'] })
        const plain = calls(harness)
        for (const [limit, direction] of [
          [2, 'desc'],
          [25, 'desc'],
          [500, 'desc'],
          [2, 'asc'],
          [500, 'asc'],
        ] as const) {
          harness.sandbox.calls.clear()
          await read(harness, 'g', { limit, direction, ...(bound === undefined ? {} : { timestamp: bound }) })
          expect([limit, direction, calls(harness) <= 2 * plain + 2, calls(harness), plain]).toEqual([
            limit,
            direction,
            true,
            calls(harness),
            plain,
          ])
        }
      }
    },
  )
})

describe('the first ones come', () => {
  const times = fc
    .array(
      fc.record({
        at: fc.integer({ min: border - 40 * day, max: border + 40 * day }),
        count: fc.integer({ min: 1, max: 25 }),
        step: fc.constantFrom(0, 0, 1, 1000),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((bursts) => bursts.flatMap(({ at, count, step }) => numbers(count).map((i) => at + i * step)))
  const bound = fc.option(fc.integer({ min: border - 50 * day, max: border + 50 * day }), { nil: undefined })

  test('whatever the times, bounds, pages and limits, and no event twice', async ({ harness }) => {
    let group = 0
    await fc.assert(
      fc.asyncProperty(
        times,
        bound,
        bound,
        fc.record({
          maxEvents: fc.integer({ min: 4, max: 40 }),
          emptyPagesBefore: fc.constantFrom(0, 0, 1),
          emptyPageAtEnd: fc.boolean(),
          includesEndTime: fc.boolean(),
        }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom<Direction>('asc', 'desc'),
        async (timestamps, from, to, paging, limit, direction) => {
          Object.assign(harness.sandbox.paging, paging)
          const name = `g${group++}`
          addEvents(harness, name, timestamps)
          const timestamp: Qual<bigint>[] = [
            ...(from === undefined ? [] : [{ operator: '>=' as const, value: micros(from) }]),
            ...(to === undefined ? [] : [{ operator: '<' as const, value: micros(to) }]),
          ]
          const within = timestamps.flatMap((time, number) =>
            time >= (from ?? 0) && time < (to ?? Number.MAX_SAFE_INTEGER) ? [{ time, number }] : [],
          )
          const got = (await read(harness, name, { limit, direction, timestamp })).map(({ number }) => number)
          const first = firstOf(
            within.map(({ time }) => time),
            limit,
            direction,
          ).map((index) => within[index]?.number)
          expect(new Set(got).size).toBe(got.length)
          expect(got).toEqual(expect.arrayContaining(first))
        },
      ),
      { numRuns: 30 },
    )
  })

  test('with all of those at the last one’s time', async ({ harness }) => {
    const times = [...numbers(1000).map(() => start), ...everySecond(10, start + second)]
    addEvents(harness, 'g', times)
    expect(await read(harness, 'g', { limit: 10 })).toHaveLength(10)
    expect(calls(harness)).toBe(1)
    expect((await read(harness, 'g', { limit: 11 })).filter(({ time }) => time === start)).toHaveLength(1000)
  })

  test('where a page shows an order that is not the asked one', async ({ harness }) => {
    harness.sandbox.paging.inOrder = false
    harness.sandbox.paging.maxEvents = 10
    // Each call makes a source of its own, and the sources come one after the other.
    const old = everySecond(15)
    addEvents(harness, 'g', old)
    addEvents(harness, 'g', everySecond(15, start + day))
    for (const direction of ['asc', 'desc'] as const) {
      const got = await read(harness, 'g', { limit: 20, direction })
      expect(got.filter(({ time }) => (direction === 'desc') === time > start + 15 * second)).toHaveLength(15)
    }
  })

  test('of streams some of which are not there', async ({ harness }) => {
    addEvents(harness, 'g', everySecond(30))
    const got = await read(harness, 'g', { limit: 3, streams: ['s1', 'no-such'] })
    expect(got.map(({ number }) => number)).toEqual(expect.arrayContaining([22, 25, 28]))
  })

  test('of a region that has the group, and not of one that has not', async ({ harness }) => {
    addEvents(harness, 'g', everySecond(30))
    const regions = ['us-east-1', 'eu-west-1']
    expect((await read(harness, 'g', { limit: 3, regions })).length).toBeGreaterThanOrEqual(3)
    expect(calls(harness)).toBe(2)
    const error = await errorOf(read(harness, 'none', { limit: 3, regions }))
    expect(error.message).toContain('there is no log group "none" in us-east-1, eu-west-1')
  })

  test('that fulfil conditions which the filter pattern does not tell', async ({ harness }) => {
    const events = numbers(3000).map((number) => ({
      message: JSON.stringify({ eventID: `e${number}`, eventName: number % 1000 === 7 ? 'Rare|*' : 'Usual' }),
      timestamp: start + number * second,
      logStreamName: 's',
    }))
    harness.sandbox.logs.addEvents('us-east-1', 'g', events)
    const rows = await harness.rows(cloudtrailTrailEvent, {
      limit: 2,
      order: { column: 'timestamp_ms', direction: 'desc' },
      quals: { log_group_name: equals('g'), event_name: equals('Rare|*') },
      columns: ['log_group_name', 'event_id', 'event_name', 'timestamp_ms'],
    })
    const rare = rows.filter(({ event_name }) => event_name === 'Rare|*')
    expect(rare.map(({ event_id }) => event_id)).toEqual(expect.arrayContaining(['e2007', 'e1007']))
  })
})
