/** The plugins that there are in a home, wherever they have come from. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installedVersion } from '@millrace/plugin-steampipe/install/install-plugin'
import { installedPlugins } from '@millrace/plugin-steampipe/install/installed-plugins'
import {
  type PluginReference,
  parsePluginReference,
} from '@millrace/plugin-steampipe/install/plugin-reference'
import { z } from 'zod'
import { UserError } from '../user-error.js'
import { readVersion } from '../version.js'
import { builtIn } from './built-in-plugins.js'
import { type PluginPlaces, steampipeFolders } from './steampipe-plugins.js'

interface InstalledBase {
  /** As connections can name it. */
  readonly name: string
  /** Undefined where it does not say. */
  readonly version: string | undefined
}

export type Installed =
  | (InstalledBase & { readonly kind: 'built-in' })
  /** @property source what npm has been told to install: a version, or `file:` and a path */
  | (InstalledBase & { readonly kind: 'package'; readonly path: string; readonly source: string })
  /** @property ours whether Millrace has installed it, rather than Steampipe */
  | (InstalledBase & {
      readonly kind: 'steampipe'
      readonly path: string
      readonly ours: boolean
      readonly reference: PluginReference | undefined
    })

const manifestShape = z.object({
  version: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
})

export async function readManifest(folder: string): Promise<z.infer<typeof manifestShape> | undefined> {
  try {
    return manifestShape.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')))
  } catch {
    // What cannot be read says nothing.
    return undefined
  }
}

/** All of them: Millrace's own, packages, Steampipe's; of one that is there twice, the one that is used. */
export async function allInstalled(places: PluginPlaces): Promise<readonly Installed[]> {
  const version = await readVersion()
  const ours = [...builtIn.keys()].map((name): Installed => ({ kind: 'built-in', name, version }))
  return [...ours, ...(await installedPackages(places.home)), ...(await installedOfSteampipe(places))]
}

/** Those that the home's `package.json` names: others are there because one of them needs them. */
async function installedPackages(home: string): Promise<Installed[]> {
  const { dependencies = {} } = (await readManifest(home)) ?? {}
  return Promise.all(
    Object.entries(dependencies).map(async ([name, source]): Promise<Installed> => {
      const path = join(home, 'node_modules', name)
      return { kind: 'package', name, version: (await readManifest(path))?.version, path, source }
    }),
  )
}

async function installedOfSteampipe(places: PluginPlaces): Promise<Installed[]> {
  const found = new Map<string, Installed>()
  for (const [index, root] of steampipeFolders(places).entries()) {
    for (const { name, path } of await installedPlugins(root)) {
      if (found.has(name)) continue
      const reference = parsePluginReference(name)
      const version = await installedVersion(path)
      found.set(name, { kind: 'steampipe', name, version, path, ours: index === 0, reference })
    }
  }
  return [...found.values()]
}

/**
 * Those that a name means, which may be shorter than the full one; more than one where several versions are installed
 * side by side and the name says none.
 */
export function installedByName(name: string, all: readonly Installed[]): readonly Installed[] {
  const exact = all.filter((one) => one.name === name)
  if (exact.length > 0) return exact
  const meant = parsePluginReference(name)
  if (meant === undefined) return []
  return all.filter((one) => {
    if (one.kind !== 'steampipe' || one.reference === undefined) return false
    const { source, organization, name: plugin, constraint } = one.reference
    const isSame = source === meant.source && organization === meant.organization && plugin === meant.name
    return isSame && (!name.includes('@') || constraint === meant.constraint)
  })
}

/** @throws UserError where a name means none, or several */
export function theInstalled(name: string, all: readonly Installed[]): Installed {
  const [one, ...others] = installedByName(name, all)
  if (one === undefined) {
    throw new UserError(`no plugin "${name}" is installed; millrace plugin list shows those that are`, 2)
  }
  if (others.length === 0) return one
  const names = [one, ...others].map((each) => each.name).join(', ')
  throw new UserError(`"${name}" may mean any of ${names}: name one of them in full`, 2)
}
