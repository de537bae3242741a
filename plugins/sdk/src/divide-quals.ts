/** Conditions as single calls of a table take them. */
import type { Qual, QualValue } from './qual.js'
import type { Key } from './table.js'

/** Conditions by column. */
type DividedQuals = Readonly<Record<string, readonly Qual<QualValue>[]>>

type QualsByColumn = Readonly<Record<string, readonly Qual<QualValue>[] | undefined>>

/**
 * Cuts conditions as the engine does: a key with `valuesPerCall` is divided, several such keys into all combinations.
 */
export function divideQuals(
  quals: DividedQuals,
  keys: Readonly<Record<string, Key | undefined>>,
): DividedQuals[] {
  let parts: DividedQuals[] = [quals]
  for (const [column, key] of Object.entries(keys)) {
    const size = key?.valuesPerCall
    const equal = quals[column]?.find((qual) => qual.operator === '=')
    if (size === undefined || equal?.operator !== '=') continue
    const others = (quals[column] ?? []).filter((qual) => qual !== equal)
    const chunks: Qual<QualValue>[] = []
    for (let start = 0; start < equal.values.length; start += size) {
      const [first, ...more] = equal.values.slice(start, start + size)
      if (first !== undefined) chunks.push({ operator: '=', values: [first, ...more] })
    }
    parts = parts.flatMap((part) => chunks.map((chunk) => ({ ...part, [column]: [chunk, ...others] })))
  }
  return parts
}

/** The conditions with operators that keys take. */
export function takenQuals(
  quals: QualsByColumn,
  keys: Readonly<Record<string, Key | undefined>>,
): DividedQuals {
  return Object.fromEntries(
    Object.entries(quals).flatMap(([column, ofColumn = []]) => {
      const taken = ofColumn.filter(({ operator }) => keys[column]?.operators.includes(operator))
      return taken.length > 0 ? [[column, taken]] : []
    }),
  )
}
