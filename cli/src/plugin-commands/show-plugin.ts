/** `millrace plugin show`: what a plugin says of itself. */
import type { Plugin, Table } from '@millrace/plugin-sdk'
import { CallLimiters } from '@millrace/sql-engine/fetch/call-limiters'
import { systemClock } from '@millrace/sql-engine/fetch/clock'
import { openConnections } from '@millrace/sql-engine/fetch/open-connections'
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import { readLogLevel, readSettings, type Settings } from '../config/settings.js'
import { loadConnections } from '../connections/configured.js'
import { listenForInterruption } from '../interruption.js'
import { createLog, logProcessWarnings } from '../log.js'
import { readable } from '../output/column.js'
import { allInstalled, installedByName } from '../plugins/installed.js'
import { loadPlugin } from '../plugins/load-plugin.js'
import { containPluginFailures } from '../plugins/plugin-failures.js'
import type { PluginPlaces } from '../plugins/steampipe-plugins.js'
import { type ExitCode, UserError } from '../user-error.js'
import { keyOf, type PluginUse, pluginUses } from './plugin-uses.js'

/**
 * A plugin of Steampipe is started for it, and stopped again.
 * @throws UserError where there is none of the name, or it cannot be loaded
 */
export async function showPlugin(name: string): Promise<0 | ExitCode> {
  const { signal, release } = listenForInterruption()
  try {
    const log = createLog(readLogLevel(process.env))
    logProcessWarnings(log)
    containPluginFailures(log)
    const places = { home: defaultHome(process.env), environment: process.env }
    const installed = installedByName(name, await allInstalled(places))
    // A version among several is named in full.
    const plugin = await loadPlugin(installed.length === 1 ? (installed[0]?.name ?? name) : name, places)
    const settings = await readSettings(process.env)
    const all = await pluginUses(settings, places)
    const key = installed[0] && keyOf(installed[0])
    const uses = all.filter((use) => use.name === name || (key !== undefined && use.key === key))
    const tables = await tablesOf(plugin, settings, uses, places, signal)
    const facts: Readonly<Record<string, string | undefined>> = {
      version: installed[0]?.version ?? plugin.version,
      path: installed[0] !== undefined && 'path' in installed[0] ? installed[0].path : undefined,
      connections: uses.map(({ connection }) => connection).join(', ') || 'none',
      tables: String(tables.length),
    }
    process.stdout.write(`${readable(plugin.name)}: ${readable(plugin.description)}\n`)
    for (const [fact, value] of Object.entries(facts)) {
      if (value !== undefined) process.stdout.write(`  ${fact.padEnd(11)}  ${readable(value)}\n`)
    }
    process.stdout.write(`${tables.map(textOf).join('')}`)
    return 0
  } catch (error) {
    if (signal.aborted) return 130
    throw error
  } finally {
    release()
  }
}

/** Where tables depend on settings, they are those of the first connection that uses the plugin. */
async function tablesOf(
  plugin: Plugin,
  settings: Settings,
  uses: readonly PluginUse[],
  places: PluginPlaces,
  signal: AbortSignal,
): Promise<readonly Table[]> {
  if (typeof plugin.tables !== 'function') return plugin.tables
  const first = uses.find(({ connection }) => {
    const configured = settings.connections.get(connection)
    return configured !== undefined && !('connections' in configured.settings)
  })
  const connections = new Map(
    [...settings.connections].filter(([connection]) => connection === first?.connection),
  )
  const { configured } =
    first === undefined
      ? { configured: [{ name: 'plugin_show', plugin, settings: {} }] }
      : await loadConnections({ ...settings, connections, faulty: new Map() }, places.environment)
  const open = await openConnections(configured, {
    environment: places.environment,
    // What is wrong is told below.
    log: createLog('silent'),
    limiters: new CallLimiters(systemClock),
    onSchemaChange: () => {},
    signal,
  })
  try {
    const [tables] = [...open.connections, ...open.failed].map((one) => one.tables)
    if (tables?.kind === 'found') return tables.tables ?? []
    const { message, hint } = tables?.error ?? { message: 'it cannot be opened', hint: undefined }
    const said = [message, hint].filter(Boolean).join('. ')
    throw new UserError(`${plugin.name} does not tell its tables: ${said}`, 1)
  } finally {
    await Promise.allSettled(open.connections.map(({ connection }) => connection.close()))
  }
}

function textOf({ name, description, keys, columns }: Table): string {
  const lines = Object.entries(keys).flatMap(([column, key]) =>
    key === undefined
      ? []
      : [`    ${readable(column)} ${key.operators.join(' ')}${requirements[key.require ?? 'optional']}\n`],
  )
  const count = Object.keys(columns).length
  const about = description === '' ? '' : `: ${readable(description)}`
  return `\n${readable(name)}${about} (${count} ${count === 1 ? 'column' : 'columns'})\n${lines.join('')}`
}

const requirements = {
  required: ' (required)',
  'any-of': ' (one of those marked so is required)',
  optional: '',
} as const
