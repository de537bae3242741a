/** The configuration's files in a home: `config.json`, and what is in the folder `config`. */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { UserError } from '../user-error.js'
import { type ConfigurationDocument, unreadable } from './syntax/located.js'
import { readHcl } from './syntax/read-hcl.js'
import { readJson } from './syntax/read-json.js'

export const configurationFile = 'config.json'
export const configurationFolder = 'config'

type Read = (file: string, text: string) => ConfigurationDocument | Promise<ConfigurationDocument>

/** By the endings of files' names. */
const syntaxes: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['.spc', readHcl],
  ['.json', readJson],
  ['.yaml', yaml],
  ['.yml', yaml],
])

/** Loaded only where there is such a file. */
async function yaml(file: string, text: string): Promise<ConfigurationDocument> {
  return (await import('./syntax/read-yaml.js')).readYaml(file, text)
}

export function isConfigurationFile(name: string): boolean {
  return syntaxes.has(extname(name)) && !name.startsWith('.')
}

/**
 * Reads the files, by their paths.
 * @throws UserError where one is there and cannot be read
 */
export async function readDocuments(home: string): Promise<ReadonlyMap<string, ConfigurationDocument>> {
  const folder = join(home, configurationFolder)
  const names = await readdir(folder).catch((error: unknown) => missing(folder, error, []))
  const paths = [
    join(home, configurationFile),
    ...names
      .filter(isConfigurationFile)
      .sort()
      .map((name) => join(folder, name)),
  ]
  const documents = await Promise.all(paths.map(readDocument))
  return new Map(
    documents.flatMap((document, index) =>
      document === undefined ? [] : [[paths[index] ?? '', document] as const],
    ),
  )
}

async function readDocument(path: string): Promise<ConfigurationDocument | undefined> {
  const bytes = await readFile(path).catch((error: unknown) => missing(path, error, undefined))
  if (bytes === undefined) return undefined
  const text = bytes.toString('utf8')
  const broken = text.indexOf('\ufffd')
  if (broken >= 0 && !Buffer.from(text).equals(bytes)) {
    const line = text.slice(0, broken).split('\n').length
    return unreadable({ file: path, line }, 'is not UTF-8')
  }
  return (syntaxes.get(extname(path)) ?? readJson)(path, text.replace(/^\ufeff/, ''))
}

/** @returns the substitute where nothing is there */
function missing<Substitute>(path: string, error: unknown, substitute: Substitute): Substitute {
  const { code, message } = Object(error)
  if (code === 'ENOENT') return substitute
  throw new UserError(`${path} cannot be read: ${code ?? message}`, 2, error)
}
