/** What all files say together: settings, connections and plugins, each with its place. */
import { didYouMean } from './did-you-mean.js'
import { type Fault, faultText } from './faults.js'
import { isSettingName, type SettingName, settingNames, settingSections } from './setting-table.js'
import { readSteampipeOptions } from './steampipe-options.js'
import {
  type ConfigurationDocument,
  type Located,
  type LocatedEntry,
  type LocatedMap,
  placeText,
} from './syntax/located.js'

/** A connection as a file names it. */
export interface NamedConnection {
  readonly entry: LocatedEntry
  /** What keeps it from being read; undefined where nothing does. */
  readonly fault: string | undefined
}

export interface MergedDocuments {
  readonly settings: ReadonlyMap<SettingName, LocatedEntry>
  /** Undefined where no file speaks of connections. */
  readonly connections: ReadonlyMap<string, NamedConnection> | undefined
  readonly plugins: ReadonlyMap<string, LocatedEntry>
  readonly users: ReadonlyMap<string, LocatedEntry>
  /** Mistakes that concern more than one connection. */
  readonly faults: readonly Fault[]
  readonly notices: readonly Fault[]
}

/** Names of members of the root, Steampipe's beside Millrace's. */
const memberNames = [
  'connections',
  'plugins',
  'users',
  ...settingNames.filter((name) => !name.includes('.')),
  ...settingSections,
]

export function mergeDocuments(documents: Iterable<ConfigurationDocument>): MergedDocuments {
  const merging = new Merging()
  for (const document of documents) merging.add(document)
  return merging.result()
}

class Merging {
  readonly #settings = new Map<SettingName, LocatedEntry>()
  readonly #connections = new Map<string, NamedConnection>()
  readonly #plugins = new Map<string, LocatedEntry>()
  readonly #users = new Map<string, LocatedEntry>()
  readonly #faults: Fault[] = []
  readonly #notices: Fault[] = []
  #speaksOfConnections = false

  add({ root, faults }: ConfigurationDocument): void {
    for (const [name, entry] of root.entries) this.#member(name, entry)
    for (const { place, message, lost = [] } of faults) {
      const [kind, name] = lost
      if ((kind === 'connection' || kind === 'connections') && name !== undefined) {
        const value = this.#connections.get(name)?.entry.value ?? emptyAt(place)
        this.#speaksOfConnections = true
        this.#connections.set(name, {
          entry: { place, value },
          fault: faultText({ place, message: `connection "${name}": ${message}` }),
        })
      } else this.#faults.push({ place, message })
    }
  }

  result(): MergedDocuments {
    return {
      settings: this.#settings,
      connections: this.#speaksOfConnections ? this.#connections : undefined,
      plugins: this.#plugins,
      users: this.#users,
      faults: this.#faults,
      notices: this.#notices,
    }
  }

  #member(name: string, { place, value }: LocatedEntry): void {
    switch (name) {
      case 'connection':
      case 'connections':
        this.#speaksOfConnections = true
        this.#each(name, { place, value }, (one, entry) => this.#connection(one, entry))
        return
      case 'plugin':
      case 'plugins':
        this.#each(name, { place, value }, (one, entry) => this.#plugin(one, entry))
        return
      case 'user':
      case 'users':
        this.#each(name, { place, value }, (one, entry) => this.#user(one, entry))
        return
      case 'options': {
        this.#each(name, { place, value }, () => {})
        if (value.kind !== 'map') return
        const { settings, notices, faults } = readSteampipeOptions(value)
        this.#notices.push(...notices)
        this.#faults.push(...faults)
        for (const [setting, entry] of settings) this.#setting(setting, entry)
        return
      }
      case 'workspace':
        this.#notices.push({
          place,
          message: 'workspace has no meaning here: millrace query --database names another server',
        })
        return
    }
    if (isSettingName(name)) this.#setting(name, { place, value })
    else if (settingSections.has(name)) {
      this.#each(name, { place, value }, (part, entry) => {
        const full = `${name}.${part}`
        if (isSettingName(full)) this.#setting(full, entry)
        else {
          const known = settingNames.flatMap((one) =>
            one.startsWith(`${name}.`) ? [one.slice(name.length + 1)] : [],
          )
          this.#faults.push({
            place: entry.place,
            message: `${name} has no setting "${part}"${didYouMean(part, known)}`,
          })
        }
      })
    } else {
      this.#faults.push({ place, message: `there is no setting "${name}"${didYouMean(name, memberNames)}` })
    }
  }

  #each(
    name: string,
    { place, value }: LocatedEntry,
    take: (name: string, entry: LocatedEntry) => void,
  ): void {
    if (value.kind !== 'map') {
      this.#faults.push({ place, message: `${name}: expected names with values` })
      return
    }
    for (const [one, entry] of value.entries) {
      // Objects of JavaScript have it already, and it would go unnoticed.
      if (one === '__proto__') {
        this.#faults.push({ place: entry.place, message: 'nothing can be called "__proto__"' })
      } else take(one, entry)
    }
  }

  #connection(name: string, entry: LocatedEntry): void {
    const earlier = this.#connections.get(name)
    const fault = earlier === undefined ? undefined : twice(`connection "${name}"`, earlier.entry, entry)
    this.#connections.set(name, { entry: earlier?.entry ?? entry, fault: earlier?.fault ?? fault })
  }

  #plugin(label: string, entry: LocatedEntry): void {
    const earlier = this.#plugins.get(label)
    if (earlier === undefined) this.#plugins.set(label, { ...entry, value: withLimiters(entry.value) })
    else this.#faults.push({ place: undefined, message: twice(`plugin "${label}"`, earlier, entry) })
  }

  #user(name: string, entry: LocatedEntry): void {
    const earlier = this.#users.get(name)
    if (earlier === undefined) this.#users.set(name, entry)
    else this.#faults.push({ place: undefined, message: twice(`user "${name}"`, earlier, entry) })
  }

  #setting(name: SettingName, entry: LocatedEntry): void {
    const earlier = this.#settings.get(name)
    if (earlier === undefined) this.#settings.set(name, entry)
    else this.#faults.push({ place: undefined, message: twice(name, earlier, entry) })
  }
}

function twice(what: string, one: LocatedEntry, other: LocatedEntry): string {
  return `${what} stands in two places, ${placeText(one.place)} and ${placeText(other.place)}: remove one of them`
}

/** A plugin's blocks `limiter "…" { … }` are its member `limiters`. */
function withLimiters(block: Located): Located {
  if (block.kind !== 'map') return block
  const entries = [...block.entries].map(([name, entry]): [string, LocatedEntry] => [
    name === 'limiter' ? 'limiters' : name,
    entry,
  ])
  return { ...block, entries: new Map(entries) }
}

function emptyAt(place: LocatedMap['place']): LocatedMap {
  return { kind: 'map', entries: new Map(), place, lastLine: place.line }
}
