/** What a home's settings are, for the server's system tables. */
import type { ConfigurationFacts, SettingFact } from '@millrace/sql-engine/report/configuration-facts'
import {
  isSecretSetting,
  type SettingDefinition,
  settingNames,
  settingTable,
} from './config/setting-table.js'
import type { Settings } from './config/settings.js'

/**
 * @param started the settings that the server has started with
 * @param now those that were read last: what takes effect at once is as these say
 */
export function configurationFacts(started: Settings, now: Settings): ConfigurationFacts {
  const settings = settingNames.map((name): SettingFact => {
    const { usual, description, reloads = false }: SettingDefinition = settingTable[name]
    const { values, origins } = reloads ? now : started
    return {
      name,
      value: isSecretSetting(name) && values[name] !== null ? '********' : textOf(values[name]),
      usual: textOf(usual),
      source: origins.get(name) ?? 'default',
      description,
    }
  })
  const { home, password } = started
  return {
    settings: [
      {
        name: 'home',
        value: home,
        usual: null,
        source: process.env.MILLRACE_HOME ? 'MILLRACE_HOME' : 'default',
        description: 'The folder for all state.',
      },
      {
        name: 'password',
        value: '********',
        usual: null,
        source: password === undefined ? 'default' : 'MILLRACE_PASSWORD',
        description: 'The password of clients, in the file password of the home.',
      },
      ...settings,
    ],
    limiters: now.plugins.flatMap(({ label, plugin, limiters, place }) =>
      Object.entries(limiters).map(([name, limiter]) => ({
        name,
        plugin,
        instance: label,
        bucketSize: limiter.bucket_size,
        fillRate: limiter.fill_rate,
        maxConcurrency: limiter.max_concurrency,
        scope: limiter.scope ?? [],
        where: limiter.where,
        file: place.file,
        firstLine: place.line,
      })),
    ),
  }
}

/** Texts as they are, other values as JSON. No number stands for no limit: it is -1 in files. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value === Number.POSITIVE_INFINITY) return '-1'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
