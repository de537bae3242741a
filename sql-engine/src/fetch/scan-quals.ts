/** The pushed conditions of a scan, once their values are known. */

import type { Key, Qual, QualValue } from '@millrace/plugin-sdk'

/** Conditions by column. */
export type ScanQuals = Readonly<Record<string, readonly Qual<QualValue>[]>>

/**
 * Cuts the conditions of a scan into those of single calls: a key that takes a limited number of values per call is
 * divided, several such keys into all combinations. They are made one after the other, as they are needed.
 */
export function* callsOf(
  quals: ScanQuals,
  keys: Readonly<Record<string, Key | undefined>>,
): Generator<ScanQuals> {
  const [column, values, size] = firstToDivide(quals, keys) ?? []
  if (column === undefined || values === undefined || size === undefined) {
    yield quals
    return
  }
  for (let start = 0; start < values.length; start += size) {
    const [first, ...others] = values.slice(start, start + size)
    if (first === undefined) continue
    const part: Qual<QualValue> = { operator: '=', values: [first, ...others] }
    const rest = (quals[column] ?? []).filter(({ operator }) => operator !== '=')
    yield* callsOf({ ...quals, [column]: [part, ...rest] }, keys)
  }
}

/** How many calls of `list` the conditions come to. */
export function countCalls(quals: ScanQuals, keys: Readonly<Record<string, Key | undefined>>): number {
  let calls = 1
  for (const [column, ofColumn] of Object.entries(quals)) {
    const size = keys[column]?.valuesPerCall
    const equal = ofColumn.find((qual) => qual.operator === '=')
    if (size !== undefined && equal?.operator === '=') calls *= Math.ceil(equal.values.length / size)
  }
  return calls
}

/** How many combinations of values the conditions list for the keys that take a limited number per call. */
export function countKeys(quals: ScanQuals, keys: Readonly<Record<string, Key | undefined>>): number {
  let count = 1
  for (const [column, ofColumn] of Object.entries(quals)) {
    const equal = ofColumn.find((qual) => qual.operator === '=')
    if (equal?.operator === '=' && keys[column]?.valuesPerCall !== undefined) count *= equal.values.length
  }
  return count
}

function firstToDivide(quals: ScanQuals, keys: Readonly<Record<string, Key | undefined>>) {
  for (const [column, ofColumn] of Object.entries(quals)) {
    const size = keys[column]?.valuesPerCall
    const equal = ofColumn.find((qual) => qual.operator === '=')
    if (size !== undefined && equal?.operator === '=' && equal.values.length > size) {
      return [column, equal.values, size] as const
    }
  }
  return undefined
}
