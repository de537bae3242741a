import type { Qual } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holds } from '../testing/sql-conditions.js'
import { timeBoundsOf } from './time-bounds.js'

type TimeQual = Qual<bigint>

const whole = 1_657_139_889_000_000n
const wholeMs = 1_657_139_889_000

describe('bounds of FilterLogEvents', () => {
  test.each<[string, TimeQual[], { startTime: number | undefined; endTime: number | undefined } | undefined]>(
    [
      ['nothing', [], { startTime: undefined, endTime: undefined }],
      ['>=', [{ operator: '>=', value: whole }], { startTime: wholeMs, endTime: undefined }],
      ['>', [{ operator: '>', value: whole }], { startTime: wholeMs + 1, endTime: undefined }],
      [
        '> within a millisecond',
        [{ operator: '>', value: whole + 1n }],
        { startTime: wholeMs + 1, endTime: undefined },
      ],
      [
        '>= within a millisecond',
        [{ operator: '>=', value: whole + 1n }],
        { startTime: wholeMs + 1, endTime: undefined },
      ],
      ['<=', [{ operator: '<=', value: whole }], { startTime: undefined, endTime: wholeMs }],
      ['<', [{ operator: '<', value: whole }], { startTime: undefined, endTime: wholeMs - 1 }],
      [
        '< within a millisecond',
        [{ operator: '<', value: whole + 1n }],
        { startTime: undefined, endTime: wholeMs },
      ],
      ['=', [{ operator: '=', values: [whole] }], { startTime: wholeMs, endTime: wholeMs }],
      ['= within a millisecond', [{ operator: '=', values: [whole + 1n] }], undefined],
      [
        'several =',
        [{ operator: '=', values: [whole + 5000n, whole, whole + 2000n] }],
        { startTime: wholeMs, endTime: wholeMs + 5 },
      ],
      [
        'the tightest of several',
        [
          { operator: '>', value: whole },
          { operator: '>', value: whole - 9_000_000n },
          { operator: '<', value: whole + 9_000_000n },
          { operator: '<', value: whole + 99_000_000n },
        ],
        { startTime: wholeMs + 1, endTime: wholeMs + 8_999 },
      ],
      [
        'bounds that cross',
        [
          { operator: '>', value: whole },
          { operator: '<', value: whole },
        ],
        undefined,
      ],
      ['before 1970', [{ operator: '<', value: 0n }], undefined],
      ['from before 1970', [{ operator: '>=', value: -1n }], { startTime: undefined, endTime: undefined }],
      ['infinity', [{ operator: '<', value: 2n ** 63n - 1n }], { startTime: undefined, endTime: undefined }],
      ['after infinity', [{ operator: '>', value: 2n ** 63n - 1n }], undefined],
    ],
  )('%s', (_, quals, bounds) => {
    expect(timeBoundsOf({ timestamp: quals })).toEqual(bounds)
  })

  test('timestamp_ms narrows further', () => {
    const bounds = timeBoundsOf({
      timestamp: [{ operator: '>=', value: whole }],
      timestamp_ms: [{ operator: '<', value: BigInt(wholeMs + 10) }],
    })
    expect(bounds).toEqual({ startTime: wholeMs, endTime: wholeMs + 9 })
  })

  test('the range holds an event just when the conditions allow its millisecond', () => {
    const value = fc.bigInt(-3000n, 9000n)
    const qual: fc.Arbitrary<TimeQual> = fc.oneof(
      fc.record({ operator: fc.constantFrom('<', '<=', '>', '>='), value }),
      fc.record({ operator: fc.constant('=' as const), values: fc.tuple(value) }),
    )
    fc.assert(
      fc.property(fc.array(qual, { maxLength: 4 }), fc.nat(10), (quals, milliseconds) => {
        const bounds = timeBoundsOf({ timestamp: quals })
        const inside =
          bounds !== undefined &&
          milliseconds >= (bounds.startTime ?? 0) &&
          milliseconds <= (bounds.endTime ?? Number.POSITIVE_INFINITY)
        expect(inside).toBe(quals.every((each) => holds(each, BigInt(milliseconds) * 1000n)))
      }),
      { numRuns: 2000 },
    )
  })
})
