/** Plugins by the name that the configuration gives them: built-in ones, or npm packages. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkPlugin, type Plugin } from '@millrace/plugin-sdk'
import { distance } from 'fastest-levenshtein'
import { resolve } from 'import-meta-resolve'
import { UserError } from '../user-error.js'

type Load = () => Promise<{ readonly default: unknown }>

/** The built-in plugins, loaded only when a connection uses them: AWS's SDK takes its time. */
const builtIn: ReadonlyMap<string, Load> = new Map<string, Load>([
  ['aws', () => import('@millrace/plugin-aws/plugin')],
  ['ipstack', () => import('@millrace/plugin-ipstack/plugin')],
  ['net', () => import('@millrace/plugin-net/plugin')],
  ['abuseipdb', () => import('@millrace/plugin-abuseipdb/plugin')],
  ['shodan', () => import('@millrace/plugin-shodan/plugin')],
])

/** A package's name as npm allows it, without a path or a version after it. */
const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/

/**
 * Loads a plugin. A package is looked for in the home first, where the user has installed it, and then where Millrace
 * itself is installed.
 * @param name of a built-in plugin, such as `aws`, or of an npm package
 * @throws UserError when there is no such package, it fails to load, or is not a plugin
 */
export async function loadPlugin(name: string, home: string): Promise<Plugin> {
  const load = builtIn.get(name) ?? (() => import(locate(name, home)))
  const checked = checkPlugin((await loadModule(name, load)).default)
  if ('plugin' in checked) return checked.plugin
  throw new UserError(`the default export of the package "${name}" is no plugin: ${checked.fault}`, 1)
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

function locate(name: string, home: string): string {
  if (!packageName.test(name)) {
    const known = [...builtIn.keys()].join(', ')
    throw new UserError(`"${name}" is neither one of the plugins ${known} nor the name of an npm package`, 2)
  }
  // A name in a folder is looked up from any file in it, whether that exists or not.
  const places = [pathToFileURL(join(home, 'package.json')).href, import.meta.url]
  for (const place of places) {
    try {
      return resolve(name, place)
    } catch (error) {
      if (Object(error).code !== 'ERR_MODULE_NOT_FOUND') throw error
    }
  }
  throw new UserError(`there is no plugin "${name}"${adviceFor(name, home)}`, 2)
}

/**
 * Advice for a name without a package. For a mistyped name, it must not be to install whatever package happens to
 * have that name.
 */
function adviceFor(name: string, home: string): string {
  const known = [...builtIn.keys()]
  const meant = known.find((one) => isNearMiss(name, one))
  if (meant !== undefined) return `; did you mean "${meant}"?`
  return `: plugins of Millrace are ${known.join(', ')}; another is an npm package, to be installed first: cd ${home} && npm install ${name}`
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
