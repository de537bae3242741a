import type { Key, Qual, QualValue } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fulfilsExactly } from '../../testing/exact-filter.js'
import { divideRange } from './divide-range.js'
import type { Interval } from './interval.js'

type KeyQual = Qual<QualValue>
type Quals = Record<string, readonly KeyQual[]>

const at: Key = { operators: ['=', '<', '<=', '>', '>='], inherent: true, immutable: true }
const keys: Record<string, Key> = { at, name: { operators: ['='], inherent: true } }
const shape = (quals: Quals, columns = ['at', 'name']) => ({ columns: new Set(columns), quals })
const divide = (wanted: Quals, earlier: readonly Quals[], given: Record<string, Key> = keys) =>
  divideRange(
    shape(wanted),
    earlier.map((quals) => shape(quals)),
    (one) => one,
    given,
  )
const from = (value: QualValue): KeyQual => ({ operator: '>=', value })
const to = (value: QualValue): KeyQual => ({ operator: '<=', value })
const over = (value: QualValue): KeyQual => ({ operator: '>', value })
const under = (value: QualValue): KeyQual => ({ operator: '<', value })

test('a longer range asks for what comes after the end of the shorter', () => {
  const divided = divide({ at: [from(1n), to(9n)] }, [{ at: [from(1n), to(5n)] }])
  expect(divided?.missing?.quals).toEqual({ at: [over(5n), to(9n)] })
  expect(divided?.known.map(({ interval }) => interval)).toEqual([
    { lower: { value: 1n, isIn: true }, upper: { value: 5n, isIn: true } },
  ])
})

test('what is missing is one range, whatever is known in its midst', () => {
  const divided = divide({ at: [from(1n), to(20n)] }, [
    { at: [from(1n), to(3n)] },
    { at: [from(8n), to(9n)] },
    { at: [over(15n), under(30n)] },
  ])
  expect(divided?.missing?.quals).toEqual({ at: [over(3n), to(15n)] })
  expect(divided?.known).toHaveLength(2)
})

test('nothing is missing where ranges meet, between whole numbers too', () => {
  const divided = divide({ at: [from(1n), to(9n)] }, [{ at: [under(5n)] }, { at: [over(4n)] }])
  expect(divided?.missing).toBeUndefined()
  expect(divided?.known).toHaveLength(2)
})

test('a table without an operator is asked for a value too many', () => {
  const operators = ['<=', '>='] as const
  const divided = divide({ at: [from(1n), to(9n)] }, [{ at: [to(5n)] }], {
    at: { ...at, operators: [...operators] },
  })
  expect(divided?.missing?.quals).toEqual({ at: [from(5n), to(9n)] })
})

describe('not divided is', () => {
  const wanted = { at: [from(1n), to(9n)] }
  const earlier = { at: [from(1n), to(5n)] }
  test.each<[string, Quals, Quals[], Record<string, Key>]>([
    ['a column that may change', wanted, [earlier], { at: { ...at, immutable: false } }],
    ['a column that repeats what was asked', wanted, [earlier], { at: { ...at, inherent: false } }],
    ['a range of which only the midst is known', wanted, [{ at: [from(3n), to(5n)] }], keys],
    ['rows of narrower conditions', wanted, [{ ...earlier, name: [{ operator: '=', values: ['a'] }] }], keys],
    ['single values', wanted, [{ at: [{ operator: '=', values: [1n, 2n] }] }], keys],
    ['a range with a hole', wanted, [{ at: [...earlier.at, { operator: '<>', value: 3n }] }], keys],
    ['texts', { at: [from('a')] }, [{ at: [from('b')] }], keys],
    ['other kinds of numbers', wanted, [{ at: [to(5)] }], keys],
  ])('%s', (_, later, kept, given) => {
    expect(divide(later, kept, given)).toBeUndefined()
  })

  test('a range whose rows lack a column', () => {
    const kept = shape(earlier, ['at'])
    expect(divideRange(shape(wanted), [kept], (one) => one, keys)).toBeUndefined()
  })
})

test('over any ranges: each value wanted is in just one part, and no part is wider than what it has', () => {
  const value = fc.bigInt({ min: 0n, max: 8n })
  const bound = fc.record({ operator: fc.constantFrom('<', '<=', '>', '>='), value })
  const bounds = fc.array(bound, { minLength: 1, maxLength: 3 }) as fc.Arbitrary<KeyQual[]>
  let count = 0
  fc.assert(
    fc.property(bounds, fc.array(bounds, { maxLength: 5 }), (wanted, kept) => {
      const divided = divide(
        { at: wanted },
        kept.map((quals) => ({ at: quals })),
      )
      if (divided === undefined) return
      count++
      for (let at = -1n; at <= 9n; at++) {
        const holders = divided.known.filter(({ interval }) => holds(interval, at))
        for (const { earlier } of holders) {
          expect(fulfils(earlier.quals.at ?? [], at)).toBe(true)
        }
        const isMissing = divided.missing !== undefined && holds(divided.missing.interval, at)
        if (isMissing) expect(fulfils(divided.missing?.quals.at ?? [], at)).toBe(true)
        expect(holders.length + Number(isMissing)).toBe(fulfils(wanted, at) ? 1 : 0)
      }
    }),
    { numRuns: 5000 },
  )
  expect(count).toBeGreaterThan(500)
})

/** Whether a value fulfils conditions, asked of each by itself. */
function fulfils(quals: readonly KeyQual[], at: bigint): boolean {
  return quals.every((qual) => fulfilsExactly('bigint', at, qual))
}

function holds({ lower, upper }: Interval, at: bigint): boolean {
  if (lower !== undefined && (at < lower.value || (at === lower.value && !lower.isIn))) return false
  return !(upper !== undefined && (at > upper.value || (at === upper.value && !upper.isIn)))
}
