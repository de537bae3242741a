/** Where a condition may stand, and where its values may come from, so that a scan is asked for them. */
import { describe, expect, test } from 'vitest'
import { pushedTo } from '../testing/planned-statement.js'

describe('values come from', () => {
  test.each([
    ['a join', 'select * from address join place on ip = a', ['place: ip = a']],
    ['a comma', 'select * from address, place where a = ip', ['place: ip = a']],
    [
      'a left join, of the side that is kept',
      'select * from address left join place on ip = a',
      ['place: ip = a'],
    ],
    [
      'a subquery',
      'select * from place where ip in (select a from address)',
      ['place: ip = ANY (SELECT a FROM address)'],
    ],
    [
      'rows that are grouped after that',
      'select note from address join thing on kind is not distinct from a::text group by rollup (note)',
      ['thing: kind = a::text'],
    ],
    ['the query around, by IN', 'select * from address where a in (select ip from place)', ['place: ip = a']],
    [
      'the query around, by EXISTS',
      'select * from address where exists (select from place where ip = a)',
      ['place: ip = a'],
    ],
    [
      'another scan, which then goes first',
      'select * from place join thing on ip = name::inet',
      ['thing:', 'place: ip = name::inet, from rows of 1'],
    ],
  ])('%s', (_, statement, pushed) => {
    expect(pushedTo(statement)).toEqual(pushed)
  })
})

describe('outer joins', () => {
  test.each([
    [
      'ON bounds the side that may be filled with NULL',
      "select * from address left join thing on name = 'a'",
      ["thing: name = 'a'"],
    ],
    [
      'ON does not bound the side that is kept',
      "select * from thing left join address on name = 'a'",
      ['thing:'],
    ],
    [
      'WHERE bounds the side that is kept',
      "select * from thing left join address on true where name = 'a'",
      ["thing: name = 'a'"],
    ],
    [
      'a full join keeps both sides',
      'select * from address full join thing on name = address.note',
      ['thing:'],
    ],
  ])('%s', (_, statement, pushed) => {
    expect(pushedTo(statement)).toEqual(pushed)
  })
})

test.each([
  'select * from place',
  "select * from place where ip = '1.1.1.1' or city = 'Diemen'",
  "select * from place where ip <> '1.1.1.1'",
  'select * from place where ip = random()::text::inet',
  "select * from place left join address on ip = '1.1.1.1'",
])('a table that needs a key, without a value for it, is an error: %s', (statement) => {
  expect(() => pushedTo(statement)).toThrow(
    expect.objectContaining({
      sqlState: 'HV002',
      message: 'table "place" needs a value for its key column "ip"',
    }),
  )
})
