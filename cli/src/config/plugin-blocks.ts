/**
 * What a configuration says of plugins: blocks `plugin "aws" { … }`, with limiters as Steampipe has them.
 * (https://steampipe.io/docs/guides/limiter)
 */

import type { RateLimiter } from '@millrace/plugin-steampipe/protocol/connection-messages'
import { z } from 'zod'
import { builtIn } from '../plugins/built-in-plugins.js'
import type { PluginProcessOptions } from '../plugins/steampipe-plugins.js'
import type { Fault } from './faults.js'
import { schemaFaults } from './faults.js'
import { type Located, type Place, placeOf, plainValue } from './syntax/located.js'

const limiterSchema = z.strictObject({
  max_concurrency: z.int().min(1).max(1000).optional(),
  /** Calls that may be made at once, after a pause. */
  bucket_size: z.int().min(1).optional(),
  /** Calls a second. */
  fill_rate: z.number().positive().max(10_000).optional(),
  /** What each has a bucket of its own. */
  scope: z.array(z.string().min(1)).optional(),
  /** Which calls are meant. */
  where: z.string().optional(),
})

type Limiter = z.infer<typeof limiterSchema>

const blockSchema = z.strictObject({
  /** The plugin, if it is not the block's name. */
  source: z.string().min(1).optional(),
  memory_max_mb: z.number().positive().optional(),
  start_timeout: z.number().positive().optional(),
  limiters: z.record(z.string(), limiterSchema).optional(),
})

/** Limits of a plugin's connections that do not say otherwise. */
export interface PluginLimits {
  readonly maxConcurrency: number | undefined
  /** Calls a second, by the API's name of the call. */
  readonly rates: Readonly<Record<string, number>>
}

export interface PluginBlock {
  readonly label: string
  /** The plugin's name, as Millrace has it. */
  readonly plugin: string
  readonly limits: PluginLimits
  readonly limiters: Readonly<Record<string, Limiter>>
  /** For a plugin of Steampipe's own, which is a process of its own, with limiters of its own. */
  readonly process: PluginProcessOptions
  readonly place: Place
  /** What of it has no effect. */
  readonly notices: readonly Fault[]
}

/**
 * The plugin that Steampipe's name means: for `turbot/aws@^1.0` or `hub.steampipe.io/plugins/turbot/aws@latest`,
 * Millrace's own `aws`. Where there is none of the name, what was written: it may be a plugin of Steampipe's own.
 */
export function pluginName(written: string): string {
  const [short = ''] = written
    .replace(/^hub\.steampipe\.io\/plugins\//, '')
    .replace(/^turbot\//, '')
    .split('@')
  return builtIn.has(short) ? short : written
}

/** @returns the block, or what is wrong with it */
export function readPluginBlock(
  label: string,
  located: Located,
): { readonly block: PluginBlock } | { readonly faults: readonly Fault[] } {
  const parsed = blockSchema.safeParse(plainValue(located))
  if (!parsed.success)
    return { faults: schemaFaults(parsed.error, blockSchema, located, `plugin "${label}"`) }
  const { source = label, limiters = {}, memory_max_mb, start_timeout } = parsed.data
  const plugin = pluginName(source)
  const process = { memoryMb: memory_max_mb, rateLimiters: rateLimiters(limiters) }
  if (!builtIn.has(plugin)) {
    const block = { label, plugin, limits: noLimits, limiters, process, place: located.place, notices: [] }
    return { block }
  }
  const notices: Fault[] = []
  const note = (path: readonly string[], message: string) =>
    notices.push({ place: placeOf(located, path), message: `plugin "${label}": ${message}` })
  for (const [name, value] of Object.entries({ memory_max_mb, start_timeout })) {
    if (value === undefined) continue
    note([name], `${name} has no effect on Millrace's own plugins, which are no processes`)
  }
  const all = Object.entries(limiters).map(([name, limiter]) =>
    limitsOf(limiter, (message) => note(['limiters', name], `limiter "${name}" ${message}`)),
  )
  return {
    block: {
      label,
      plugin,
      process,
      limits: all.reduce(lowest, noLimits),
      limiters,
      place: located.place,
      notices,
    },
  }
}

function rateLimiters(limiters: Readonly<Record<string, Limiter>>): readonly RateLimiter[] {
  return Object.entries(limiters).map(([name, limiter]) => ({
    name,
    fillRate: limiter.fill_rate,
    bucketSize: limiter.bucket_size,
    maxConcurrency: limiter.max_concurrency,
    scope: limiter.scope,
    where: limiter.where,
  }))
}

export const noLimits: PluginLimits = { maxConcurrency: undefined, rates: {} }

function lowest(one: PluginLimits, other: PluginLimits): PluginLimits {
  const rates: Record<string, number> = { ...one.rates }
  for (const [name, rate] of Object.entries(other.rates)) rates[name] = Math.min(rates[name] ?? rate, rate)
  const ceilings = [one.maxConcurrency, other.maxConcurrency].filter((ceiling) => ceiling !== undefined)
  return { maxConcurrency: ceilings.length === 0 ? undefined : Math.min(...ceilings), rates }
}

/** @param note called with what of it holds differently, or not at all */
function limitsOf(limiter: Limiter, note: (message: string) => void): PluginLimits {
  const { max_concurrency, fill_rate, bucket_size, scope = [], where } = limiter
  const calls = where === undefined ? undefined : callsOf(where)
  if (where !== undefined && calls === undefined) {
    note(`has no effect: of "where", only the likes of action = 'FilterLogEvents' are understood`)
    return noLimits
  }
  let maxConcurrency: number | undefined
  const rates: Record<string, number> = {}
  if (max_concurrency !== undefined) {
    if (calls === undefined) {
      maxConcurrency = max_concurrency
      const others = scope.filter((name) => name !== 'connection')
      if (others.length > 0)
        note(`has one max_concurrency for each account, whatever its ${others.join(', ')}`)
      else if (scope.length === 0) note('holds for each account, not for all of them together')
    } else note('has a max_concurrency without effect: calls in flight are limited for all calls together')
  }
  if (fill_rate !== undefined) {
    if (calls === undefined) {
      note(`has a fill_rate without effect: name the calls in "where", such as action = 'FilterLogEvents'`)
    } else {
      for (const call of calls) rates[call] = fill_rate
      if (!scope.includes('region')) note('has one fill_rate for each region, since APIs count by region')
    }
  } else if (bucket_size !== undefined) note('has a bucket_size without effect, for want of a fill_rate')
  return { maxConcurrency, rates }
}

/**
 * The API's calls that a condition names; others of the condition (`service`) say no more than these.
 * @returns undefined where it says something else
 */
function callsOf(where: string): readonly string[] | undefined {
  const parts = where.split(/\s+and\s+/i).map((part) => part.trim())
  let calls: readonly string[] | undefined
  for (const part of parts) {
    const found = /^(action|service)\s*(?:=\s*('[^']*')|in\s*\(\s*('[^']*'(?:\s*,\s*'[^']*')*)\s*\))$/i.exec(
      part,
    )
    if (found === null) return undefined
    const [, name = '', one, list] = found
    if (name.toLowerCase() === 'service') continue
    if (calls !== undefined) return undefined
    calls = [...(one ?? list ?? '').matchAll(/'([^']*)'/g)].map(([, call = '']) => call)
  }
  return calls
}
