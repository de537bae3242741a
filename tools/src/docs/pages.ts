/** All pages that are made from the plugins' definitions. */
import aws from '@millrace/plugin-aws/plugin'
import ipstack from '@millrace/plugin-ipstack/plugin'
import type { StaticPlugin } from '@millrace/plugin-sdk/plugin'
import { markdownTable } from './markdown-table.js'
import { madeByMachine, tablePage } from './table-page.js'

const plugins: readonly StaticPlugin[] = [aws as StaticPlugin, ipstack as StaticPlugin]

/** Pages by their file's name in docs/tables. */
export function makePages(): ReadonlyMap<string, string> {
  const pages = plugins.flatMap((plugin) =>
    plugin.tables.map((table): [string, string] => [`${table.name}.md`, `${tablePage(plugin, table)}\n`]),
  )
  return new Map([['README.md', `${overview()}\n`], ...pages])
}

function overview(): string {
  const rows = plugins.flatMap(({ name, tables }) =>
    tables.map((table) => [`[${table.name}](${table.name}.md)`, name, table.description]),
  )
  return ['# Tables', madeByMachine, markdownTable(['Table', 'Plugin', 'What it shows'], rows)].join('\n\n')
}
