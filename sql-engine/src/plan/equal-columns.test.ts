/** Of two columns that are equal in every row of the answer, what is asked of one is asked of the other. */
import { expect, test } from 'vitest'
import { pushedTo } from '../testing/planned-statement.js'

const joined = (join: string, where: string) => `select * from thing t ${join} where ${where}`
const fromRows = 'name = t.name, from rows of 1'

test.each([
  [
    'an inner join',
    joined('join thing u on t.name = u.name', "t.name = 'a'"),
    [`u: ${fromRows}; name = 'a'`],
  ],
  ['a comma', joined(', thing u', "t.name = u.name and t.name = 'a'"), [`u: ${fromRows}; name = 'a'`]],
  [
    'one after another',
    joined('join thing u on t.name = u.name join thing v on u.name = v.name', "t.name = 'a'"),
    [`u: ${fromRows}; name = 'a'`, expect.stringMatching(/^v: name = .*; name = 'a'$/)],
  ],
])('a constant is handed on: %s', (_, statement, [...others]) => {
  const [first, ...pushed] = pushedTo(statement)
  expect(first).toBe("t: name = 'a'")
  expect(pushed).toEqual(others)
})

test.each([
  [
    'a left join, whose other side may be missing',
    joined('left join thing u on t.name = u.name', "t.name = 'a'"),
  ],
  ['columns of two types', joined('join thing u on t.name = u.size::text', "t.name = 'a'")],
  ['bounds, which a key query reads from the rows', joined('join thing u on t.name = u.name', 't.size > 1')],
])('none is, through %s', (_, statement) => {
  expect(pushedTo(statement).at(-1)).not.toMatch(/name = 'a'$|size >/)
})
