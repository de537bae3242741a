/** `millrace plugin new`: a plugin that works, to be changed into another. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { listenForInterruption } from '../interruption.js'
import { builtIn } from '../plugins/built-in-plugins.js'
import { type ExitCode, UserError } from '../user-error.js'
import { runNpm } from './npm.js'
import {
  manifestOf,
  namesOf,
  type PluginNames,
  pluginName,
  renamed,
  withoutOutwardLinks,
} from './plugin-template.js'

// The manifest says where these are: in the workspace other packages, in the bundled package folders of its own.
const require = createRequire(import.meta.url)
const folderOf = (specifier: string) => dirname(require.resolve(specifier))

/** Where the packed SDK is, in the plugin's folder. */
const sdkFolder = 'vendor'

/**
 * @param name of the plugin
 * @param given default is the name of its package
 * @throws UserError for a name that makes no sense, and a folder that is not empty
 */
export async function newPlugin(name: string, given: string | undefined): Promise<0 | ExitCode> {
  if (!pluginName.test(name)) {
    throw new UserError(`"${name}" is no name for a plugin: it takes small letters, such as acme`, 2)
  }
  if (builtIn.has(name)) throw new UserError(`there is a plugin "${name}" already, which is built in`, 2)
  const names = namesOf(name)
  const folder = resolve(given ?? names.packageName)
  const { signal, release } = listenForInterruption()
  const isNew = await beginFolder(folder)
  try {
    await writePlugin(folder, names, signal)
  } catch (error) {
    // It was empty, or not there.
    for (const one of await readdir(folder)) await rm(join(folder, one), { recursive: true })
    if (isNew) await rm(folder, { recursive: true })
    if (signal.aborted) return 130
    throw error
  } finally {
    release()
  }
  process.stdout.write(nextSteps(folder, names))
  return 0
}

/** @returns whether it was not there before */
async function beginFolder(folder: string): Promise<boolean> {
  try {
    if ((await readdir(folder)).length > 0) throw new UserError(`${folder} is not empty`, 1)
    return false
  } catch (error) {
    if (error instanceof UserError) throw error
    if (Object(error).code !== 'ENOENT') throw new UserError(`${folder} is no folder`, 1, error)
    await mkdir(folder, { recursive: true }).catch((failure: unknown) => {
      throw new UserError(`${folder} cannot be made: ${Object(failure).code}`, 1, failure)
    })
    return true
  }
}

async function writePlugin(folder: string, names: PluginNames, signal: AbortSignal): Promise<void> {
  const template = folderOf('#plugin-template/package.json')
  const sdk = await packSdk(folder, signal)
  const manifest = await readFile(join(template, 'package.json'), 'utf8')
  await writeFile(join(folder, 'package.json'), manifestOf(manifest, names, sdk))
  const readme = renamed(await readFile(join(template, 'README.md'), 'utf8'), names)
  await writeFile(join(folder, 'README.md'), withoutOutwardLinks(readme))
  await cp(join(template, 'tsconfig.json'), join(folder, 'tsconfig.json'))
  await writeFile(join(folder, '.gitignore'), 'node_modules/\ndist/\n')
  const source = join(template, 'src')
  for (const file of await readdir(source, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const from = join(file.parentPath, file.name)
    const to = join(folder, 'src', renamed(relative(source, from), names))
    await mkdir(dirname(to), { recursive: true })
    await writeFile(to, renamed(await readFile(from, 'utf8'), names))
  }
}

/**
 * Packs the SDK of this installation: it is on no registry yet, and this one is sure to suit.
 * @returns how the plugin depends on it
 */
async function packSdk(folder: string, signal: AbortSignal): Promise<string> {
  const vendor = join(folder, sdkFolder)
  await mkdir(vendor)
  const sdk = folderOf('#plugin-sdk/package.json')
  await runNpm('pack', ['--pack-destination', vendor, '--', sdk], folder, signal)
  const [file] = await readdir(vendor)
  if (file === undefined) throw new UserError('npm has packed no SDK', 1)
  return `file:${sdkFolder}/${file}`
}

function nextSteps(folder: string, { schema, tableName, packageName }: PluginNames): string {
  return `made ${packageName}: its table ${tableName} asks the npm registry, until you change it

  cd ${relative('.', folder) || '.'}
  npm install
  npm test
  millrace connection add ${schema} --plugin "$PWD"
  millrace query "select name, latest_version from ${tableName} where name = 'pg'"
`
}
