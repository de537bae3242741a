/** What somebody has typed for settings of a connection, as the values that its plugin takes. */
import type { Plugin } from '@millrace/plugin-sdk'
import { commonSettingNames, connectionSchema } from '../config/connection-schema.js'
import { didYouMean } from '../config/did-you-mean.js'
import { namesAt } from '../config/faults.js'

export type SettingValues = Readonly<Record<string, unknown>>

/** A value, or what is wrong with the text, in words that do not repeat it: it may be a secret. */
export type TypedValue = { readonly value: unknown } | { readonly fault: string }

/**
 * Texts stand for themselves; where the setting does not take one, for the JSON that they are, or for a list, with commas
 * between.
 * @param others settings that are there already
 */
export function typedValue(plugin: Plugin, name: string, text: string, others: SettingValues): TypedValue {
  const unknown = unknownSetting(plugin, name)
  if (unknown !== undefined) return { fault: unknown }
  const faults = [text, ...json(text), text.split(',').map((part) => part.trim())].map((value) => {
    const [fault] = issuesOf(plugin, { ...others, [name]: value }).filter(({ path }) => path[0] === name)
    return { value, fault }
  })
  const fitting = faults.find(({ fault }) => fault === undefined)
  if (fitting !== undefined) return { value: fitting.value }
  // A number that is too large says more of it than that a text is no number.
  const told = faults.find(({ fault }) => fault?.code !== 'invalid_type') ?? faults[0]
  return { fault: `${name}: ${told?.fault?.message}` }
}

/** What is wrong with all settings together; undefined for nothing. */
export function settingsFault(plugin: Plugin, settings: SettingValues): string | undefined {
  const [issue] = issuesOf(plugin, settings)
  return issue && [issue.path.join('.'), issue.message].filter(Boolean).join(': ')
}

function unknownSetting(plugin: Plugin, name: string): string | undefined {
  const known = [...namesAt(plugin.config), ...commonSettingNames.filter((common) => common !== 'plugin')]
  const isTaken =
    known.includes(name) || !issuesOf(plugin, { [name]: '' }).some(({ keys }) => keys?.includes(name))
  if (isTaken && name !== 'plugin') return undefined
  return `there is no setting "${name}"${didYouMean(name, known)}`
}

interface Issue {
  readonly code: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** Of settings that there are not. */
  readonly keys?: readonly string[]
}

function issuesOf(plugin: Plugin, settings: SettingValues): readonly Issue[] {
  const isCommon = ([name]: readonly [string, unknown]) => commonSettingNames.includes(name)
  const entries = Object.entries(settings)
  const common = connectionSchema.safeParse({ ...settings, plugin: plugin.name })
  const own = plugin.config.safeParse(Object.fromEntries(entries.filter((entry) => !isCommon(entry))))
  return [...(common.error?.issues ?? []), ...(own.error?.issues ?? [])]
}

function json(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)]
  } catch {
    return []
  }
}
