/** Plugins that are installed, as Steampipe lays them out: where it has put them, and where Millrace does. */
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fullName, type PluginReference } from './plugin-reference.js'

export interface InstalledPlugin {
  /** As Steampipe names it in full, such as `hub.steampipe.io/plugins/turbot/net@latest`; `local/net` for own builds. */
  readonly name: string
  /** The executable file. */
  readonly path: string
}

const ending = '.plugin'

/**
 * Finds a plugin's file.
 * @param roots folders as Steampipe's `~/.steampipe`; the first one that has the plugin counts
 */
export async function installedPlugin(
  reference: PluginReference,
  roots: readonly string[],
): Promise<InstalledPlugin | undefined> {
  const { organization, name } = reference
  const folder = organization === 'local' ? `local/${name}` : fullName(reference)
  for (const root of roots) {
    const path = await onlyPlugin(join(root, 'plugins', folder))
    if (path !== undefined) return { name: folder, path }
  }
  return undefined
}

/** All plugins in a root's folders, by name. */
export async function installedPlugins(root: string): Promise<readonly InstalledPlugin[]> {
  const plugins = join(root, 'plugins')
  const entries = await readdir(plugins, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => ({ name: relative(plugins, entry.parentPath), path: join(entry.parentPath, entry.name) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

/** A folder holds one plugin; with several, nobody can tell which is meant. */
async function onlyPlugin(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(ending))
  const [name, ...others] = names
  return name === undefined || others.length > 0 ? undefined : join(folder, name)
}
