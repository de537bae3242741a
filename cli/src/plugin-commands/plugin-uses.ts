/** Which connections of the configuration use which plugin. */
import type { Settings } from '../config/settings.js'
import { placeText } from '../config/syntax/located.js'
import type { Installed } from '../plugins/installed.js'
import { locatePlugin } from '../plugins/load-plugin.js'
import type { PluginPlaces } from '../plugins/steampipe-plugins.js'
import { UserError } from '../user-error.js'

export interface PluginUse {
  readonly connection: string
  /** File and line; undefined for a connection that no file names. */
  readonly place: string | undefined
  /** What the connection calls it. */
  readonly name: string
  /** That it is found, and where; undefined where there is none. */
  readonly key: string | undefined
}

/** Of every connection, those with mistakes in them too. */
export async function pluginUses(
  { connections, faulty }: Pick<Settings, 'connections' | 'faulty'>,
  places: PluginPlaces,
): Promise<readonly PluginUse[]> {
  const named = [
    ...[...connections].map(([connection, { settings, origin }]) => ({
      connection,
      name: settings.plugin,
      origin,
    })),
    ...[...faulty].flatMap(([connection, { plugin, origin }]) =>
      plugin === undefined ? [] : [{ connection, name: plugin, origin }],
    ),
  ]
  const keys = new Map<string, Promise<string | undefined>>()
  return Promise.all(
    named.map(async ({ connection, name, origin }) => {
      const key = keys.get(name) ?? keyOfName(name, places)
      keys.set(name, key)
      const place = origin.place === undefined ? undefined : placeText(origin.place)
      return { connection, name, place, key: await key }
    }),
  )
}

/** The same for a plugin as for every name that leads to it. */
export function keyOf(plugin: Installed): string {
  return plugin.kind === 'steampipe' ? plugin.path : `${plugin.kind} ${plugin.name}`
}

async function keyOfName(name: string, places: PluginPlaces): Promise<string | undefined> {
  try {
    const located = await locatePlugin(name, places)
    if (located === undefined) return undefined
    return located.kind === 'steampipe' ? located.path : `${located.kind} ${located.name}`
  } catch (error) {
    // A path without a file.
    if (error instanceof UserError) return undefined
    throw error
  }
}
