/** What a column's name stands for, as `item.column`; undefined in the least doubt. */
import { describe, expect, test } from 'vitest'
import { findAll, inside } from '../parse/syntax-tree.js'
import { boundStatement } from '../testing/planned-statement.js'

/** What the first output of the innermost query that has one stands for. */
function meaningOf(statement: string): string | undefined {
  const { tree, binding } = boundStatement(statement)
  const output = findAll(tree, 'ResTarget')
    .flatMap(({ val }) => inside(val, 'ColumnRef') ?? [])
    .at(-1)
  const column = output === undefined ? undefined : binding.columnOf(output)
  return column && `${column.fromItem.name}.${column.column}`
}

test.each([
  ['select name from thing', 'thing.name'],
  ['select thing.name from thing', 'thing.name'],
  ['select made_up.thing.name from made_up.thing', 'thing.name'],
  ['select t.name from thing t', 't.name'],
  ['select ip from thing, place', 'place.ip'],
  ['select a from address t (a, b)', 't.a'],
  // The nearest query that has the name.
  ['select 1 from address where exists (select note from thing)', 'thing.note'],
  ['select 1 from address where exists (select a from thing)', 'address.a'],
  ['select 1 from address, lateral (select a) q', 'address.a'],
  // A CTE hides a table of its name.
  ['with thing as (select 1 as one) select one from thing', 'thing.one'],
  // USING makes one column of two: the one that always has the value.
  ['select name from thing t join thing u using (name)', 't.name'],
  ['select name from thing t right join thing u using (name)', 'u.name'],
  // A function of one value is named as its column is.
  ["select v from unnest('{1}'::int[]) v", 'v.v'],
])('%s', (statement, meaning) => {
  expect(meaningOf(statement)).toBe(meaning)
})

describe('nothing for certain', () => {
  test.each([
    ['a name that two items have', 'select name from thing t, thing u'],
    ['a name that no item has', 'select nothing from thing'],
    ['an item that an alias hides', 'select thing.name from thing t'],
    ['the merged column of a full join', 'select name from thing t full join thing u using (name)'],
    ['a table that is not known', 'select name from unknown'],
    ['a table beside one that is not known', 'select name from thing, unknown'],
    ['a comma before, which only LATERAL sees', 'select 1 from address, (select a) q'],
  ])('%s', (_, statement) => {
    expect(meaningOf(statement)).toBeUndefined()
  })
})
