/** Asks on the terminal for what a new connection needs. */
import { basename } from 'node:path'
import { isCancel, log, multiselect, password, select, text } from '@clack/prompts'
import type { Plugin } from '@millrace/plugin-sdk'
import { isSecretName } from '../config/secret-names.js'
import { readable } from '../output/column.js'
import { type PluginSetting, pluginSettings } from './plugin-settings.js'
import { type SettingValues, settingsFault, typedValue } from './setting-values.js'

/** That somebody has left a question by Ctrl-C. */
export class Cancelled extends Error {}

/** @param names of plugins, as connections can name them */
export async function askPlugin(names: readonly string[], signal: AbortSignal): Promise<string> {
  const options = names.map((value) => ({ value, label: readable(value) }))
  return answered(await select({ message: 'Which plugin?', options, maxItems: 12, signal }))
}

/** @param faultOf what is wrong with a name; undefined for nothing */
export async function askName(
  plugin: string,
  faultOf: (name: string) => string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const initialValue = basename(plugin).replace(/^millrace-plugin-|@.*$/g, '')
  const message = 'Its name, which is that of its schema?'
  return answered(
    await text({ message, initialValue, validate: (name) => faultOf(name ?? ''), signal }),
  ).trim()
}

/**
 * Asks for settings until the plugin takes them.
 * @param given those that nobody is to be asked for
 */
export async function askSettings(
  plugin: Plugin,
  given: SettingValues,
  signal: AbortSignal,
): Promise<SettingValues> {
  const open = pluginSettings(plugin).filter(({ name }) => !(name in given))
  const required = open.filter(({ isRequired }) => isRequired)
  const optional = open.filter(({ isRequired }) => !isRequired)
  for (;;) {
    let settings = given
    for (const setting of [...required, ...(await askWhich(optional, signal))]) {
      settings = { ...settings, ...(await askSetting(plugin, setting, settings, signal)) }
    }
    const fault = settingsFault(plugin, settings)
    if (fault === undefined) return settings
    log.error(readable(fault))
  }
}

async function askWhich(
  optional: readonly PluginSetting[],
  signal: AbortSignal,
): Promise<readonly PluginSetting[]> {
  if (optional.length === 0) return []
  const options = optional.map((setting) => ({
    value: setting,
    label: readable(setting.name),
    hint: plainText(setting.description),
  }))
  const message = 'Which settings do you want to give? (Space chooses, Enter goes on; none need to be)'
  return answered(await multiselect({ message, options, required: false, maxItems: 12, signal }))
}

async function askSetting(
  plugin: Plugin,
  { name, description }: PluginSetting,
  others: SettingValues,
  signal: AbortSignal,
): Promise<SettingValues> {
  const message = [readable(name), plainText(description)].filter(Boolean).join(': ')
  const read = (typed: string | undefined) => typedValue(plugin, name, typed ?? '', others)
  const validate = (typed: string | undefined) => {
    const value = read(typed)
    return 'fault' in value ? readable(value.fault) : undefined
  }
  const ask = isSecretName(name) ? password : text
  const value = read(answered(await ask({ message, validate, signal })))
  return 'fault' in value ? {} : { [name]: value.value }
}

/** What is Markdown in documents is plain on a terminal. */
function plainText(markdown: string): string {
  return readable(markdown.replaceAll('`', ''))
}

function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (isCancel(answer)) throw new Cancelled()
  return answer as Exclude<Answer, symbol>
}
