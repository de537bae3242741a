/** `millrace config import`: takes over a set-up of Steampipe's. */
import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { defaultHome, makeHome } from '@millrace/sql-engine/postgres/home'
import { configurationOf } from './config/configuration.js'
import { configurationFolder, readDocuments } from './config/documents.js'
import { faultText } from './config/faults.js'
import type { Environment } from './config/settings.js'
import { type ImportedFile, importDocument } from './config/steampipe-import.js'
import { type ConfigurationDocument, placeText } from './config/syntax/located.js'
import { readHcl } from './config/syntax/read-hcl.js'
import { writeWhole } from './config/write-whole.js'
import { loadPlugin } from './plugins/load-plugin.js'
import type { PluginPlaces } from './plugins/steampipe-plugins.js'
import { type ExitCode, UserError } from './user-error.js'

export interface ImportCommandOptions {
  /** Steampipe's folder; undefined for its usual one. */
  readonly folder: string | undefined
  readonly dryRun: boolean
  readonly force: boolean
  readonly copySecrets: boolean
}

/**
 * Prints what it does. Steampipe's own files stay as they are.
 * @throws UserError where there is no set-up, a file of the home would be lost, or a name would stand in two files
 */
export async function importConfiguration(
  { folder, dryRun, force, copySecrets }: ImportCommandOptions,
  environment: Environment,
): Promise<0 | ExitCode> {
  const source = resolve(folder ?? (environment.STEAMPIPE_INSTALL_DIR || join(homedir(), '.steampipe')))
  const home = defaultHome(environment)
  const all = await readDocuments(source)
  const documents = new Map([...all].filter(([path]) => path.startsWith(join(source, configurationFolder))))
  if (documents.size === 0)
    throw new UserError(`there are no files of Steampipe's in ${join(source, 'config')}`, 1)
  const missing = await missingPlugins(documents, { home, environment })
  const files = [...documents].flatMap(([path, document]) => {
    const options = { missingPlugin: (name: string) => missing.get(name), copySecrets }
    const imported = importDocument(path, document, options)
    return imported === undefined ? [] : [imported]
  })
  const target = (file: ImportedFile) => join(home, configurationFolder, file.name)
  for (const [, { faults }] of documents) {
    for (const { place, message } of faults) process.stdout.write(`${placeText(place)}: ${message}\n`)
  }
  for (const file of files) {
    process.stdout.write(`${file.source}${dryRun ? ' would become ' : ' -> '}${target(file)}\n`)
    for (const line of file.told) process.stdout.write(`  ${line}\n`)
  }
  await checkTargets(files.map(target), home, force)
  const said = await checkTogether(files, target, home)
  for (const notice of said) process.stdout.write(`${notice}\n`)
  if (dryRun) {
    process.stdout.write('nothing was written\n')
    return 0
  }
  await makeHome(home)
  for (const file of files) await writeWhole(target(file), file.text)
  process.stdout.write(`${files.length} files written; Steampipe's own stay as they are\n`)
  return 0
}

/** Why there is no plugin, by its name as the connections have it. */
async function missingPlugins(
  documents: ReadonlyMap<string, ConfigurationDocument>,
  places: PluginPlaces,
): Promise<ReadonlyMap<string, string>> {
  const { connections, faulty } = configurationOf(documents)
  const names = new Set([
    ...[...connections.values()].map(({ settings }) => settings.plugin),
    ...[...faulty.values()].flatMap(({ plugin }) => (plugin === undefined ? [] : [plugin])),
  ])
  const missing = new Map<string, string>()
  for (const name of names) {
    await loadPlugin(name, places).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error
      missing.set(name, error.message)
    })
  }
  return missing
}

async function checkTargets(paths: readonly string[], home: string, force: boolean): Promise<void> {
  const twice = paths.filter((path, index) => paths.indexOf(path) !== index)
  if (twice.length > 0)
    throw new UserError(`two files would become ${twice.join(', ')}: rename one of them`, 1)
  if (force) return
  const there: string[] = []
  for (const path of paths) {
    await stat(path).then(
      () => there.push(path),
      () => {},
    )
  }
  if (there.length === 0) return
  throw new UserError(
    `${there.join(', ')} in ${home} is there already; --force overwrites it. Nothing was written`,
    1,
  )
}

/**
 * What the home's files would say together.
 * @returns what has no meaning here, and what is wrong with connections, in a line each
 */
async function checkTogether(
  files: readonly ImportedFile[],
  target: (file: ImportedFile) => string,
  home: string,
): Promise<readonly string[]> {
  const before = await readDocuments(home)
  const documents = new Map(before)
  for (const file of files) documents.set(target(file), readHcl(target(file), file.text))
  const { faults, faulty, notices } = configurationOf(documents)
  const known = new Set(configurationOf(before).faults.map(faultText))
  const made = faults.map(faultText).filter((fault) => !known.has(fault))
  const twice = [...faulty.values()]
    .map(({ fault }) => fault)
    .filter((fault) => fault.includes('stands in two places'))
  if (made.length + twice.length > 0) {
    throw new UserError(`${[...made, ...twice].join('; ')}. Nothing was written`, 1)
  }
  return [...[...faulty.values()].map(({ fault }) => fault), ...notices.map(faultText)]
}
