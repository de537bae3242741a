/** Comparisons for which it does not matter how a value is spelt. */
import { expect, test } from 'vitest'
import { inside } from '../parse/syntax-tree.js'
import { functions, parsedStatement } from '../testing/planned-statement.js'
import { comparedColumns } from './compared-columns.js'

test.each([
  ['size = 1', 1],
  ['(size, kind) < (1, name)', 3],
  ['size in (1, 2)', 1],
  ['size between 1 and 2', 1],
  ['size is not null', 1],
  ['size operator(pg_catalog.>=) 1', 1],
  ['size operator(mine.=) 1', undefined],
  ['size + 1', undefined],
  ["name like 'a'", undefined],
])('%s: %s', (condition, columns) => {
  const where = inside(parsedStatement(`select where ${condition}`), 'SelectStmt')?.whereClause
  expect(where && comparedColumns(where, functions)?.columns.length).toBe(columns)
})
