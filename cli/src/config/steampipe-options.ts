/**
 * Steampipe's blocks `options "…" { … }`, in Millrace's settings.
 * (https://steampipe.io/docs/reference/config-files/options)
 */
import { didYouMean } from './did-you-mean.js'
import type { Fault } from './faults.js'
import type { SettingName } from './setting-table.js'
import type { Located, LocatedEntry, LocatedMap } from './syntax/located.js'

/** Settings by Millrace's names, and what else is to be said. */
export interface MeantSettings {
  readonly settings: readonly (readonly [SettingName, LocatedEntry])[]
  /** What has no meaning here. */
  readonly notices: readonly Fault[]
  readonly faults: readonly Fault[]
}

type Meaning =
  | {
      readonly kind: 'setting'
      readonly name: SettingName
      readonly value?: (value: Located) => Located | undefined
    }
  /** It has no meaning here. */
  | { readonly kind: 'none'; readonly why: string }

const none = (why: string): Meaning => ({ kind: 'none', why })

const memoryOfPlugin = "memory_max_mb of a block plugin limits Steampipe's own plugins"
const startOfPlugin = "Steampipe's own plugins are awaited for 30 seconds"
const inClients = 'clients choose for themselves: see millrace query --help'

/** Every option that Steampipe has, by block. */
export const steampipeOptions: Readonly<Record<string, Readonly<Record<string, Meaning>>>> = {
  database: {
    port: { kind: 'setting', name: 'listen.port' },
    listen: { kind: 'setting', name: 'listen.host', value: listenHost },
    search_path: { kind: 'setting', name: 'search_path', value: nameList },
    search_path_prefix: { kind: 'setting', name: 'search_path_prefix', value: nameList },
    cache: { kind: 'setting', name: 'cache.ttl', value: cacheTtl },
    cache_max_ttl: { kind: 'setting', name: 'cache.ttl' },
    cache_max_size_mb: { kind: 'setting', name: 'cache.max_size_mb' },
    start_timeout: none('PostgreSQL is awaited for as long as it starts'),
  },
  general: {
    log_level: { kind: 'setting', name: 'log', value: lowerCase },
    update_check: none('there is no check for updates'),
    telemetry: none('there is no telemetry'),
    max_parallel: none('calls are limited for each account: max_concurrency of a connection'),
    memory_max_mb: none('NODE_OPTIONS=--max-old-space-size limits memory'),
  },
  plugin: {
    memory_max_mb: none(memoryOfPlugin),
    start_timeout: none(startOfPlugin),
  },
  terminal: {
    ...Object.fromEntries(
      [
        'multi',
        'output',
        'header',
        'separator',
        'timing',
        'search_path',
        'search_path_prefix',
        'watch',
        'autocomplete',
      ].map((name) => [name, none(inClients)]),
    ),
  },
}

/** @param blocks the member `options` of a file */
export function readSteampipeOptions(blocks: LocatedMap): MeantSettings {
  const settings: [SettingName, LocatedEntry][] = []
  const notices: Fault[] = []
  const faults: Fault[] = []
  for (const [block, { value, place }] of blocks.entries) {
    const known = steampipeOptions[block]
    if (known === undefined || value.kind !== 'map') {
      const hint = didYouMean(block, Object.keys(steampipeOptions))
      faults.push({ place, message: `there are no options "${block}"${hint}` })
      continue
    }
    for (const [name, entry] of value.entries) {
      const meaning = known[name]
      if (meaning === undefined) {
        const hint = didYouMean(name, Object.keys(known))
        faults.push({ place: entry.place, message: `options "${block}" have no "${name}"${hint}` })
      } else if (meaning.kind === 'none') {
        const message = `${name} of options "${block}" has no meaning here: ${meaning.why}`
        notices.push({ place: entry.place, message })
      } else {
        const meant = meaning.value === undefined ? entry.value : meaning.value(entry.value)
        // A cache that is off has no time.
        const isOff = name === 'cache_max_ttl' && isFalse(value.entries.get('cache')?.value)
        if (meant !== undefined && !isOff) settings.push([meaning.name, { place: entry.place, value: meant }])
      }
    }
  }
  return { settings, notices, faults }
}

function isFalse(located: Located | undefined): boolean {
  return located?.kind === 'scalar' && located.value === false
}

/** `local`, `network` or an address. */
function listenHost(located: Located): Located {
  return located.kind === 'scalar' ? { ...located, value: hostMeant(located.value) } : located
}

export function hostMeant<Value>(written: Value): Value | string {
  if (written === 'local') return '127.0.0.1'
  return written === 'network' ? '0.0.0.0' : written
}

/** A list, or a text with commas. */
function nameList(located: Located): Located {
  if (located.kind !== 'scalar' || typeof located.value !== 'string') return located
  const { place } = located
  const names = located.value.split(',').map((name) => name.trim())
  return {
    kind: 'list',
    items: names.filter((name) => name !== '').map((value) => ({ kind: 'scalar', value, place })),
    place,
  }
}

/** Switching the cache off is a time of 0; switching it on says nothing. */
function cacheTtl(located: Located): Located | undefined {
  if (located.kind !== 'scalar' || typeof located.value !== 'boolean') return located
  return located.value ? undefined : { ...located, value: 0 }
}

function lowerCase(located: Located): Located {
  if (located.kind !== 'scalar' || typeof located.value !== 'string') return located
  return { ...located, value: located.value.toLowerCase() }
}
