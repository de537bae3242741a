import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import plugin from './plugin.js'

/**
 * Steampipe's columns of these tables, so that queries written for it run unchanged. Its columns on the
 * connection (sp_connection_name, sp_ctx, _ctx) are not here: the engine gives them to every table.
 */
const lines = readFileSync(new URL('testing/steampipe-columns.tsv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t'))

test('the list names the tables of this plugin, and all of them', () => {
  expect(new Set(lines.map(([table]) => table))).toEqual(new Set(plugin.tables.map(({ name }) => name)))
})

test.each(plugin.tables)(
  "$name has Steampipe's columns, in its order, with its types",
  ({ name, columns }) => {
    const theirs = lines.filter(([table]) => table === name).map(([, column, type]) => ({ column, type }))
    const ours = Object.keys(columns).map((column) => ({ column, type: columns[column].type }))
    expect(theirs.length).toBeGreaterThan(0)
    expect(ours.filter(({ column }) => theirs.some((each) => each.column === column))).toEqual(theirs)
  },
)
