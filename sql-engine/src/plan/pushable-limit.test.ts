/** LIMIT is pushed where the rows that a table gives first are ones that the answer may have, all conditions met. */
import { describe, expect, test } from 'vitest'
import { plannedStatement } from '../testing/planned-statement.js'

const limitOf = (rest: string) => plannedStatement(`select name from thing ${rest}`).scans[0]?.limit

test.each([
  ['limit 3', '3, pushed'],
  ['limit 3 offset 2', '3 + 2, pushed'],
  ['fetch first 3 rows only', '3, pushed'],
  ['limit (select 3)', '(SELECT 3), pushed'],
  // One that an API promises to fulfil: equality for keys that go to it by numbers of values, or what is `exact`.
  ["where name = 'a' limit 3", '3, pushed'],
  ['where size > 3 limit 3', '3, pushed'],
  // By an order that the API has.
  ['order by size limit 3', '3, pushed: the first by size ASC'],
  ['order by size desc limit 3', '3, pushed: the first by size DESC'],
  ['order by size fetch first 3 rows with ties', '3, pushed: the first by size ASC'],
  // Rows by an order are counted here, so that no promise is needed.
  ["where kind = 'a' order by size limit 3", '3, pushed: the first by size ASC'],
])('%s', (rest, limit) => {
  expect(limitOf(rest)).toBe(limit)
})

describe('it stays with PostgreSQL', () => {
  test.each([
    ['an order that the API has not', 'order by name limit 3', 'rows are sorted'],
    ['rows of two tables', ', address limit 3', 'rows of several tables'],
    ['groups', 'group by name limit 3', 'rows are sorted, grouped'],
    ['locks, which skip rows', 'for update limit 1', 'rows are sorted, grouped'],
    ['a condition that the API does not take', "where note = 'a' limit 3", 'conditions'],
    ['a condition that it may fulfil in part', "where kind = 'a' limit 3", 'conditions'],
    ['a pattern, even by an order', "where kind like 'a%' order by size limit 3", 'rows are sorted'],
    ['OR', "where name = 'a' or name = 'b' limit 3", 'conditions'],
    ['a condition beside one that is pushed', "where name = 'a' and note = 'b' limit 3", 'conditions'],
  ])('%s', (_, rest, reason) => {
    expect(limitOf(rest)).toMatch(new RegExp(`^\\d, kept: ${reason}`))
  })

  test.each(['distinct name', 'count(*)', 'generate_series(1, 3)', 'row_number() over ()'])(
    'select %s',
    (outputs) => {
      const { scans } = plannedStatement(`select ${outputs} from thing limit 3`)
      expect(scans[0]?.limit).toMatch(/^3, kept/)
    },
  )

  test('keys that come from rows of the query around: LIMIT holds for each of them', () => {
    const lookup = 'select (select kind from thing where name = note limit 1) from address'
    expect(plannedStatement(lookup).scans[0]?.limit).toMatch(/^1, kept/)
  })
})

test.each(['limit all', 'limit null', ''])('there is none to push: "%s"', (rest) => {
  expect(limitOf(rest)).toBeUndefined()
})
