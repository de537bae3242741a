import type { Key, Qual, QualValue } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fulfilsExactly } from '../../testing/exact-filter.js'
import { covers } from './covers.js'

type Quals = Record<string, readonly Qual<QualValue>[]>

const keys: Record<string, Key> = {
  size: { operators: ['=', '<', '<=', '>', '>=', '<>'], inherent: true },
  name: { operators: ['=', '<>', '~~', '<'], inherent: true },
  filter: { operators: ['='] },
}
const shape = (quals: Quals, columns: readonly string[] = ['size']) => ({ columns: new Set(columns), quals })
const covered = (earlier: Quals, later: Quals) => covers(shape(earlier), shape(later), keys)

const equal = (first: QualValue, ...others: QualValue[]): Qual<QualValue> => ({
  operator: '=',
  values: [first, ...others],
})

describe('answers from an earlier scan', () => {
  test.each<[string, Quals, Quals]>([
    ['the same', { size: [equal(1n)] }, { size: [equal(1n)] }],
    ['everything, for a part of it', {}, { size: [equal(1n)], name: [{ operator: '~~', value: 'a%' }] }],
    ['a list, for fewer values', { size: [equal(1n, 2n, 3n)] }, { size: [equal(3n, 1n)] }],
    [
      'a range, for one inside',
      {
        size: [
          { operator: '>=', value: 1n },
          { operator: '<', value: 9n },
        ],
      },
      {
        size: [
          { operator: '>', value: 1n },
          { operator: '<=', value: 8n },
        ],
      },
    ],
    [
      'the same range',
      {
        size: [
          { operator: '>', value: 1n },
          { operator: '<', value: 9n },
        ],
      },
      {
        size: [
          { operator: '<', value: 9n },
          { operator: '>', value: 1n },
        ],
      },
    ],
    ['a range, for values inside', { size: [{ operator: '>=', value: 1n }] }, { size: [equal(1n, 5n)] }],
    ['what is not NULL, for a value', { name: [{ operator: 'is not null' }] }, { name: [equal('a')] }],
    [
      'the same pattern',
      { name: [{ operator: '~~', value: 'a%' }] },
      {
        name: [
          { operator: '~~', value: 'a%' },
          { operator: '<>', value: 'ab' },
        ],
      },
    ],
    [
      'the same words for a column that repeats them',
      { filter: [equal('x')] },
      { filter: [equal('x')], size: [equal(1n)] },
    ],
  ])('%s', (_, earlier, later) => {
    expect(covered(earlier, later)).toBe(true)
  })
})

describe('no answers from an earlier scan', () => {
  test.each<[string, Quals, Quals]>([
    ['another value', { size: [equal(1n)] }, { size: [equal(2n)] }],
    ['a part, for everything', { size: [equal(1n)] }, {}],
    ['fewer values', { size: [equal(1n)] }, { size: [equal(1n, 2n)] }],
    ['a narrower range', { size: [{ operator: '>', value: 1n }] }, { size: [{ operator: '>=', value: 1n }] }],
    [
      'the other direction',
      { size: [{ operator: '>', value: 1n }] },
      { size: [{ operator: '<', value: 9n }] },
    ],
    [
      'a bound for texts, whose order is a collation’s',
      { name: [{ operator: '<', value: 'b' }] },
      { name: [{ operator: '<', value: 'a' }] },
    ],
    [
      'a pattern, for a value that may match it',
      { name: [{ operator: '~~', value: 'a%' }] },
      { name: [equal('ab')] },
    ],
    [
      'not this text, for another: they may be equal to a collation',
      { name: [{ operator: '<>', value: 'A' }] },
      { name: [equal('a')] },
    ],
    [
      'numbers below another, for one that is none, which is the greatest',
      { size: [{ operator: '<=', value: 1 }] },
      { size: [equal(Number.NaN)] },
    ],
    ['NULL alone', { name: [{ operator: 'is null' }] }, { name: [equal('a')] }],
    [
      'what is not NULL, for NULL',
      { name: [{ operator: 'is not null' }] },
      { name: [{ operator: 'is null' }] },
    ],
    ['rows that were fetched without the words that a column repeats', {}, { filter: [equal('x')] }],
    ['rows that were fetched with them', { filter: [equal('x')] }, {}],
  ])('%s', (_, earlier, later) => {
    expect(covered(earlier, later)).toBe(false)
  })

  test('a column that was not filled', () => {
    expect(covers(shape({}, ['size']), shape({}, ['size', 'name']), keys)).toBe(false)
    expect(covers(shape({}, ['size', 'name']), shape({}, ['name']), keys)).toBe(true)
  })
})

test('over any rows: if a scan covers another, it holds all of its rows', () => {
  const value = fc.bigInt({ min: 0n, max: 5n })
  const bound = fc.record({ operator: fc.constantFrom('<', '<=', '>', '>=', '<>'), value })
  const list = fc
    .uniqueArray(value, { minLength: 1, maxLength: 4 })
    .map(([first = 0n, ...rest]) => equal(first, ...rest))
  const nullTest = fc.record({ operator: fc.constantFrom('is null' as const, 'is not null' as const) })
  const quals = fc.array(fc.oneof(bound, list, nullTest), { maxLength: 3 }) as fc.Arbitrary<Qual<QualValue>[]>
  let count = 0
  fc.assert(
    fc.property(quals, quals, (earlier, later) => {
      const of = (list: Qual<QualValue>[]): Quals => (list.length === 0 ? {} : { size: list })
      if (!covered(of(earlier), of(later))) return
      count++
      for (const row of [null, 0n, 1n, 2n, 3n, 4n, 5n, 6n]) {
        const isIn = (list: Qual<QualValue>[]) => list.every((qual) => fulfilsExactly('bigint', row, qual))
        if (isIn(later)) expect(isIn(earlier)).toBe(true)
      }
    }),
    { numRuns: 5000 },
  )
  expect(count).toBeGreaterThan(500)
})
