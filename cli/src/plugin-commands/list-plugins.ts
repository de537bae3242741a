/** `millrace plugin list`: the plugins that there are, and who uses them. */
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import { types } from 'pg'
import { readSettings } from '../config/settings.js'
import type { Row } from '../output/column.js'
import type { Format } from '../output/format-names.js'
import { printRows } from '../output/print-rows.js'
import { allInstalled, type Installed } from '../plugins/installed.js'
import { keyOf, type PluginUse, pluginUses } from './plugin-uses.js'

const { builtins } = types

const columns = ['plugin', 'kind', 'version', 'source', 'connections'].map((name) => ({
  name,
  type: builtins.TEXT,
}))

/** Nothing is loaded or asked. @throws UserError where the configuration cannot be read */
export async function listPlugins(output: Format): Promise<0> {
  const places = { home: defaultHome(process.env), environment: process.env }
  const [all, uses] = await Promise.all([
    allInstalled(places),
    readSettings(process.env).then((settings) => pluginUses(settings, places)),
  ])
  const rows = [...all.map((one) => rowOf(one, uses)), ...strangers(all, uses)]
  printRows(output, columns, rows)
  return 0
}

const kinds = { 'built-in': 'built-in', package: 'npm', steampipe: 'Steampipe' } as const

function rowOf(plugin: Installed, uses: readonly PluginUse[]): Row {
  const key = keyOf(plugin)
  const users = uses.filter((use) => use.key === key).map(({ connection }) => connection)
  return [plugin.name, kinds[plugin.kind], plugin.version ?? null, sourceOf(plugin), users.join(', ')]
}

function sourceOf(plugin: Installed): string {
  switch (plugin.kind) {
    case 'built-in':
      return 'Millrace'
    case 'package':
      return plugin.source.includes(':') ? plugin.source : plugin.path
    case 'steampipe':
      return plugin.path
  }
}

/** What connections name beside those that are installed: files by their paths, packages elsewhere, nothing at all. */
function strangers(all: readonly Installed[], uses: readonly PluginUse[]): Row[] {
  const known = new Set(all.map(keyOf))
  const byName = new Map<string, PluginUse[]>()
  for (const use of uses) {
    if (use.key !== undefined && known.has(use.key)) continue
    byName.set(use.name, [...(byName.get(use.name) ?? []), use])
  }
  return [...byName].map(([name, users]): Row => {
    const key = users[0]?.key
    const [kind, source] = strangerOf(key)
    return [name, kind, null, source, users.map(({ connection }) => connection).join(', ')]
  })
}

/** @param key as `pluginUses` has it */
function strangerOf(key: string | undefined): readonly [kind: string, source: string | null] {
  if (key === undefined) return ['not installed', null]
  if (key.startsWith('package ')) return ['npm', null]
  return key.startsWith('path ') ? ['path', key.slice('path '.length)] : ['Steampipe', key]
}
