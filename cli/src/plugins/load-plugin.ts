/** Plugins by the name that the configuration gives them: built-in ones, npm packages, or Steampipe's. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkPlugin, type Plugin } from '@millrace/plugin-sdk'
import { parsePluginReference } from '@millrace/plugin-steampipe/install/plugin-reference'
import { distance } from 'fastest-levenshtein'
import { UserError } from '../user-error.js'
import { builtIn, type Load } from './built-in-plugins.js'
import { moduleAtPath, moduleOfPackage, packageName, packagePrefix } from './plugin-modules.js'
import type { PluginPlaces, PluginProcessOptions } from './steampipe-plugins.js'

/** Before a name, that Millrace's own plugin is meant, and nothing beside it. */
const ownPrefix = /^millrace:/

/** Where a plugin is that a connection names. */
export type LocatedPlugin =
  /** @property name of a path, the absolute one */
  | { readonly kind: 'built-in' | 'package' | 'path'; readonly name: string; readonly load: Load }
  /** @property name as Steampipe writes it in full, or the path where a connection gives that */
  | { readonly kind: 'steampipe'; readonly name: string; readonly path: string }

/**
 * Finds a plugin, and loads nothing of it. Millrace's own come first, then packages that the user has installed in the
 * home, then plugins of Steampipe that are installed, then packages that are where Millrace itself is.
 * @param name `aws`, `ipstack`, the name of an npm package (with or without `millrace-plugin-` before it), the path of a
 *   package's folder or of a plugin of Steampipe, or its name; with `steampipe:` or `millrace:` before it, nothing else
 *   is meant
 * @returns undefined where there is no such plugin
 * @throws UserError for a path without a file
 */
export async function locatePlugin(name: string, places: PluginPlaces): Promise<LocatedPlugin | undefined> {
  const own = name.replace(ownPrefix, '')
  const ours = builtIn.get(own)
  if (ours !== undefined) return { kind: 'built-in', name: own, load: ours }
  if (path.test(name) && !name.endsWith('.plugin')) {
    const absolute = resolve(places.home, name.replace(/^~(?=\/)/, places.environment.HOME ?? homedir()))
    return { kind: 'path', name: absolute, load: await moduleAtPath(absolute) }
  }
  // A name in a folder is looked up from any file in it, whether that exists or not.
  const installed = packageSeenFrom(name, pathToFileURL(join(places.home, 'package.json')).href)
  if (installed !== undefined) return installed
  const { locateSteampipePlugin } = await import('./steampipe-plugins.js')
  const bridged = await locateSteampipePlugin(name, places)
  if (bridged !== undefined) return { kind: 'steampipe', ...bridged }
  return packageSeenFrom(name, import.meta.url)
}

/** The path of a folder or file, of the machine, of the user's home folder or of Millrace's home. */
const path = /^(?:\/|\.\.?\/|~\/)/

function packageSeenFrom(name: string, from: string): LocatedPlugin | undefined {
  for (const each of [name, `${packagePrefix}${name}`]) {
    const load = moduleOfPackage(each, from)
    if (load !== undefined) return { kind: 'package', name: each, load }
  }
  return undefined
}

/**
 * Loads a plugin, as {@link locatePlugin} finds it.
 * @param process what is said of the process, for a plugin of Steampipe
 * @throws UserError when there is no such plugin, it fails to load, or is not a plugin
 */
export async function loadPlugin(
  name: string,
  places: PluginPlaces,
  process?: PluginProcessOptions,
): Promise<Plugin> {
  const located = await locatePlugin(name, places)
  if (located === undefined) throw notFound(name)
  if (located.kind === 'steampipe') {
    const { steampipePluginAt } = await import('./steampipe-plugins.js')
    return steampipePluginAt(located, process)
  }
  const { default: value } = await loadModule(name, located.load)
  // Their conformance tests check Millrace's own ones; for all their tables, it takes as long as loading them.
  if (located.kind === 'built-in') return value as Plugin
  const checked = checkPlugin(value)
  if ('plugin' in checked) return checked.plugin
  const what = located.kind === 'path' ? `of ${located.name}` : `of the package "${located.name}"`
  throw new UserError(`the default export ${what} is no plugin: ${checked.fault}`, 1)
}

/**
 * The plugin of Steampipe that has further tables for a connection of one of Millrace's own plugins, by the same name.
 * @returns undefined where there is none, or the connection's words for its plugin say that it wants none
 */
export async function loadCompanion(
  name: string,
  places: PluginPlaces,
  process?: PluginProcessOptions,
): Promise<Plugin | undefined> {
  if (!builtIn.has(name)) return undefined
  const { locateSteampipePlugin, steampipePluginAt } = await import('./steampipe-plugins.js')
  const located = await locateSteampipePlugin(name, places)
  return located && steampipePluginAt(located, process)
}

async function loadModule(name: string, load: Load): ReturnType<Load> {
  try {
    return await load()
  } catch (error) {
    if (error instanceof UserError) throw error
    const said = error instanceof Error ? error.message : String(error)
    throw new UserError(`the plugin "${name}" cannot be loaded: ${said}`, 1, error)
  }
}

/**
 * What to do about a name without a plugin. For a mistyped name, it must not be to install whatever package happens to
 * have that name.
 */
function notFound(name: string): UserError {
  const known = [...builtIn.keys()]
  const isPackage = packageName.test(name)
  if (!isPackage && parsePluginReference(name) === undefined) {
    const said = `"${name}" is neither one of the plugins ${known.join(', ')}, nor the name of an npm package, nor a plugin of Steampipe`
    return new UserError(said, 2)
  }
  const meant = name.startsWith('steampipe:') ? undefined : known.find((one) => isNearMiss(name, one))
  if (meant !== undefined) return new UserError(`there is no plugin "${name}"; did you mean "${meant}"?`, 2)
  const ways = [
    ...(isPackage ? [`as an npm package: millrace plugin install ${name}`] : []),
    `as a plugin of Steampipe: millrace plugin install steampipe/${name.replace(/^steampipe:/, '')}`,
  ]
  return new UserError(
    `there is no plugin "${name}": plugins of Millrace are ${known.join(', ')}; another is to be installed first, ${ways.join(', or ')}`,
    2,
  )
}

/**
 * Whether a name is mistyped, or the one that the plugin has elsewhere (`steampipe-plugin-aws`,
 * `@millrace/plugin-aws`).
 */
function isNearMiss(name: string, known: string): boolean {
  const [last = ''] = name.split(/plugin-|\//).slice(-1)
  const lettersOf = (text: string) => [...text].sort().join('')
  return [name, last].some(
    (one) => distance(one, known) <= Math.ceil(known.length / 3) || lettersOf(one) === lettersOf(known),
  )
}
