import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import plugin from './plugin.js'

/**
 * Steampipe's columns of these tables, so that queries written for it run unchanged. Its columns on the
 * connection (sp_connection_name, sp_ctx, _ctx) are not here: the engine gives them to every table.
 */
const lines = linesOf('testing/steampipe-columns.tsv')

/** Its key columns, with what it takes of conditions on them. */
const keyLines = linesOf('testing/steampipe-keys.tsv')

function linesOf(path: string): string[][] {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, ...rows] = text.trim().split('\n')
  return rows.map((line) => line.split('\t'))
}

test('the list names the tables of this plugin, and all of them', () => {
  expect(new Set(lines.map(([table]) => table))).toEqual(new Set(plugin.tables.map(({ name }) => name)))
})

test.each(plugin.tables)(
  "$name has Steampipe's columns, in its order, with its types",
  ({ name, columns }) => {
    const theirs = lines.filter(([table]) => table === name).map(([, column, type]) => ({ column, type }))
    const ours = Object.keys(columns).map((column) => ({ column, type: columns[column].type }))
    expect(theirs.length).toBeGreaterThan(5)
    expect(ours.filter(({ column }) => theirs.some((each) => each.column === column))).toEqual(theirs)
  },
)

test.each(keyLines)(
  '%s: conditions on %s reach the API (%s: %s)',
  (table, column = '', required, operators = '') => {
    const key = plugin.tables.find(({ name }) => name === table)?.keys[column]
    expect(key?.require ?? 'optional').toBe(required)
    expect(key?.operators).toEqual(expect.arrayContaining(operators.split(' ')))
  },
)
