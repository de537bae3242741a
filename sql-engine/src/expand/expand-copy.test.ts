/** COPY of a virtual table is one of a query over it. */
import { expect, test } from 'vitest'
import { parsedStatement, relationOf } from '../testing/planned-statement.js'
import { copyEdits } from './expand-copy.js'
import { expand } from './expansion.js'

const editsOf = (statement: string) => copyEdits(statement, parsedStatement(statement), relationOf)

test.each([
  ['copy thing to stdout', 'copy (SELECT * FROM "thing") to stdout'],
  ['copy made_up.thing to stdout csv', 'copy (SELECT * FROM "made_up"."thing") to stdout csv'],
  ['copy thing (size, name) to stdout', 'copy (SELECT "size", "name" FROM "thing") to stdout'],
  ['COPY "thing"\n( "kind" ) TO STDOUT', 'COPY (SELECT "kind" FROM "thing") TO STDOUT'],
])('%s', (statement, text) => {
  expect(expand(statement, editsOf(statement))?.edited.text).toBe(text)
})

test.each([
  'copy address to stdout',
  'copy thing from stdin',
  'copy (select * from thing) to stdout',
  'select 1',
])('as it stands: %s', (statement) => {
  expect(editsOf(statement)).toEqual([])
})

test.each([
  ['copy thing (nothing) to stdout', '42703', 'column "nothing" of relation "thing" does not exist'],
  ['copy thing (name, name) to stdout', '42701', 'column "name" specified more than once'],
])('an error, as PostgreSQL says it: %s', (statement, sqlState, message) => {
  expect(() => editsOf(statement)).toThrow(expect.objectContaining({ sqlState, message }))
})
