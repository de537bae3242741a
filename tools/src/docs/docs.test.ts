import { bigint, definePlugin, jsonb, tablesOf, text } from '@millrace/plugin-sdk'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { makePages } from './pages.js'
import { documentsWithTables, readDocument, withTables } from './settings-section.js'
import { tablePage } from './table-page.js'
import { readPages } from './tables-folder.js'

it('the pages of tables are up to date (if not: npm run docs)', async () => {
  expect(Object.fromEntries(await readPages())).toEqual(Object.fromEntries(makePages()))
})

it.each(documentsWithTables)('the tables in docs/%s are up to date (if not: npm run docs)', async (name) => {
  expect(await readDocument(name)).toBe(await withTables(name))
})

it('a page tells what a query can do with its table', () => {
  const table = tablesOf<null>()({
    name: 'acme_user',
    description: 'Users.',
    columns: {
      id: bigint('Its number.'),
      name: text('First | last.'),
      team: text('Its team.'),
      more: jsonb('All else.'),
    },
    keys: {
      id: { operators: ['='], require: 'any-of', valuesPerCall: 50 },
      name: { operators: ['=', '<>', '~~', 'is null'] },
      team: { operators: ['='], require: 'required', valuesPerCall: 1 },
    },
    async *list() {},
    calls: [{ name: 'GetUsers', permission: 'acme:ReadUsers' }, { name: 'Ping' }],
    hydrate: { more: { columns: ['more'], fetch: async () => ({}) } },
    examples: [{ title: 'Everybody', sql: 'select *\nfrom acme_user' }],
  })
  const plugin = definePlugin({
    name: 'acme',
    description: 'Acme.',
    config: z.null(),
    connect: () => null,
    tables: [table],
  })
  const page = tablePage(plugin, table).split('\n')
  for (const line of [
    '# acme_user',
    'Of the plugin [acme](../../plugins/acme).',
    '| `id` | `=`, `IN`, `= ANY` | A query must give values for this column, or for another like it. A call takes up to 50 values. |',
    '| `name` | `=`, `IN`, `= ANY`, `<>`, `LIKE`, `IS NULL` | Narrows what is fetched. |',
    '| `team` | `=`, `IN`, `= ANY` | Required: a query must say which values it means. Each value takes a call. |',
    '| `GetUsers` | `acme:ReadUsers` |',
    '| `Ping` |  |',
    '| `name` | text | First \\| last. |',
    '| `more` * | jsonb | All else. |',
    '| `sp_connection_name` | text | Name of the connection that the row came through. |',
    '### Everybody',
    'select *',
  ]) {
    expect(page).toContain(line)
  }
})
