import { describe, expect, test } from 'vitest'
import { mayFulfil } from './known-text.js'
import type { PatternOperator } from './qual.js'

test('equality', () => {
  expect(mayFulfil(undefined, 'a')).toBe(true)
  expect(mayFulfil([{ operator: '=', values: ['a', 'b'] }], 'a')).toBe(true)
  expect(mayFulfil([{ operator: '=', values: ['a', 'b'] }], 'c')).toBe(false)
  expect(mayFulfil([{ operator: '<>', value: 'a' }], 'a')).toBe(false)
  expect(mayFulfil([{ operator: '<>', value: 'a' }, { operator: 'is not null' }], 'b')).toBe(true)
})

/** As PostgreSQL answers them, for the text `eu-west_1`. */
describe.each<[string, boolean]>([
  ['eu-west_1', true],
  ['eu-%', true],
  ['%west_1', true],
  ['%_%', true],
  ['eu-west\\_1', true],
  ['eu-west\\-1', false],
  ['\\eu%', true],
  ['eu-west', false],
  ['us-%', false],
  ['eu.west_1', false],
  ['[e]%', false],
  ['', false],
  ['eu_%_1', true],
  ['é%', false],
])('LIKE %j', (value, isAlike) => {
  test.each<[PatternOperator, boolean]>([
    ['~~', isAlike],
    ['!~~', !isAlike],
  ])('%s', (operator, expected) => {
    expect(mayFulfil([{ operator, value }], 'eu-west_1')).toBe(expected)
  })
})

test.each<[PatternOperator, string, boolean]>([
  ['~~*', 'EU-%', true],
  ['~~*', 'US-%', false],
  // PostgreSQL leaves these out, or fails; here it is not known.
  ['~~*', 'é%', true],
  ['!~~*', 'EU-%', true],
  ['~~', 'us\\', true],
  ['!~~', 'us\\', true],
  ['~', '^us', true],
])('%s %j is %s, or not known', (operator, value, expected) => {
  expect(mayFulfil([{ operator, value }], 'eu-west_1')).toBe(expected)
})

test('characters beyond the basic plane, and line ends', () => {
  expect(mayFulfil([{ operator: '~~', value: 'a_\n%' }], 'a😀\nb\nc')).toBe(true)
  expect(mayFulfil([{ operator: '~~', value: '\\😀' }], '😀')).toBe(true)
})
