/** Plugins of Steampipe, by the names that connections give them. */
import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Plugin } from '@millrace/plugin-sdk'
import { type InstalledPlugin, installedPlugin } from '@millrace/plugin-steampipe/install/installed-plugins'
import { parsePluginReference } from '@millrace/plugin-steampipe/install/plugin-reference'
import type { PluginHostOptions } from '@millrace/plugin-steampipe/process/plugin-host'
import { UserError } from '../user-error.js'

/** Where Millrace looks for its state, and a plugin for credentials. */
export interface PluginPlaces {
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What a configuration says of a plugin's process. */
export type PluginProcessOptions = Pick<PluginHostOptions, 'memoryMb' | 'rateLimiters'>

/** A file, by a path of the machine, of the user's home folder or of Millrace's home. */
const file = /^(?:\/|\.\.?\/|~\/).*\.plugin$/

/** Those that connections use: all connections of a plugin share its process. By file, as it is, and by options. */
const plugins = new Map<string, Plugin>()

/** Folders laid out as Steampipe's own: Millrace's come first. */
export function steampipeFolders({ home, environment }: PluginPlaces): readonly string[] {
  const { STEAMPIPE_INSTALL_DIR: theirs = join(userHome(environment), '.steampipe') } = environment
  return [join(home, 'steampipe'), theirs]
}

/**
 * @param name a path, or a name as Steampipe takes it
 * @returns undefined where no such plugin is installed
 * @throws UserError when a file is named that is not there
 */
export async function locateSteampipePlugin(
  name: string,
  places: PluginPlaces,
): Promise<InstalledPlugin | undefined> {
  if (file.test(name)) {
    const path = resolve(places.home, name.replace(/^~(?=\/)/, userHome(places.environment)))
    await statOf(path)
    return { name, path }
  }
  const reference = parsePluginReference(name)
  return reference && installedPlugin(reference, steampipeFolders(places))
}

async function statOf(path: string): Promise<Stats> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true) throw new UserError(`there is no plugin at ${path}`, 2)
  return found
}

/** @throws UserError when the file is there no longer */
export async function steampipePluginAt(
  { name, path }: InstalledPlugin,
  options: PluginProcessOptions = {},
): Promise<Plugin> {
  const found = await statOf(path)
  // Another file in its place is another plugin: connections are opened once more.
  const key = JSON.stringify([path, found.ino, found.size, found.mtimeMs, options])
  const known = plugins.get(key)
  if (known !== undefined) return known
  // Not loaded where no such plugin is used.
  const { steampipePlugin } = await import('@millrace/plugin-steampipe/steampipe-plugin')
  const plugin = plugins.get(key) ?? steampipePlugin({ ...options, name, path })
  plugins.set(key, plugin)
  return plugin
}

function userHome({ HOME }: PluginPlaces['environment']): string {
  return HOME ?? homedir()
}
