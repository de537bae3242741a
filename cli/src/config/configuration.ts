/** The configuration: what the files of a home say, in any of their syntaxes. */

import type { z } from 'zod'
import type { PluginProcessOptions } from '../plugins/steampipe-plugins.js'
import { aggregatorSchema, type ConnectionSettings, connectionSchema } from './connection-schema.js'
import { didYouMean } from './did-you-mean.js'
import { readDocuments } from './documents.js'
import { type Fault, faultText, schemaFaults } from './faults.js'
import { type MergedDocuments, mergeDocuments, type NamedConnection } from './merge-documents.js'
import {
  noLimits,
  type PluginBlock,
  type PluginLimits,
  pluginName,
  readPluginBlock,
} from './plugin-blocks.js'
import { type SettingName, type SettingValues, settingNames, settingTable } from './setting-table.js'
import {
  type ConfigurationDocument,
  type Located,
  type Place,
  placeText,
  plainValue,
} from './syntax/located.js'
import { type ConfiguredUser, readUsers } from './users.js'

/** A connection that can be opened, as far as its plugin does not object. */
export interface ConfiguredSettings {
  readonly settings: ConnectionSettings
  /** What the plugin's block says for those that do not say otherwise. */
  readonly limits: PluginLimits
  /** What the block says of the plugin's process, if it is one of Steampipe's own. */
  readonly process: PluginProcessOptions | undefined
  /** The label of the plugin's block; undefined without one. */
  readonly instance: string | undefined
  readonly origin: ConnectionOrigin
}

/** Where a connection stands; undefined places for the ones that are there without any file. */
export interface ConnectionOrigin {
  readonly located: Located | undefined
  readonly place: Place | undefined
  readonly lastLine: number | undefined
}

/** A connection with a mistake in it. */
export interface FaultyConnection {
  /** As far as it can be known. */
  readonly plugin: string | undefined
  readonly fault: string
  readonly origin: ConnectionOrigin
}

export interface Configuration {
  /** Settings that files name. */
  readonly values: Partial<SettingValues>
  /** Where these stand. */
  readonly places: ReadonlyMap<SettingName, Place>
  readonly connections: ReadonlyMap<string, ConfiguredSettings>
  readonly faulty: ReadonlyMap<string, FaultyConnection>
  readonly plugins: readonly PluginBlock[]
  readonly users: ReadonlyMap<string, ConfiguredUser>
  /** Mistakes that concern more than one connection. */
  readonly faults: readonly Fault[]
  /** What has no meaning here, or another one. */
  readonly notices: readonly Fault[]
  /** The files, by their paths. */
  readonly documents: ReadonlyMap<string, ConfigurationDocument>
}

const noOrigin: ConnectionOrigin = { located: undefined, place: undefined, lastLine: undefined }

/** The connections where no file speaks of any. */
export const defaultConnections: Configuration['connections'] = new Map(
  ['aws', 'ipstack', 'net', 'abuseipdb', 'shodan'].map((plugin) => [
    plugin,
    { settings: { plugin }, limits: noLimits, process: undefined, instance: undefined, origin: noOrigin },
  ]),
)

/**
 * Reads the home's files; where there are none, everything is at its default.
 * @throws UserError where a file is there and cannot be read
 */
export async function readConfiguration(home: string): Promise<Configuration> {
  return configurationOf(await readDocuments(home))
}

/** @param documents by their files' paths */
export function configurationOf(documents: ReadonlyMap<string, ConfigurationDocument>): Configuration {
  const merged = mergeDocuments(documents.values())
  const faults = [...merged.faults]
  const notices = [...merged.notices]
  const { values, places } = readValues(merged, faults)
  const plugins: PluginBlock[] = []
  for (const [label, { value }] of merged.plugins) {
    const read = readPluginBlock(label, value)
    if ('faults' in read) faults.push(...read.faults)
    else {
      plugins.push(read.block)
      notices.push(...read.block.notices)
    }
  }
  const connections = new Map<string, ConfiguredSettings>()
  const faulty = new Map<string, FaultyConnection>()
  for (const [name, named] of merged.connections ?? []) {
    const read = readConnection(name, named, plugins)
    if ('fault' in read) faulty.set(name, read)
    else connections.set(name, read)
  }
  const shown = merged.connections ?? defaultConnections
  const named = readUsers(merged.users, new Set(shown.keys()))
  faults.push(...named.faults)
  return {
    values,
    places,
    connections: merged.connections === undefined ? defaultConnections : connections,
    faulty,
    plugins,
    users: named.users,
    faults,
    notices,
    documents,
  }
}

function readValues(
  { settings }: MergedDocuments,
  faults: Fault[],
): Pick<Configuration, 'values' | 'places'> {
  const values: Record<string, unknown> = {}
  const places = new Map<SettingName, Place>()
  for (const name of settingNames) {
    const entry = settings.get(name)
    if (entry === undefined) continue
    const schema: z.ZodType = settingTable[name].schema
    const parsed = schema.safeParse(plainValue(entry.value))
    if (!parsed.success) {
      faults.push(...schemaFaults(parsed.error, schema, entry.value, name))
      continue
    }
    values[name] = parsed.data
    places.set(name, entry.place)
  }
  // Each was checked by the schema of its name.
  return { values: values as Partial<SettingValues>, places }
}

function readConnection(
  name: string,
  { entry, fault }: NamedConnection,
  blocks: readonly PluginBlock[],
): ConfiguredSettings | FaultyConnection {
  const located = entry.value
  const origin = {
    located,
    place: entry.place,
    lastLine: located.kind === 'map' ? located.lastLine : undefined,
  }
  const value = plainValue(located)
  const named = pluginOf(located, value, blocks)
  const faultOf = (text: string): FaultyConnection => ({ plugin: named.plugin, fault: text, origin })
  if (fault !== undefined) return faultOf(fault)
  if (named.fault !== undefined)
    return faultOf(`${placeText(entry.place)}: connection "${name}": ${named.fault}`)
  const schema: z.ZodType<ConnectionSettings> =
    Object(value).type === 'aggregator' ? aggregatorSchema : connectionSchema
  const parsed = schema.safeParse(
    named.plugin === undefined ? value : { ...Object(value), plugin: named.plugin },
  )
  if (!parsed.success) {
    const [first] = schemaFaults(parsed.error, schema, located, `connection "${name}"`)
    return faultOf(first === undefined ? String(parsed.error) : faultText(first))
  }
  const stray = strayReference(located)
  if (stray !== undefined) {
    // Without the words: they may be an access key.
    return faultOf(`${placeText(stray.place)}: connection "${name}": texts stand in double quotes`)
  }
  return {
    settings: parsed.data,
    limits: named.block?.limits ?? noLimits,
    process: named.block?.process,
    instance: named.block?.label,
    origin,
  }
}

/** The plugin that a connection names, by its own name or by a block's. */
function pluginOf(
  connection: Located,
  value: unknown,
  blocks: readonly PluginBlock[],
): { readonly plugin?: string; readonly block?: PluginBlock | undefined; readonly fault?: string } {
  const written = connection.kind === 'map' ? connection.entries.get('plugin')?.value : undefined
  if (written?.kind === 'reference') {
    const [kind, label = ''] = written.names
    const block = blocks.find((one) => one.label === label)
    if (kind === 'plugin' && block !== undefined) return { plugin: block.plugin, block }
    const labels = blocks.map((one) => one.label)
    return { fault: `there is no block plugin "${label}"${didYouMean(label, labels)}` }
  }
  const { plugin } = Object(value)
  if (typeof plugin !== 'string') return {}
  const name = pluginName(plugin)
  const own = blocks.filter((block) => block.plugin === name)
  return {
    plugin: name,
    block: own.find(({ label }) => label === plugin) ?? (own.length === 1 ? own[0] : undefined),
  }
}

/** A reference to another block, which means something for the plugin only. */
function strayReference(located: Located): Extract<Located, { kind: 'reference' }> | undefined {
  if (located.kind === 'reference') return located
  const inner =
    located.kind === 'list'
      ? located.items
      : located.kind === 'map'
        ? [...located.entries].flatMap(([name, { value }]) =>
            name === 'plugin' && value.kind === 'reference' ? [] : [value],
          )
        : []
  for (const one of inner) {
    const found = strayReference(one)
    if (found !== undefined) return found
  }
  return undefined
}
