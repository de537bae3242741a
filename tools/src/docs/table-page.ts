/** A table's page: what docs/tables/<table>.md says, made from the plugin's definition. */
import type { Direction, Key, Plugin, Table } from '@millrace/plugin-sdk'
import { engineColumns } from '@millrace/sql-engine/catalog/catalog-columns'
import { markdownTable } from './markdown-table.js'

/** Stands on every page, so that nobody mends a page that will be made anew. */
export const madeByMachine = '<!-- Made by `npm run docs` from the plugin. Change the plugin instead. -->'

export function tablePage(plugin: Plugin, table: Table): string {
  return [
    `# ${table.name}`,
    madeByMachine,
    table.description,
    `Of the plugin [${plugin.name}](../../plugins/${plugin.name}).`,
    '## Keys',
    keysSection(table),
    ...ordersSection(table),
    ...callsSection(table),
    '## Columns',
    columnsSection(table),
    '## Examples',
    ...table.examples.flatMap(({ title, sql }) => [`### ${title}`, `\`\`\`sql\n${sql}\n\`\`\``]),
  ].join('\n\n')
}

function keysSection(table: Table): string {
  const keys = Object.entries<Key | undefined>(table.keys).flatMap(([column, key]) =>
    key === undefined ? [] : [[`\`${column}\``, operatorsOf(key), meaningOf(key)]],
  )
  if (keys.length === 0) return 'None: the API is always asked for everything.'
  const introduction =
    'Conditions with these operators reach the API, so that it sends less. PostgreSQL checks every condition of ' +
    'a query, these among them.'
  return `${introduction}\n\n${markdownTable(['Column', 'Operators', 'Meaning'], keys)}`
}

/** As they are written in SQL; `~~` is what PostgreSQL makes of LIKE. */
const spellings: Readonly<Record<string, string>> = {
  '=': '`=`, `IN`, `= ANY`',
  '~~': '`LIKE`',
  '~~*': '`ILIKE`',
  '!~~': '`NOT LIKE`',
  '!~~*': '`NOT ILIKE`',
  'is null': '`IS NULL`',
  'is not null': '`IS NOT NULL`',
}

function operatorsOf({ operators }: Key): string {
  return operators.map((operator) => spellings[operator] ?? `\`${operator}\``).join(', ')
}

function meaningOf({ require = 'optional', valuesPerCall }: Key): string {
  const sentences: string[] = []
  if (require === 'required') sentences.push('Required: a query must say which values it means.')
  if (require === 'any-of')
    sentences.push('A query must give values for this column, or for another like it.')
  if (require === 'optional') sentences.push('Narrows what is fetched.')
  if (valuesPerCall === 1) sentences.push('Each value takes a call.')
  else if (valuesPerCall !== undefined) sentences.push(`A call takes up to ${valuesPerCall} values.`)
  return sentences.join(' ')
}

function ordersSection({ orders = {} }: Table): readonly string[] {
  const known = Object.entries<readonly Direction[] | undefined>(orders).flatMap(
    ([column, directions = []]) =>
      directions.map((direction) => `\`${column}${direction === 'desc' ? ' DESC' : ''}\``),
  )
  if (known.length === 0) return []
  return [
    '## First rows',
    `\`ORDER BY\` one of ${known.join(', ')} with a \`LIMIT\` reads only as far as the first rows take, if all ` +
      'conditions are on keys, with `=`, `IN`, `<>`, `IS [NOT] NULL` or, of numbers and times, bounds.',
  ]
}

function callsSection({ calls = [] }: Table): readonly string[] {
  if (calls.length === 0) return []
  const needsPermission = calls.some(({ permission }) => permission !== undefined)
  const hasCost = calls.some(({ cost }) => cost !== undefined)
  const rows = calls.map(({ name, permission, cost = '' }) => [
    `\`${name}\``,
    ...(needsPermission ? [permission === undefined ? '' : `\`${permission}\``] : []),
    ...(hasCost ? [cost] : []),
  ])
  const titles = ['Call', ...(needsPermission ? ['Permission'] : []), ...(hasCost ? ['Cost'] : [])]
  const lacking = ' Whose credentials lack a permission can still ask for columns that do without.'
  return [
    '## API calls',
    `A call is made only for a query that needs it.${needsPermission ? lacking : ''}`,
    markdownTable(titles, rows),
  ]
}

function columnsSection(table: Table): string {
  const further = new Set(Object.values(table.hydrate ?? {}).flatMap(({ columns }) => columns))
  const own = Object.entries(table.columns).map(([name, { type, description }]) => [
    further.has(name) ? `\`${name}\` *` : `\`${name}\``,
    type,
    description,
  ])
  const added = engineColumns.map(({ name, type, description }) => [`\`${name}\``, type, description])
  const columns = markdownTable(['Column', 'Type', 'Description'], [...own, ...added])
  return further.size === 0
    ? columns
    : `${columns}\n\n\\* Takes a further API call for each row, made only when a query names such a column.`
}
