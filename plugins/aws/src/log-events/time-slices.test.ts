/** Slices of time: all events once, whatever their times; few calls where there is little, side by side where there is much. */

import type { Qual } from '@millrace/plugin-sdk'
import { errorOf } from '@millrace/plugin-sdk/testing'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { cloudwatchLogEvent } from '../tables/cloudwatch-log-event.js'
import { type AwsHarness, equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'

const minute = 60_000
const day = 24 * 60 * minute
const start = Date.UTC(2026, 0, 1)

/** Adds events, each of which has its number for a message. */
function addEvents(harness: AwsHarness, logGroup: string, timestamps: readonly number[], streams = 1): void {
  for (let stream = 0; stream < streams; stream++) {
    const events = timestamps.flatMap((timestamp, number) =>
      number % streams === stream ? [{ message: `${number}`, timestamp, logStreamName: `s${stream}` }] : [],
    )
    harness.sandbox.logs.addEvents('us-east-1', logGroup, events)
  }
}

interface Reading {
  readonly timestamp?: readonly Qual<bigint>[]
  readonly limit?: number
  readonly signal?: AbortSignal
}

/** The numbers of the events that come. */
async function read(
  harness: AwsHarness,
  logGroup: string,
  { timestamp, ...request }: Reading = {},
): Promise<number[]> {
  const rows = await harness.rows(cloudwatchLogEvent, {
    ...request,
    quals: { log_group_name: equals(logGroup), ...(timestamp === undefined ? {} : { timestamp }) },
    columns: ['message'],
  })
  return rows.map(({ message }) => Number(message))
}

const between = (first: number, last: number): readonly Qual<bigint>[] => [
  { operator: '>=', value: BigInt(first) * 1000n },
  { operator: '<=', value: BigInt(last) * 1000n },
]

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)
const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b)
const everySecond = (count: number) => numbers(count).map((number) => start + number * 1000)

describe('all events come once', () => {
  /** Many at one millisecond, many at neighbouring ones, few in a long time, in any mixture. */
  const timestamps = fc
    .array(
      fc.record({
        at: fc.nat(5 * minute),
        count: fc.integer({ min: 1, max: 60 }),
        step: fc.constantFrom(0, 0, 1, 7, 1000),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((bursts) =>
      bursts.flatMap(({ at, count, step }) => numbers(count).map((number) => start + at + number * step)),
    )
  const bound = fc.option(fc.nat(6 * minute), { nil: undefined })

  test('with any times, bounds, sizes of pages and orders of events', async ({ harness }) => {
    let group = 0
    await fc.assert(
      fc.asyncProperty(
        timestamps,
        bound,
        bound,
        fc.record({
          maxEvents: fc.integer({ min: 1, max: 40 }),
          emptyPagesBefore: fc.constantFrom(0, 0, 1, 3),
          emptyPageAtEnd: fc.boolean(),
          includesEndTime: fc.boolean(),
          inOrder: fc.boolean(),
        }),
        fc.integer({ min: 1, max: 4 }),
        async (times, from, to, paging, streams) => {
          Object.assign(harness.sandbox.paging, paging)
          const name = `g${group++}`
          addEvents(harness, name, times, streams)
          const first = from === undefined ? 0 : start + from
          const last = to === undefined ? Number.MAX_SAFE_INTEGER : start + to
          const timestamp = [
            ...between(first, last).filter(({ operator }) => (operator === '>=' ? from : to) !== undefined),
          ]
          const expected = times.flatMap((time, number) => (time >= first && time <= last ? [number] : []))
          expect(ascending(await read(harness, name, { timestamp }))).toEqual(expected)
        },
      ),
      { numRuns: 40 },
    )
  }, 120_000)

  test.for([
    ['inclusive, as it is documented', true],
    ['exclusive, as people have met it', false],
  ] as const)(
    'with an event at every border of the slices, and beside it; endTime is %s',
    async ([_, includesEndTime], { harness }) => {
      Object.assign(harness.sandbox.paging, { includesEndTime })
      addEvents(harness, 'measured', everySecond(2000))
      harness.sandbox.paging.maxEvents = 10
      const bounds = between(start, start + 2_000_000)
      await read(harness, 'measured', { timestamp: bounds })
      const borders = new Set(
        harness.sandbox.calls.list().flatMap(({ parameters }) => {
          const { startTime, endTime } = Object(parameters)
          return [startTime, endTime]
        }),
      )
      expect(borders.size).toBeGreaterThan(5)
      const beside = [...borders].flatMap((time) => [time - 2, time - 1, time, time, time + 1])
      const times = [...everySecond(2000), ...beside]
      addEvents(harness, 'bordering', times, 3)
      const expected = times.flatMap((time, number) =>
        time >= start && time <= start + 2_000_000 ? [number] : [],
      )
      expect(ascending(await read(harness, 'bordering', { timestamp: bounds }))).toEqual(expected)
    },
  )
})

test.for([true, false])(
  'one millisecond has its events; endTime is inclusive: %s',
  async (includesEndTime, { harness }) => {
    Object.assign(harness.sandbox.paging, { includesEndTime })
    addEvents(harness, 'g', [start - 1, start, start, start + 1])
    expect(ascending(await read(harness, 'g', { timestamp: between(start, start) }))).toEqual([1, 2])
    expect(ascending(await read(harness, 'g', { timestamp: between(start - 1, start) }))).toEqual([0, 1, 2])
  },
)

describe('calls', () => {
  test.for([
    ['one page', 10, 1],
    ['a few pages', 70, 7],
  ] as const)('%s: no more than without slices', async ([_, count, calls], { harness }) => {
    addEvents(harness, 'g', everySecond(count))
    harness.sandbox.paging.maxEvents = 10
    await read(harness, 'g', { timestamp: between(start, start + count * 1000) })
    expect(harness.sandbox.calls.count()).toBe(calls)
  })

  test.for([
    ['one page', 10, 1],
    ['three pages', 30, 3],
  ] as const)(
    '%s, long ago, in a range without an end: no more either',
    async ([_, count, calls], { harness }) => {
      addEvents(harness, 'g', everySecond(count))
      harness.sandbox.paging.maxEvents = 10
      await read(harness, 'g')
      expect(harness.sandbox.calls.count()).toBe(calls)
    },
  )

  test('a few pages long ago, in a range without an end: few more', async ({ harness }) => {
    addEvents(harness, 'g', everySecond(60))
    harness.sandbox.paging.maxEvents = 10
    await read(harness, 'g')
    expect(harness.sandbox.calls.count()).toBeLessThanOrEqual(12)
  })

  test.for([
    ['evenly spread', everySecond(2000)],
    ['mostly in one hour of many days', [...numbers(100).map((i) => start + i * day), ...everySecond(1900)]],
  ] as const)(
    'many pages are read side by side, with few calls more: %s',
    async ([_, times], { harness }) => {
      addEvents(harness, 'g', times)
      harness.sandbox.paging.maxEvents = 10
      harness.sandbox.faults.add({ kind: 'latency', milliseconds: 5 })
      await read(harness, 'g', { timestamp: between(start, Math.max(...times)) })
      expect(harness.sandbox.calls.maxInFlight()).toBeGreaterThanOrEqual(4)
      expect(harness.sandbox.calls.maxInFlight()).toBeLessThanOrEqual(8)
      expect(harness.sandbox.calls.count()).toBeLessThanOrEqual(225)
    },
  )

  test('a limit that one page can hold is read by one reader', async ({ harness }) => {
    addEvents(harness, 'g', everySecond(2000))
    harness.sandbox.paging.maxEvents = 10
    await read(harness, 'g', { limit: 35, timestamp: between(start, start + 2_000_000) })
    expect(harness.sandbox.calls.count()).toBe(4)
  })

  test('a larger limit ends all slices', async ({ harness }) => {
    harness.sandbox.generateEvents({ logGroup: 'g', count: 1_000_000, startTime: start, intervalMs: 1000 })
    const timestamp = between(start, start + 1_000_000_000)
    const got = await read(harness, 'g', { limit: 30_000, timestamp })
    expect(got.length).toBeGreaterThanOrEqual(30_000)
    await harness.sandbox.calls.idle()
    expect(harness.sandbox.calls.count()).toBeLessThan(100_000 / 500)
  })
})

describe('the end of a scan', () => {
  test('an error of one slice is the error of the scan', async ({ harness }) => {
    addEvents(harness, 'g', everySecond(2000))
    harness.sandbox.paging.maxEvents = 10
    harness.sandbox.faults.add({ kind: 'error', code: 'AccessDeniedException', message: 'no', after: 30 })
    const controller = new AbortController()
    const error = await errorOf(read(harness, 'g', { signal: controller.signal }))
    expect(error.message).toContain('AWS denied access')
    controller.abort()
    await harness.sandbox.calls.idle()
  })

  test('a cancelled scan ends the calls of all slices', async ({ harness }) => {
    addEvents(harness, 'g', everySecond(2000))
    harness.sandbox.paging.maxEvents = 10
    harness.sandbox.faults.add({ kind: 'hang', after: 20 })
    const controller = new AbortController()
    const reading = errorOf(
      read(harness, 'g', { signal: controller.signal, timestamp: between(start, start + 2e6) }),
    )
    await harness.sandbox.calls.until((calls) => calls.inFlight >= 4)
    controller.abort()
    expect((await reading).sqlState).toBe('57014')
    await harness.sandbox.calls.idle()
  })

  test('a log group that is deleted while it is read is an error, not the end', async ({ harness }) => {
    addEvents(harness, 'g', everySecond(2000))
    harness.sandbox.paging.maxEvents = 10
    harness.sandbox.faults.add({
      kind: 'error',
      code: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
      after: 30,
    })
    expect((await errorOf(read(harness, 'g'))).message).toContain('deleted in us-east-1 meanwhile')
  })
})
