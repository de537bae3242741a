/** A view's query takes the place of its name, as long as it is nothing more than its query there. */
import { expect, test } from 'vitest'
import { boundStatement } from '../testing/planned-statement.js'
import { viewEdits } from './expand-views.js'
import { expand } from './expansion.js'

const definition = '( SELECT name, size FROM made_up.thing)'

function expanded(statement: string): string | undefined {
  const { tree, binding } = boundStatement(statement)
  const edits = viewEdits(statement, tree, binding)
  return edits.length === 0 ? undefined : expand(statement, edits)?.edited.text.replaceAll(definition, '(…)')
}

test.each([
  ['select name from view', 'select name from (…) AS "view"'],
  ['select name from made_up.view', 'select name from (…) AS "view"'],
  ['select v.name from view v', 'select v.name from (…) v'],
  ['select v.n from view as v (n)', 'select v.n from (…) as v (n)'],
  ['select made_up.view.name from made_up.view', 'select "view".name from (…) AS "view"'],
  ['select count(view) from view', 'select count(view) from (…) AS "view"'],
  ['table view', 'SELECT * FROM (…) AS "view"'],
  ['select 1 from thing join view using (name)', 'select 1 from thing join (…) AS "view" using (name)'],
  [
    'with q as (select * from view) select 1 from q, view',
    'with q as (select * from (…) AS "view") select 1 from q, (…) AS "view"',
  ],
  [
    'insert into address select null, name from view',
    'insert into address select null, name from (…) AS "view"',
  ],
])('%s', (statement, text) => {
  expect(expanded(statement)).toBe(text)
})

test.each([
  ['there is none', 'select name from thing'],
  ['its row has a type of its own', 'select view from view'],
  ['a CTE has its name', 'with view as (select 1) select * from view'],
  ['ONLY goes with tables', 'select name from only view'],
  ['a sample goes with tables', 'select name from view tablesample system (1)'],
])('it stays, for %s', (_, statement) => {
  expect(expanded(statement)).toBeUndefined()
})
