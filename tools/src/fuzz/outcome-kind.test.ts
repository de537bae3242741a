/** What the fuzz takes for the same, and what for a mismatch. */
import type { Call } from '@millrace/sql-engine/testing/counting-plugin'
import { expect, test } from 'vitest'
import { outcomeKind } from './outcome-kind.js'

const rows = { rows: ['[1]'], columns: ['x 20'] }
const division = { sqlState: '22012', message: 'division by zero' }
const denied = { sqlState: '42501', message: 'permission denied' }
const call: Call = {
  table: 'thing',
  columns: ['id'],
  quals: [],
  pushed: {},
  limit: undefined,
  order: undefined,
}
const limited: Call = { ...call, limit: 2 }
const ordered: Call = { ...limited, order: { column: 'id', direction: 'asc' } }

test.each([
  ['the same rows', rows, rows, [call], true],
  ['other rows', { ...rows, rows: [] }, rows, [call], false],
  ['other rows among the first', { ...rows, rows: [] }, rows, [ordered], false],
  ['an error of rows behind the first by an order', rows, division, [call, ordered], true],
  ['an error of rows that were all fetched', rows, division, [call], false],
  ['an error of rows behind the first by no order', rows, division, [limited], false],
  ['an error where nothing was asked for', rows, division, [], false],
  ['an error of the first rows alone', division, rows, [ordered], false],
  ['an error of other things than values', rows, denied, [ordered], false],
])('%s', (_, virtual, expected, calls, isSame) => {
  expect(outcomeKind({ virtual, expected }, calls).isSame).toBe(isSame)
})
