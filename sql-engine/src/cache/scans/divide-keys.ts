/** Which of a scan's keys earlier scans have already looked up. */
import { equalValues, type Key, type QualValue } from '@millrace/plugin-sdk'
import type { ScanQuals } from '../../fetch/scan-quals.js'
import { covers, type ScanShape } from './covers.js'

type Keys = Readonly<Record<string, Key | undefined>>

/** Keys whose rows an earlier scan has. */
export interface KnownKeys<Earlier> {
  readonly earlier: Earlier
  readonly values: readonly QualValue[]
  /** Whether they are all of the earlier scan's keys. */
  readonly isWhole: boolean
}

export interface DividedKeys<Earlier> {
  readonly column: string
  /** The earlier scans that know some of the keys; no key occurs in two of them. */
  readonly known: readonly KnownKeys<Earlier>[]
  readonly missing: readonly QualValue[]
}

/** The most earlier scans that one scan reads; PostgreSQL combines their rows again for each statement. */
const mostParts = 16

/**
 * Divides a scan by the values of a key column.
 * @param column by whose values it is known how a row was found (see {@link Key.valuesPerCall})
 * @param earlier scans of the same table; the first that knows a key is taken
 * @returns undefined if the scan lists no values of the column, or none of them is known
 */
export function divideKeys<Earlier>(
  scan: ScanShape,
  column: string,
  earlier: Iterable<Earlier>,
  shapeOf: (earlier: Earlier) => ScanShape,
  keys: Keys,
): DividedKeys<Earlier> | undefined {
  const wanted = listOf(scan.quals, column)
  if (wanted === undefined) return undefined
  const missing = new Set(wanted)
  const known: KnownKeys<Earlier>[] = []
  for (const one of earlier) {
    if (missing.size === 0 || known.length === mostParts) break
    const shape = shapeOf(one)
    const listed = listOf(shape.quals, column) ?? []
    const values = listed.filter((value) => missing.has(value))
    if (values.length === 0) continue
    if (!covers(narrowed(shape, column, values), narrowed(scan, column, values), keys)) continue
    known.push({ earlier: one, values, isWhole: values.length === listed.length })
    for (const value of values) missing.delete(value)
  }
  return known.length === 0 ? undefined : { column, known, missing: [...missing] }
}

/** The same scan for fewer values of a key. */
export function narrowed<Shape extends ScanShape>(
  scan: Shape,
  column: string,
  [first, ...others]: readonly QualValue[],
): Shape {
  if (first === undefined) throw new Error(`no value is left for ${column}`)
  const rest = (scan.quals[column] ?? []).filter(({ operator }) => operator !== '=')
  const list = { operator: '=', values: [first, ...others] } as const
  return { ...scan, quals: { ...scan.quals, [column]: [list, ...rest] } }
}

/** The values that conditions list for a column. */
function listOf(quals: ScanQuals, column: string): readonly QualValue[] | undefined {
  return equalValues(quals[column])
}
