/** Bounds never leave out the log file of an event that fulfils the conditions. */
import type { Qual } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holds } from '../testing/sql-conditions.js'
import { deliveryBoundsOf, floorToMinute, fulfilsDates, isWithin, nameSkew } from './delivery-bounds.js'

const day = 24 * 60 * 60_000
const delay = 600_000
const base = Date.UTC(2024, 1, 29)

/** Times around midnights, by a millisecond or a few. */
const time = fc
  .tuple(fc.integer({ min: -2, max: 2 }), fc.constantFrom(-day / 2, -60_000, -1, 0, 1, 59_999, 60_000))
  .map(([days, offset]) => base + days * day + offset)

/** When the log file of an event may be delivered, at the edges of what is allowed for. */
const delivery = fc.constantFrom(-nameSkew, -nameSkew + 1, -60_001, -1, 0, 1, delay - 1, delay)

function boundOn<Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Qual<Value>> {
  const operator = fc.constantFrom('<', '<=', '>', '>=', '=')
  return fc
    .tuple(operator, values, values)
    .map(([chosen, value, other]) =>
      chosen === '=' ? { operator: '=', values: [value, other] } : { operator: chosen as '<', value },
    )
}

const moments = fc
  .tuple(time, fc.constantFrom(-1n, 0n, 1n))
  .map(([at, micros]) => BigInt(at) * 1000n + micros)
const dates = fc.constantFrom('2024-02-27', '2024-02-28', '2024-02-29', '2024-03-01', '2024-03-02')

test('an event that fulfils the conditions is in a log file within bounds', () => {
  let fulfilled = 0
  fc.assert(
    fc.property(
      time,
      delivery,
      fc.array(boundOn(moments), { maxLength: 2 }),
      fc.array(boundOn(dates), { maxLength: 2 }),
      (eventTime, after, event_time, log_date) => {
        const deliveredAt = floorToMinute(eventTime + after)
        const date = new Date(deliveredAt).toISOString().slice(0, 10)
        const isMeant =
          event_time.every((qual) => holds(qual, BigInt(eventTime) * 1000n)) &&
          log_date.every((qual) => holds(qual, date))
        expect(fulfilsDates(log_date, date)).toBe(log_date.every((qual) => holds(qual, date)))
        if (!isMeant) return
        fulfilled++
        const bounds = deliveryBoundsOf({ event_time, log_date }, delay)
        expect(bounds !== undefined && isWithin(bounds, { deliveredAt, date })).toBe(true)
      },
    ),
    { numRuns: 20_000 },
  )
  expect(fulfilled).toBeGreaterThan(2000)
})

describe('what is left out', () => {
  const micros = (at: number) => BigInt(at) * 1000n
  const within = (quals: Parameters<typeof deliveryBoundsOf>[0], deliveredAt: number) => {
    const bounds = deliveryBoundsOf(quals, delay)
    const date = new Date(deliveredAt).toISOString().slice(0, 10)
    return bounds !== undefined && isWithin(bounds, { deliveredAt, date })
  }

  test('log files from long before, and from long after', () => {
    const quals = {
      event_time: [
        { operator: '>=', value: micros(base) },
        { operator: '<', value: micros(base + day) },
      ],
    } as const
    expect(within(quals, base - nameSkew - 60_000)).toBe(false)
    expect(within(quals, base + day + delay)).toBe(false)
    expect(within(quals, base + day + delay - 60_000)).toBe(true)
  })

  test('everything, where no event can be', () => {
    const never: readonly Parameters<typeof deliveryBoundsOf>[0][] = [
      { event_time: [{ operator: '<', value: 0n }] },
      { event_time: [{ operator: '>', value: micros(Date.UTC(10_000, 0, 1)) }] },
      {
        log_date: [
          { operator: '>', value: '2024-03-01' },
          { operator: '<', value: '2024-03-01' },
        ],
      },
      { log_date: [{ operator: '=', values: ['infinity'] }] },
      { log_date: [{ operator: '<', value: '-infinity' }] },
    ]
    for (const quals of never) expect(within(quals, base)).toBe(false)
  })
})
