/** The tables of settings, options and variables in documents, made from what the code knows of them. */
import { readFile, writeFile } from 'node:fs/promises'
import type { Plugin } from '@millrace/plugin-sdk'
import { connectionSchema } from 'millrace/config/connection-schema'
import { type SettingDefinition, settingNames, settingTable } from 'millrace/config/setting-table'
import { steampipeOptions } from 'millrace/config/steampipe-options'
import { steampipeVariables } from 'millrace/config/steampipe-variables'
import { userSchema } from 'millrace/config/user-schema'
import { pluginSettings } from 'millrace/connections/plugin-settings'
import { builtIn } from 'millrace/plugins/built-in-plugins'
import { markdownTable } from './markdown-table.js'

const documents = new URL('../../../docs/', import.meta.url)
const end = '<!-- The end of the table. -->'

/** By document, the tables by the lines before them. */
const tables: Readonly<Record<string, ReadonlyMap<string, () => string | Promise<string>>>> = {
  'configuration.md': new Map<string, () => string | Promise<string>>([
    ['<!-- npm run docs writes the table. -->', settings],
    ['<!-- npm run docs writes the table of connections. -->', connectionSettings],
    ['<!-- npm run docs writes the tables of plugins. -->', settingsOfPlugins],
    ['<!-- npm run docs writes the table of users. -->', userSettings],
  ]),
  'coming-from-steampipe.md': new Map([
    ['<!-- npm run docs writes the table of options. -->', options],
    ['<!-- npm run docs writes the table of variables. -->', variables],
  ]),
}

export const documentsWithTables: readonly string[] = Object.keys(tables)

export function readDocument(name: string): Promise<string> {
  return readFile(new URL(name, documents), 'utf8')
}

/** A document as it should be. */
export async function withTables(name: string): Promise<string> {
  let text = await readDocument(name)
  for (const [begin, table] of tables[name] ?? []) {
    const start = text.indexOf(begin)
    const stop = text.indexOf(end, start)
    if (start < 0 || stop < 0) throw new Error(`docs/${name} lacks "${begin}" and "${end}"`)
    text = `${text.slice(0, start)}${begin}\n\n${await table()}\n\n${text.slice(stop)}`
  }
  return text
}

export async function writeTables(): Promise<void> {
  for (const name of documentsWithTables) await writeFile(new URL(name, documents), await withTables(name))
}

function settings(): string {
  const rows = settingNames.map((name) => {
    const { usual, variable, description, reloads = false }: SettingDefinition = settingTable[name]
    return [
      `\`${name}\``,
      usual === null ? '' : `\`${JSON.stringify(usual)}\``,
      variable === undefined ? '' : `\`${variable}\``,
      reloads ? `${description} A change takes effect at once.` : description,
    ]
  })
  return markdownTable(['setting', 'default', 'variable', ''], rows)
}

function connectionSettings(): string {
  return settingsTable('setting of every connection', { config: connectionSchema })
}

function userSettings(): string {
  return settingsTable('setting of a user', { config: userSchema })
}

async function settingsOfPlugins(): Promise<string> {
  const tables = [...builtIn].map(async ([name, load]) =>
    // Each is one: the plugins' own tests load them.
    settingsTable(`setting of \`${name}\``, (await load()).default as Plugin),
  )
  return (await Promise.all(tables)).join('\n\n')
}

/** @throws Error for a setting that says nothing of itself */
function settingsTable(title: string, plugin: Pick<Plugin, 'config'>): string {
  const rows = pluginSettings(plugin).map(({ name, description, isRequired, usual }) => {
    if (description === '') throw new Error(`the ${title} "${name}" has no description`)
    const more = isRequired
      ? ' Required.'
      : usual === undefined
        ? ''
        : ` Default \`${JSON.stringify(usual)}\`.`
    return [`\`${name}\``, `${description}${more}`]
  })
  return markdownTable([title, ''], rows)
}

function options(): string {
  const rows = Object.entries(steampipeOptions).flatMap(([block, names]) =>
    Object.entries(names).map(([name, meaning]) => [
      `\`${block}\``,
      `\`${name}\``,
      meaning.kind === 'setting' ? `\`${meaning.name}\`` : `none: ${meaning.why}`,
    ]),
  )
  return markdownTable(['options', 'name', 'here'], rows)
}

function variables(): string {
  const rows = Object.entries(steampipeVariables).map(([variable, { name, why }]) => [
    `\`${variable}\``,
    name === undefined ? `none: ${why}` : `\`${name}\``,
  ])
  return markdownTable(['Steampipe', 'here'], rows)
}
