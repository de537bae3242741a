/** Makes of a home's settings what the engine opens: each connection with its plugin. */
import type { Plugin } from '@millrace/plugin-sdk'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import type { ConfiguredConnection, ConnectionAbout } from '@millrace/sql-engine/fetch/open-connections'
import type { ConfiguredSettings, ConnectionOrigin, FaultyConnection } from '../config/configuration.js'
import { commonSettingNames, isAggregator } from '../config/connection-schema.js'
import { schemaFaults } from '../config/faults.js'
import { SecretReader } from '../config/secret-sources.js'
import type { Settings } from '../config/settings.js'
import { emptyMap, placeText } from '../config/syntax/located.js'
import type { PluginPlaces, PluginProcessOptions } from '../plugins/steampipe-plugins.js'
import { UserError } from '../user-error.js'

export interface LoadedConnections {
  readonly configured: readonly ConfiguredConnection[]
  /** What was wrong and is as it was before, in a line each. */
  readonly kept: readonly string[]
}

/**
 * A connection with a mistake in it, or whose plugin cannot be loaded, keeps no other from being opened, and says so
 * when it is asked.
 * @param environment where plugins of Steampipe may be
 * @param before what was opened last: a connection that is wrong now goes on as it was
 */
export async function loadConnections(
  { connections, faulty, home }: Settings,
  environment: PluginPlaces['environment'],
  before?: LoadedConnections,
): Promise<LoadedConnections> {
  const { loadCompanion, loadPlugin } = await import('../plugins/load-plugin.js')
  const places = { home, environment }
  const secrets = new SecretReader(places)
  const pluginOf = oncePerPlugin((name, process) => loadPlugin(name, places, process))
  const companionOf = oncePerPlugin((name, process) => loadCompanion(name, places, process))
  const loaded = await Promise.all([
    ...[...connections].map(async ([name, one]) => {
      const { settings, process, origin } = one
      const [plugin, companion] = await Promise.all([
        pluginOf(settings.plugin, process),
        // Those that are there by default do without: starting Millrace would start many processes.
        origin.place === undefined ? undefined : companionOf(settings.plugin, process),
      ])
      try {
        const known = await secrets.resolved(`connection "${name}"`, settings)
        return load(name, { ...one, settings: known }, plugin, companion)
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        const where = origin.place === undefined ? '' : ` (${placeText(origin.place)})`
        return failed(name, { plugin: settings.plugin, fault: `${error.message}${where}`, origin }, plugin)
      }
    }),
    ...[...faulty].map(async ([name, one]) =>
      failed(name, one, one.plugin === undefined ? undefined : await pluginOf(one.plugin)),
    ),
  ])
  const former = new Map(before?.configured.map((one) => [one.name, one]))
  const kept: string[] = []
  const configured = loaded.map((one) => {
    const earlier = former.get(one.name)
    if (!('error' in one) || earlier === undefined || 'error' in earlier) return one
    kept.push(`${one.error.message}; connection "${one.name}" is as it was before`)
    return earlier
  })
  return { configured, kept }
}

/** Connections of one plugin, of which there may be a thousand, have it looked for once. */
function oncePerPlugin<Loaded>(
  load: (name: string, process: PluginProcessOptions | undefined) => Promise<Loaded>,
): (name: string, process?: PluginProcessOptions) => Promise<Loaded | UserError> {
  const known = new Map<string, Promise<Loaded | UserError>>()
  return (name, process) => {
    const key = JSON.stringify([name, process])
    const loading = known.get(key) ?? load(name, process).catch(orUserError)
    known.set(key, loading)
    return loading
  }
}

function orUserError(error: unknown): UserError {
  if (error instanceof UserError) return error
  throw error
}

/** @param companion where it cannot be loaded, the connection goes on without it and says so */
function load(
  name: string,
  { settings: all, limits: pluginLimits, origin, instance }: ConfiguredSettings,
  plugin: Plugin | UserError,
  companion: Plugin | UserError | undefined,
): ConfiguredConnection {
  const about = aboutOf(origin, instance)
  if (plugin instanceof UserError) {
    const error = new DatabaseError(plugin.message, { sqlState: 'F0000', cause: plugin })
    return { name, plugin: { name: all.plugin, description: '' }, error, about }
  }
  const isHidden = all.import_schema === 'disabled'
  if (isAggregator(all)) {
    const { connections: members, on_member_failure: onMemberFailure } = all
    return { name, plugin, members, onMemberFailure, isHidden, about }
  }
  const { plugin: _, import_schema: __, cache_ttl, max_concurrency, rate_limits, call_timeout, ...more } = all
  const { max_answer_mb, ignore_error_codes, ignore_error_messages, on_failure, ...settings } = more
  const parsed = attempt(() => plugin.config.safeParse(settings))
  if (parsed === undefined) {
    const fault = `connection "${name}" cannot be opened: the plugin ${plugin.name} fails on its settings`
    return failed(name, { plugin: plugin.name, origin, fault }, plugin)
  }
  if (!parsed.success) {
    const located = origin.located ?? emptyMap('')
    const [first] = schemaFaults(parsed.error, plugin.config, located, '', commonSettingNames)
    const what = `connection "${name}" has settings that the plugin ${plugin.name} does not take`
    const where = origin.place === undefined ? '' : ` (${placeText(first?.place ?? origin.place)})`
    return failed(name, { plugin: plugin.name, origin, fault: `${what}: ${first?.message}${where}` }, plugin)
  }
  const limits = {
    maxConcurrency: max_concurrency ?? pluginLimits.maxConcurrency,
    rates: { ...pluginLimits.rates, ...rate_limits },
    callTimeout: milliseconds(call_timeout),
    maxAnswerBytes: max_answer_mb === undefined ? undefined : Math.round(max_answer_mb * 1024 ** 2),
  }
  const ignored = { codes: ignore_error_codes, messages: ignore_error_messages }
  const lacks = companion instanceof UserError ? [companion.message] : []
  return {
    name,
    plugin,
    companion: companion instanceof UserError ? undefined : companion,
    settings,
    cacheTtl: milliseconds(cache_ttl),
    limits,
    ignored,
    onFailure: on_failure,
    isHidden,
    about: { ...about, notices: [...lacks, ...(attempt(() => plugin.remarks?.(parsed.data)) ?? [])] },
  }
}

/** @returns undefined where the plugin throws: it may be written in JavaScript, and by anybody */
function attempt<Result>(call: () => Result): Result | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}

/** @param plugin of which it would be; undefined where that is not known */
function failed(
  name: string,
  { plugin: pluginName = '', fault, origin }: FaultyConnection,
  plugin: Plugin | UserError | undefined,
): ConfiguredConnection {
  const error = new DatabaseError(fault, {
    sqlState: 'F0000', // config_file_error
    hint: 'Mend the configuration; a server that watches it, or gets SIGHUP, reads it again.',
  })
  const about = aboutOf(origin, undefined)
  if (plugin === undefined || plugin instanceof UserError) {
    return { name, plugin: { name: pluginName, description: '' }, error, about }
  }
  const { tables } = plugin
  return { name, plugin, error, about, tables: typeof tables === 'function' ? undefined : tables }
}

function aboutOf({ place, lastLine }: ConnectionOrigin, instance: string | undefined): ConnectionAbout {
  return {
    file: place?.file,
    firstLine: place?.line,
    lastLine: lastLine ?? place?.line,
    instance,
    notices: [],
  }
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000
}
