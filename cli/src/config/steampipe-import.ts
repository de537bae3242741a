/**
 * What of a Steampipe set-up becomes which file of a home. Secrets are not among it unless somebody asks: a connection
 * that has some is written as a comment without them, since with other credentials it would show another account's rows.
 */
import { basename, extname } from 'node:path'
import { pluginName } from './plugin-blocks.js'
import { isSecretName } from './secret-names.js'
import { steampipeOptions } from './steampipe-options.js'
import {
  type ConfigurationDocument,
  type Located,
  type LocatedEntry,
  type LocatedMap,
  placeText,
  plainValue,
} from './syntax/located.js'
import { writeBlock } from './syntax/write-hcl.js'

export interface ImportedFile {
  readonly source: string
  /** Its name in the home's folder. */
  readonly name: string
  readonly text: string
  /** What was done with each part, in a line each. */
  readonly told: readonly string[]
}

export interface ImportOptions {
  /** Why Millrace has no plugin of a name; undefined where it has. */
  readonly missingPlugin: (name: string) => string | undefined
  readonly copySecrets: boolean
}

/** @returns undefined for a file that says nothing */
export function importDocument(
  source: string,
  { root }: ConfigurationDocument,
  options: ImportOptions,
): ImportedFile | undefined {
  const parts: string[] = []
  const told: string[] = []
  for (const [type, { place, value }] of root.entries) {
    if (type === 'workspace') {
      told.push(`${placeText(place)}: workspace is left out: millrace query --database names another server`)
      continue
    }
    if (value.kind !== 'map') continue
    for (const [label, entry] of value.entries) {
      if (entry.value.kind !== 'map') continue
      if (type === 'connection') parts.push(connectionPart(label, entry, entry.value, options, told))
      else if (type === 'plugin') {
        parts.push(writeBlock('plugin', [label], entry.value))
        told.push(`plugin "${label}": taken over`)
      } else if (type === 'options') parts.push(optionsPart(label, entry.value, told))
    }
  }
  const written = parts.filter((part) => part !== '')
  if (written.length === 0 && told.length === 0) return undefined
  return {
    source,
    name: `${basename(source, extname(source))}.spc`,
    text: [`# Taken over from ${source} by millrace config import.\n`, ...written].join('\n'),
    told,
  }
}

function connectionPart(
  name: string,
  { place }: LocatedEntry,
  body: LocatedMap,
  { missingPlugin, copySecrets }: ImportOptions,
  told: string[],
): string {
  const secrets = [...body.entries].filter(([setting, { value }]) => isSecretName(setting) && isText(value))
  const { plugin } = Object(plainValue(body))
  const missing =
    body.entries.get('plugin')?.value.kind === 'scalar' && typeof plugin === 'string'
      ? missingPlugin(pluginName(plugin))
      : undefined
  if (secrets.length > 0 && !copySecrets) {
    const names = secrets.map(([setting]) => setting).join(', ')
    const [, first = { place }] = secrets[0] ?? []
    told.push(
      `connection "${name}": left out, as a comment: ${names} would be copied from ${placeText(first.place)}; write them yourself, or allow it by --copy-secrets`,
    )
    return comment(
      writeBlock('connection', [name], withoutEntries(body, new Set(secrets.map(([one]) => one)))),
    )
  }
  if (missing !== undefined) {
    told.push(`connection "${name}": left out, as a comment: ${missing}`)
    return comment(writeBlock('connection', [name], body))
  }
  told.push(`connection "${name}": ${secrets.length > 0 ? 'taken over, with its secrets' : 'taken over'}`)
  return writeBlock('connection', [name], body)
}

/** What has a meaning here. */
function optionsPart(label: string, body: LocatedMap, told: string[]): string {
  const known = steampipeOptions[label] ?? {}
  const without = new Set<string>()
  for (const [name, { place }] of body.entries) {
    const meaning = known[name]
    if (meaning?.kind === 'setting')
      told.push(`${name} of options "${label}": taken over, as ${meaning.name}`)
    else {
      without.add(name)
      told.push(
        `${placeText(place)}: ${name} of options "${label}" is left out: ${meaning?.why ?? 'there is no such option'}`,
      )
    }
  }
  const kept = withoutEntries(body, without)
  return kept.entries.size === 0 ? '' : writeBlock('options', [label], kept)
}

function withoutEntries(map: LocatedMap, names: ReadonlySet<string>): LocatedMap {
  return { ...map, entries: new Map([...map.entries].filter(([name]) => !names.has(name))) }
}

function isText({ kind, ...rest }: Located): boolean {
  return kind === 'scalar' && 'value' in rest && typeof rest.value === 'string' && rest.value !== ''
}

function comment(text: string): string {
  return text.replace(/^(?=.)/gm, '# ')
}
