/** The part of docs/configuration.md that lists the settings, made from their table. */
import { readFile, writeFile } from 'node:fs/promises'
import { type SettingDefinition, settingNames, settingTable } from 'millrace/config/setting-table'
import { markdownTable } from './markdown-table.js'

const page = new URL('../../../docs/configuration.md', import.meta.url)
const begin = '<!-- npm run docs writes the table. -->'
const end = '<!-- The end of the table. -->'

/** The page as it should be. */
export async function pageWithSettings(): Promise<string> {
  const text = await readPage()
  const [head, rest = ''] = text.split(begin)
  const [, tail] = rest.split(end)
  if (tail === undefined) throw new Error(`docs/configuration.md lacks "${begin}" and "${end}"`)
  return [head, begin, '\n\n', settingsTable(), '\n\n', end, tail].join('')
}

export function readPage(): Promise<string> {
  return readFile(page, 'utf8')
}

export async function writeSettings(): Promise<void> {
  await writeFile(page, await pageWithSettings())
}

function settingsTable(): string {
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
