/** Everything that a start needs to know, from the environment and the configuration's files. */
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import type { LevelWithSilent } from 'pino'
import type { z } from 'zod'
import { UserError } from '../user-error.js'
import { type Configuration, configurationOf, defaultConnections } from './configuration.js'
import { readDocuments } from './documents.js'
import { type Fault, faultText } from './faults.js'
import { type SettingName, type SettingValues, settingNames, settingTable } from './setting-table.js'
import { type AdoptedVariables, adoptSteampipeVariables } from './steampipe-variables.js'
import { type ConfigurationDocument, placeText } from './syntax/located.js'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ListenSettings {
  readonly host: string
  /** The port; 0 for any that is free. */
  readonly port: number
}

export interface Settings {
  /** The folder for all state, as an absolute path. */
  readonly home: string
  /** Every setting by its name. */
  readonly values: SettingValues
  /** Where settings come from that are not at their default: a place in a file, or a variable. */
  readonly origins: ReadonlyMap<SettingName, string>
  readonly listen: ListenSettings
  readonly tls: SettingValues['tls']
  /** The password that the environment gives; undefined for the home's own. */
  readonly password: string | undefined
  readonly connections: Configuration['connections']
  /** Connections with mistakes in them. */
  readonly faulty: Configuration['faulty']
  readonly plugins: Configuration['plugins']
  readonly users: Configuration['users']
  /** What has no meaning here, or another one, in a line each. */
  readonly notices: readonly string[]
  /** What was wrong and is as it was before, in a line each; only where there was something before. */
  readonly kept: readonly string[]
  /** The files that were read, by their paths. */
  readonly documents: ReadonlyMap<string, ConfigurationDocument>
}

/**
 * Reads the settings; the environment takes precedence over the files.
 * @param before what was read when all was well. What is wrong now is then as it was; without it, only a connection's
 *   own mistakes are survived.
 * @throws UserError that names the variable, or the place in the file
 */
export async function readSettings(environment: Environment, before?: Settings): Promise<Settings> {
  const home = defaultHome(environment)
  const adopted = adoptSteampipeVariables(environment)
  const variables = readVariables(adopted)
  const { configuration, kept } = withFormer(await readDocuments(home), before)
  const values: Record<string, unknown> = {}
  const origins = new Map<SettingName, string>()
  for (const name of settingNames) {
    const { variable = '', usual, schema } = settingTable[name] as SettingDefinitionOf
    const place = configuration.places.get(name)
    if (variables.has(name)) {
      values[name] = variables.get(name)
      origins.set(name, adopted.origins.get(variable) ?? variable)
    } else if (place !== undefined) {
      values[name] = configuration.values[name]
      origins.set(name, placeText(place))
    } else values[name] = schema.parse(usual)
  }
  // Each was checked by the schema of its name.
  const all = values as SettingValues
  const password = adopted.environment.MILLRACE_PASSWORD
  return {
    home,
    values: all,
    origins,
    listen: { host: all['listen.host'], port: all['listen.port'] },
    tls: all.tls,
    password: password === '' ? undefined : password,
    connections: configuration.connections,
    faulty: configuration.faulty,
    plugins: configuration.plugins,
    users: configuration.users,
    notices: [...adopted.notices, ...configuration.notices.map(faultText)],
    kept,
    documents: configuration.documents,
  }
}

type SettingDefinitionOf = {
  readonly variable?: string
  readonly usual: unknown
  readonly schema: z.ZodType
  readonly fromText?: (text: string) => unknown
  readonly secret?: boolean
}

/** Files and settings with mistakes as they were, where they were well before. */
function withFormer(
  documents: ReadonlyMap<string, ConfigurationDocument>,
  before: Settings | undefined,
): { readonly configuration: Configuration; readonly kept: readonly string[] } {
  const configuration = configurationOf(documents)
  if (before === undefined) {
    if (configuration.faults.length > 0) throw configurationError(configuration.faults)
    return { configuration, kept: [] }
  }
  const kept = configuration.faults.map((fault) => `${faultText(fault)}; what was there before holds`)
  const broken = filesOf(configuration.faults, documents)
  const repaired = new Map(
    [...documents].flatMap(([path, document]): [string, ConfigurationDocument][] => {
      if (!broken.has(path)) return [[path, document]]
      const former = before.documents.get(path)
      return former === undefined ? [] : [[path, former]]
    }),
  )
  const usable = broken.size === 0 ? configuration : configurationOf(repaired)
  // Together, files that are well by themselves may still disagree.
  if (usable.faults.length > 0) throw configurationError(usable.faults)
  const { connections, faulty, more } = formerConnections(usable, before)
  return { configuration: { ...usable, connections, faulty }, kept: [...kept, ...more] }
}

/** The files that mistakes stand in; all of them where a mistake has no place. */
function filesOf(
  faults: readonly Fault[],
  documents: ReadonlyMap<string, ConfigurationDocument>,
): ReadonlySet<string> {
  return new Set(faults.flatMap(({ place }) => (place === undefined ? [...documents.keys()] : [place.file])))
}

/** A connection with a mistake goes on as it was. */
function formerConnections(
  { connections, faulty }: Configuration,
  before: Settings,
): Pick<Configuration, 'connections' | 'faulty'> & { readonly more: readonly string[] } {
  const good = new Map(connections)
  const bad = new Map(faulty)
  const more: string[] = []
  for (const [name, { fault }] of faulty) {
    const former = before.connections.get(name)
    if (former === undefined) continue
    good.set(name, former)
    bad.delete(name)
    more.push(`${fault}; connection "${name}" is as it was before`)
  }
  return { connections: good, faulty: bad, more }
}

function configurationError(faults: readonly Fault[]): UserError {
  return new UserError(faults.map(faultText).join('; '), 2)
}

/** Settings with the connections that there are where no file speaks of any. */
export function withDefaultConnections(settings: Settings): Settings {
  return { ...settings, connections: defaultConnections, faulty: new Map() }
}

/**
 * The lowest level that is logged, as far as the environment says.
 * @throws UserError that names the variable
 */
export function readLogLevel(environment: Environment): LevelWithSilent {
  const level = readVariables(adoptSteampipeVariables(environment)).get('log')
  // Checked by the schema of its name.
  return (level ?? settingTable.log.usual) as SettingValues['log']
}

/** The settings that the environment gives. */
function readVariables({ environment, origins }: AdoptedVariables): ReadonlyMap<SettingName, unknown> {
  const values = new Map<SettingName, unknown>()
  for (const name of settingNames) {
    const definition = settingTable[name] as SettingDefinitionOf
    const { variable = '', schema, fromText = (text: string) => text, secret = false } = definition
    // An empty variable was most likely meant to be unset.
    const text = environment[variable]
    if (text === undefined || text === '') continue
    const parsed = schema.safeParse(fromText(text))
    if (parsed.success) values.set(name, parsed.data)
    else {
      const is = secret ? 'cannot be used' : `is "${text}"`
      const told = `${origins.get(variable) ?? variable} ${is}: ${parsed.error.issues[0]?.message}`
      throw new UserError(told, 2)
    }
  }
  return values
}
