/** What the fuzz takes for the same, and what it looks at again. */
import { expect, test } from 'vitest'
import { isSpared, outcomeKind } from './outcome-kind.js'

const rows = { rows: ['[1]'], columns: ['x 20'] }
const division = { sqlState: '22012', message: 'division by zero' }
const denied = { sqlState: '42501', message: 'permission denied' }

test.each([
  ['the same rows', rows, rows, true, false],
  ['other rows', { ...rows, rows: [] }, rows, false, false],
  ['an error of values in the ordinary tables alone', rows, division, false, true],
  ['one in the virtual tables alone', division, rows, false, false],
  ['an error of other things than values', rows, denied, false, false],
])('%s', (_, virtual, expected, isSame, spared) => {
  expect(outcomeKind({ virtual, expected }).isSame).toBe(isSame)
  expect(isSpared(virtual, expected)).toBe(spared)
})
