/** `millrace connection add`: writes a new connection into the configuration, and tries it. */
import type { Plugin } from '@millrace/plugin-sdk'
import { checkConnectionNames } from '@millrace/sql-engine/catalog/connection-names'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { defaultConnections } from '../config/configuration.js'
import { isSecretName } from '../config/secret-names.js'
import { type Environment, readSettings, type Settings } from '../config/settings.js'
import { placeText } from '../config/syntax/located.js'
import { listenForInterruption } from '../interruption.js'
import { allInstalled } from '../plugins/installed.js'
import { loadPlugin } from '../plugins/load-plugin.js'
import { type ExitCode, UserError } from '../user-error.js'
import { addToFile, connectionsFile, type NewConnection } from './connections-file.js'
import { type SettingValues, settingsFault, typedValue } from './setting-values.js'
import { testConnections } from './test-connections.js'

export interface AddOptions {
  /** Undefined where it is to be asked for. */
  readonly connection: string | undefined
  readonly plugin: string | undefined
  /** `setting=value` */
  readonly set: readonly string[]
  /** `setting=VARIABLE`, of variables that hold the values. */
  readonly setFrom: readonly string[]
  /** Whether the new connection is tried. */
  readonly test: boolean
}

/**
 * Asks for what the options do not say, on a terminal.
 * @returns 1 where the connection is written and does not work
 * @throws UserError for what is wrong with the options; nothing is written then
 */
export async function addConnection(options: AddOptions, environment: Environment): Promise<0 | ExitCode> {
  const settings = await readSettings(environment)
  const connection = await newConnection(options, settings, environment)
  if (connection === undefined) {
    process.stdout.write('nothing was written\n')
    return 130
  }
  const kept = settings.connections === defaultConnections ? otherDefaults(connection.name) : []
  await addToFile(settings.home, [connection, ...kept])
  const file = connectionsFile(settings.home)
  process.stdout.write(`connection "${connection.name}" is written to ${file}\n`)
  if (kept.length > 0) {
    const names = kept.map(({ name }) => name).join(', ')
    process.stdout.write(`The connections that are there by default are written too: ${names}\n`)
  }
  return options.test ? testConnections([connection.name]) : 0
}

/** Once a file speaks of connections, those that are there by default would be there no more. */
function otherDefaults(name: string): NewConnection[] {
  return [...defaultConnections]
    .filter(([one]) => one !== name)
    .map(
      ([
        one,
        {
          settings: { plugin },
        },
      ]) => ({ name: one, plugin, settings: {} }),
    )
}

/** @returns undefined where somebody has left the questions */
async function newConnection(
  options: AddOptions,
  settings: Settings,
  environment: Environment,
): Promise<NewConnection | undefined> {
  const places = { home: settings.home, environment }
  const faultOf = (name: string) => nameFault(name, settings)
  const checkedName = (name: string) => {
    const fault = faultOf(name)
    if (fault !== undefined) throw new UserError(fault, 2)
    return name
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    if (options.plugin === undefined)
      throw new UserError('without a terminal to ask on, --plugin must name the plugin', 2)
    const plugin = await loadPlugin(options.plugin, places)
    const name = checkedName(options.connection ?? plugin.name)
    return {
      name,
      plugin: options.plugin,
      settings: checked(plugin, givenSettings(plugin, options, environment)),
    }
  }
  if (options.connection !== undefined) checkedName(options.connection)
  const { askName, askPlugin, askSettings, Cancelled } = await import('./ask-connection.js')
  const { signal, release } = listenForInterruption()
  try {
    const named =
      options.plugin ??
      (await askPlugin(
        (await allInstalled(places)).map(({ name }) => name),
        signal,
      ))
    const plugin = await loadPlugin(named, places)
    const given = givenSettings(plugin, options, environment)
    const name = options.connection ?? (await askName(named, faultOf, signal))
    return { name, plugin: named, settings: await askSettings(plugin, given, signal) }
  } catch (error) {
    if (error instanceof Cancelled) return undefined
    throw error
  } finally {
    release()
  }
}

function nameFault(name: string, { connections, faulty }: Settings): string | undefined {
  const known = connections === defaultConnections ? undefined : (connections.get(name) ?? faulty.get(name))
  if (known !== undefined) {
    const where = known.origin.place === undefined ? '' : `: ${placeText(known.origin.place)}`
    return `there is a connection "${name}" already${where}`
  }
  try {
    checkConnectionNames([
      { name, plugin: { name: '', description: '' }, tables: { kind: 'found', tables: [] } },
    ])
    return undefined
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return [error.message, error.detail].join(': ')
  }
}

function givenSettings(
  plugin: Plugin,
  { set, setFrom }: AddOptions,
  environment: Environment,
): SettingValues {
  let settings: SettingValues = {}
  const add = (name: string, text: string) => {
    const typed = typedValue(plugin, name, text, settings)
    if ('fault' in typed) throw new UserError(typed.fault, 2)
    settings = { ...settings, [name]: typed.value }
  }
  for (const given of set) {
    const [name, text] = assignment('--set', given)
    if (isSecretName(name)) {
      throw new UserError(
        `--set ${name} would show a secret to whoever lists processes, and leave it in the shell's history; --set-from ${name}=VARIABLE takes it from a variable of the environment`,
        2,
      )
    }
    add(name, text)
  }
  for (const given of setFrom) {
    const [name, variable] = assignment('--set-from', given)
    const text = environment[variable]
    if (text === undefined || text === '')
      throw new UserError(`--set-from ${name}: the variable ${variable} is not set`, 2)
    add(name, text)
  }
  return settings
}

function assignment(option: string, text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=')
  if (at < 1) throw new UserError(`${option} takes setting=value`, 2)
  return [text.slice(0, at), text.slice(at + 1)]
}

function checked(plugin: Plugin, settings: SettingValues): SettingValues {
  const fault = settingsFault(plugin, settings)
  if (fault !== undefined) throw new UserError(fault, 2)
  return settings
}
