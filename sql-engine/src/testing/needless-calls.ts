/** What is wrong with the calls that one statement made, whatever it asked: some were made in vain. */
import { equalValues, type Quals } from '@millrace/plugin-sdk'
import type { Call } from './counting-plugin.js'
import type { RandomTables } from './random-tables.js'

/**
 * A call is needless
 * - when its keys are empty, repeat a value, or hold NULL, which equals nothing;
 * - when the statement names a table so many times, and more calls than that, with the same columns and the
 *   same other conditions, ask for one combination of key values: its rows would come twice;
 * - when such calls are more than the values of their key fill, again for each time that the table is named.
 * @returns a line for each fault
 */
export function needlessCalls(
  statement: string,
  calls: readonly Call[],
  tables: RandomTables,
): readonly string[] {
  const faults = calls.flatMap((call) => badKeys(call.pushed).map((fault) => `${shown(call)}: ${fault}`))
  for (const alike of alikeBut(calls)) {
    const [first] = alike
    if (first === undefined) continue
    const references = statement.match(new RegExp(`\\b${first.table}\\b`, 'gi'))?.length ?? 0
    const seen = new Map<string, number>()
    for (const combination of alike.flatMap(({ pushed }) => combinations(pushed))) {
      seen.set(combination, (seen.get(combination) ?? 0) + 1)
    }
    for (const [combination, times] of seen) {
      if (times > references) faults.push(`${shown(first)}: ${combination} is asked for ${times} times`)
    }
    const needed = callsFor(alike, tables)
    if (needed !== undefined && alike.length > references * needed) {
      faults.push(`${shown(first)}: ${alike.length} calls instead of ${needed}`)
    }
  }
  return faults
}

/**
 * Calls that ask exactly what another one of the statement asked: where its scans are shared, they are one.
 * @returns a line for each fault
 */
export function repeatedCalls(calls: readonly Call[]): readonly string[] {
  const lines = calls.map(shown)
  return lines.filter((line, index) => lines.indexOf(line) < index).map((line) => `${line}: once more`)
}

function badKeys(pushed: Quals): string[] {
  return Object.entries(pushed).flatMap(([column, quals]) => {
    const values = equalValues<unknown>(quals)
    if (values === undefined) return []
    if (values.length === 0) return [`no value for ${column}`]
    if (values.some((value) => value === null || value === undefined)) return [`NULL for ${column}`]
    return new Set(values.map(String)).size < values.length ? [`a value of ${column} comes twice`] : []
  })
}

/** Calls that differ in nothing but the values of their keys. */
function alikeBut(calls: readonly Call[]): readonly (readonly Call[])[] {
  const groups = new Map<string, Call[]>()
  for (const call of calls) {
    const others = call.quals.filter((qual) => !/^\S+ = /.test(qual))
    const key = JSON.stringify([
      call.table,
      call.columns,
      others,
      keyColumns(call.pushed),
      call.limit ?? null,
      call.order ?? null,
    ])
    groups.set(key, [...(groups.get(key) ?? []), call])
  }
  return [...groups.values()]
}

function keyColumns(pushed: Quals): readonly string[] {
  return Object.keys(pushed)
    .filter((column) => equalValues(pushed[column]) !== undefined)
    .sort()
}

/** What a call asks for, with one value of each key. */
function combinations(pushed: Quals): readonly string[] {
  return keyColumns(pushed).reduce<readonly string[]>(
    (known, column) =>
      known.flatMap((start) =>
        (equalValues<unknown>(pushed[column]) ?? []).map((value) => `${start}${column} = ${String(value)}; `),
      ),
    [''],
  )
}

/** How many calls take all values, where no more than one key is cut into calls; undefined elsewhere. */
function callsFor(alike: readonly Call[], tables: RandomTables): number | undefined {
  const [first] = alike
  if (first === undefined) return undefined
  const cut = keyColumns(first.pushed).flatMap((column) => {
    const most = tables[first.table]?.keys?.[column]?.valuesPerCall
    return most === undefined ? [] : [{ column, most }]
  })
  const [key, ...others] = cut
  if (key === undefined) return 1
  if (others.length > 0) return undefined
  const values = new Set(
    alike.flatMap(({ pushed }) => (equalValues<unknown>(pushed[key.column]) ?? []).map(String)),
  )
  return Math.ceil(values.size / key.most)
}

function shown({ table, columns, quals, limit, order }: Call): string {
  const first = order === undefined ? '' : ` order by ${order.column} ${order.direction}`
  const most = limit === undefined ? '' : ` limit ${limit}`
  return `${table}(${columns.join(', ')} where ${quals.join('; ')}${first}${most})`
}
