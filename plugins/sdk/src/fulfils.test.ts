import { describe, expect, test } from 'vitest'
import { bigint, boolean, inet, type Row, text, timestamptz } from './column.js'
import { isSureToFulfil } from './fulfils.js'
import type { Quals } from './qual.js'

const columns = { name: text(''), size: bigint(''), flag: boolean(''), at: timestamptz(''), ip: inet('') }
type Columns = typeof columns

const row: Row<Columns> = {
  name: 'a',
  size: 3,
  flag: false,
  at: new Date('2026-01-01T00:00:00.001Z'),
  ip: '1.1.1.1',
}
const at = BigInt(Date.parse('2026-01-01T00:00:00.001Z')) * 1000n

describe('sure', () => {
  test.each<[string, Quals<Columns>, Row<Columns>?]>([
    ['nothing asked', {}],
    ['one of several values', { name: [{ operator: '=', values: ['b', 'a'] }] }],
    ['another value', { name: [{ operator: '<>', value: 'b' }] }],
    [
      'integers',
      {
        size: [
          { operator: '>', value: 2n },
          { operator: '<=', value: 3n },
        ],
      },
    ],
    ['big ones', { size: [{ operator: '=', values: [2n ** 60n] }] }, { size: 2n ** 60n }],
    ['a boolean', { flag: [{ operator: '=', values: [false] }] }],
    [
      'a time',
      {
        at: [
          { operator: '>=', value: at },
          { operator: '<', value: at + 1n },
        ],
      },
    ],
    [
      'a time as text, to the microsecond',
      { at: [{ operator: '=', values: [at + 1n] }] },
      { at: '2026-01-01T01:00:00.001001+01:00' },
    ],
    ['NULL', { name: [{ operator: 'is null' }] }, {}],
    ['not NULL, of any type', { ip: [{ operator: 'is not null' }] }],
  ])('%s', (_, quals, of = row) => {
    expect(isSureToFulfil(of, quals, columns)).toBe(true)
  })
})

describe('not sure', () => {
  test.each<[string, Quals<Columns>, Row<Columns>?]>([
    ['another value', { name: [{ operator: '=', values: ['b'] }] }],
    ['the same value', { name: [{ operator: '<>', value: 'a' }] }],
    ['NULL', { name: [{ operator: '<>', value: 'a' }] }, {}],
    ['NULL where it may not be', { name: [{ operator: 'is not null' }] }, { name: null }],
    ['a bound that is not kept', { size: [{ operator: '<', value: 3n }] }],
    [
      'one of two conditions',
      {
        size: [
          { operator: '>', value: 2n },
          { operator: '>', value: 3n },
        ],
      },
    ],
    ['the order of texts', { name: [{ operator: '<', value: 'b' }] }],
    ['patterns', { name: [{ operator: '~~', value: 'a' }] }],
    ['values that are written in several ways', { ip: [{ operator: '=', values: ['1.1.1.1'] }] }],
    ['a time that is none', { at: [{ operator: '<>', value: at }] }, { at: 'yesterday' }],
    ['a column that there is not', { name: [], other: [{ operator: 'is null' }] } as Quals<Columns>],
  ])('%s', (_, quals, of = row) => {
    expect(isSureToFulfil(of, quals, columns)).toBe(false)
  })
})
