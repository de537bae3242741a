import { expect, test } from 'vitest'
import { bigint, text } from '../column.js'
import { differencesFromSteampipe } from './steampipe-columns.js'

const list = 'table\tcolumn\ttype\na\tid\ttext\na\tsize\tbigint\nb\tid\ttext\n'
const b = { name: 'b', columns: { id: text('') } }

test.each([
  ['none', { id: text(''), more: text(''), size: bigint('') }, []],
  ['another order', { size: bigint(''), id: text('') }, ['a has size bigint instead of id text']],
  ['another type', { id: text(''), size: text('') }, ['a has size text instead of size bigint']],
  ['a column that is missing', { id: text('') }, ['a has no more columns instead of size bigint']],
])('%s', (_, columns, expected) => {
  expect(differencesFromSteampipe({ tables: [{ name: 'a', columns }, b] }, list)).toEqual(expected)
})

test('tables too many and too few', () => {
  expect(differencesFromSteampipe({ tables: [b, { name: 'c', columns: {} }] }, list)).toEqual([
    'a is missing',
    "c is no table of Steampipe's",
  ])
})
