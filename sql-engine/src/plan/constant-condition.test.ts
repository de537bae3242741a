/** Conditions that no row fulfils: their tables are not read. */
import { expect, test } from 'vitest'
import { findAll, inside } from '../parse/syntax-tree.js'
import { parsedStatement, pushedTo } from '../testing/planned-statement.js'
import { isNeverTrue } from './constant-condition.js'

const isNever = (condition: string) => {
  const where = inside(parsedStatement(`select where ${condition}`), 'SelectStmt')?.whereClause
  if (where === undefined) throw new Error('there is no condition')
  return isNeverTrue(where)
}

test.each([
  'false',
  'null',
  '1 = 0',
  'not true',
  'not 1 = 1',
  'x and false',
  '1 = 0 and x',
  'false or null',
  'null::boolean',
  'cast (cast (null as bool) as boolean)',
  '1 > 2',
  '2 < 1',
  '1 >= 2',
  '2 <= -2',
  '1 <> 1',
  '0 > 0',
  "'a' <> 'a'",
  "'' > ''",
  "'a' < 'a'",
  'not 1 <= 1',
  "not 'a' = 'a'",
  "not '' >= ''",
])('%s is never true', (condition) => {
  expect(isNever(condition)).toBe(true)
})

// Of what is not certain at a glance it is not said.
test.each([
  'true',
  '1 = 1',
  'x',
  'not x',
  'x or false',
  'not null',
  "'a' = 'b'",
  "'b' < 'a'",
  '1 = 0::bigint',
  '1 < 2',
  '2 >= 2',
  '1 <> 2',
  "'a' = 'a'",
  "'a' <= 'a'",
  "'1' <> 1",
  "'A' <> 'a'",
  'null = null',
  'not null::boolean',
  'true::boolean',
  'null::mine.boolean',
  'null::text::boolean',
  '1 operator(mine.>) 2',
  '1 + 2 is null',
])('%s may be true', (condition) => {
  expect(isNever(condition)).toBe(false)
})

test('the table of such a query is not read, others are', () => {
  const statement = "select name from thing where false union all select kind from thing where name = 'a'"
  expect(findAll(parsedStatement(statement), 'RangeVar')).toHaveLength(2)
  expect(pushedTo(statement)).toEqual(['thing is never read', "thing: name = 'a'"])
})
