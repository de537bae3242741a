/** The first rows by an order are asked for where it is one that the API has. */
import { describe, expect, test } from 'vitest'
import { plannedStatement } from '../testing/planned-statement.js'

const orderOf = (outputs: string, rest: string) =>
  /: the first by (.*)$/.exec(
    plannedStatement(`select ${outputs} from thing t ${rest} limit 3`).scans[0]?.limit ?? '',
  )?.[1]

describe('by the first item of ORDER BY', () => {
  test.each([
    ['name', 'order by size', 'size ASC'],
    ['name', 'order by size desc', 'size DESC'],
    ['name', 'order by t.size', 'size ASC'],
    // No row has NULL there.
    ['name', 'order by size desc nulls last', 'size DESC'],
    ['name, size', 'order by 2', 'size ASC'],
    ['name, size as s', 'order by s', 'size ASC'],
    // A name in the output is that output, and in an expression it is the column.
    ['size as name', 'order by name', 'size ASC'],
    // Rows in one place by the first item all come; PostgreSQL sorts them by the others.
    ['name', 'order by size, name desc', 'size ASC'],
  ])('select %s … %s', (outputs, rest, order) => {
    expect(orderOf(outputs, rest)).toBe(order)
  })
})

describe('by none', () => {
  test.each([
    ['a column that the API does not sort by', 'name', 'order by kind'],
    ['an output of that name, which is another column', 'name as size', 'order by size'],
    ['two outputs of that name', 'size, kind as size', 'order by size'],
    ['an expression', 'name', 'order by -size'],
    ['an operator of its own', 'name', 'order by size using >'],
    ['the position of another output', 'name, size', 'order by 1'],
  ])('%s', (_, outputs, rest) => {
    expect(orderOf(outputs, rest)).toBeUndefined()
  })
})
