import { escapeIdentifier, escapeLiteral } from 'pg'

/** Options of a foreign table, column or server, as their catalogs hold them. */
export type ForeignOptions = Readonly<Record<string, string>>

/** Reads a catalog's list of `name=value`. */
export function parseForeignOptions(list: readonly string[] | null): ForeignOptions {
  const pairs = (list ?? []).map((option) => {
    const equals = option.indexOf('=')
    return [option.slice(0, equals), option.slice(equals + 1)] as const
  })
  return Object.fromEntries(pairs)
}

/** The OPTIONS clause of CREATE; empty when there are none. */
export function optionsClause(options: ForeignOptions): string {
  return clause(Object.entries(options).map(([name, value]) => option('', name, value)))
}

/** The OPTIONS clause of ALTER; empty when nothing changes. */
export function changedOptionsClause(current: ForeignOptions, wanted: ForeignOptions): string {
  const dropped = Object.keys(current).filter((name) => wanted[name] === undefined)
  const changed = Object.entries(wanted).filter(([name, value]) => current[name] !== value)
  return clause([
    ...dropped.map((name) => `DROP ${escapeIdentifier(name)}`),
    ...changed.map(([name, value]) => option(current[name] === undefined ? 'ADD ' : 'SET ', name, value)),
  ])
}

function option(verb: string, name: string, value: string): string {
  return `${verb}${escapeIdentifier(name)} ${escapeLiteral(value)}`
}

function clause(options: readonly string[]): string {
  return options.length === 0 ? '' : ` OPTIONS (${options.join(', ')})`
}
