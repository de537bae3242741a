/** All pages that are made from the plugins' definitions. */
import abuseipdb from '@millrace/plugin-abuseipdb/plugin'
import aws from '@millrace/plugin-aws/plugin'
import ipstack from '@millrace/plugin-ipstack/plugin'
import net from '@millrace/plugin-net/plugin'
import type { StaticPlugin } from '@millrace/plugin-sdk'
import shodan from '@millrace/plugin-shodan/plugin'
import { markdownTable } from './markdown-table.js'
import { madeByMachine, tablePage } from './table-page.js'

const plugins: readonly StaticPlugin[] = [
  aws as StaticPlugin,
  ipstack as StaticPlugin,
  net as StaticPlugin,
  abuseipdb as StaticPlugin,
  shodan as StaticPlugin,
]

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
  return [
    '# Tables',
    madeByMachine,
    markdownTable(['Table', 'Plugin', 'What it shows'], rows),
    '## Permissions',
    'What must be allowed to those who ask all columns of a table. The page of a table says which call needs what.',
    markdownTable(['Permission', 'Tables'], permissions()),
  ].join('\n\n')
}

function permissions(): readonly (readonly string[])[] {
  const tables = plugins.flatMap((plugin) => plugin.tables)
  const pairs = tables.flatMap(({ name, calls = [] }) =>
    calls.flatMap(({ permission }) => (permission === undefined ? [] : [{ name, permission }])),
  )
  return [...new Set(pairs.map(({ permission }) => permission))].sort().map((permission) => {
    const names = pairs.filter((pair) => pair.permission === permission).map(({ name }) => name)
    return [`\`${permission}\``, names.map((name) => `[${name}](${name}.md)`).join(', ')]
  })
}
