/** Which part of a range has been asked for before, and what is missing. */
import type { Key, Qual, QualValue } from '@millrace/plugin-sdk'
import type { ScanQuals } from '../../fetch/scan-quals.js'
import { covers, type ScanShape } from './covers.js'
import {
  beside,
  compareLower,
  compareUpper,
  type End,
  type Interval,
  intervalOf,
  isBound,
  isEmpty,
} from './interval.js'

type KeyQual = Qual<QualValue>
type Keys = Readonly<Record<string, Key | undefined>>

/** A range whose rows an earlier scan has. */
export interface KnownRange<Earlier> {
  readonly earlier: Earlier
  readonly interval: Interval
}

export interface DividedRange<Earlier> {
  readonly column: string
  /** The parts of the range that are known; no value occurs in two of them. */
  readonly known: readonly KnownRange<Earlier>[]
  /** Conditions of a scan for all that is missing; undefined when nothing is. */
  readonly missing: { readonly interval: Interval; readonly quals: ScanQuals } | undefined
}

/** The most earlier scans that one scan reads; PostgreSQL combines their rows again for each statement. */
const mostParts = 16

/**
 * Divides a scan by the range of a column whose values never change in a row. What is missing is one range, so that
 * it takes no more calls than the whole would: known ranges in the middle are asked for again.
 * @returns undefined if the scan has no such range, or nothing at its ends is known
 */
export function divideRange<Earlier>(
  scan: ScanShape,
  earlier: readonly Earlier[],
  shapeOf: (earlier: Earlier) => ScanShape,
  keys: Keys,
): DividedRange<Earlier> | undefined {
  for (const [column, quals] of Object.entries(scan.quals)) {
    const key = keys[column]
    if (key?.inherent !== true || key.immutable !== true || !scan.columns.has(column)) continue
    const wanted = intervalOf(quals)
    if (wanted === undefined || isEmpty(wanted)) continue
    const pieces = earlier.flatMap((one): KnownRange<Earlier>[] => {
      const shape = shapeOf(one)
      const ofColumn = shape.quals[column] ?? []
      const interval = intervalOf(ofColumn)
      if (interval === undefined || !isComparable(interval, wanted) || !ofColumn.every(isHarmless)) return []
      return covers(without(shape, column), without(scan, column), keys) ? [{ earlier: one, interval }] : []
    })
    const divided = divide(wanted, pieces)
    if (divided === undefined) continue
    const { known, missing } = divided
    if (missing === undefined) return { column, known, missing: undefined }
    const bounds = boundsOf(missing, key)
    if (bounds === undefined) continue
    const others = quals.filter((qual) => !isBound(qual))
    return {
      column,
      known,
      missing: { interval: missing, quals: { ...scan.quals, [column]: [...others, ...bounds] } },
    }
  }
  return undefined
}

function divide<Earlier>(wanted: Interval, pieces: readonly KnownRange<Earlier>[]) {
  const known: KnownRange<Earlier>[] = []
  let left = wanted
  for (const step of [takeFirst, takeLast]) {
    while (known.length < mostParts) {
      const taken = step(left, pieces)
      if (taken === undefined) break
      known.push(taken.known)
      if (taken.left === undefined) return { known, missing: undefined }
      left = taken.left
    }
  }
  return known.length === 0 ? undefined : { known, missing: left }
}

interface Taken<Earlier> {
  readonly known: KnownRange<Earlier>
  readonly left: Interval | undefined
}

/** Takes the part that holds most of the range's beginning. */
function takeFirst<Earlier>(
  { lower, upper }: Interval,
  pieces: readonly KnownRange<Earlier>[],
): Taken<Earlier> | undefined {
  let best: KnownRange<Earlier> | undefined
  for (const piece of pieces) {
    const { interval } = piece
    if (compareLower(interval.lower, lower) > 0 || isEmpty({ lower, upper: interval.upper })) continue
    if (best === undefined || compareUpper(interval.upper, best.interval.upper) > 0) best = piece
  }
  if (best === undefined) return undefined
  const end = best.interval.upper
  if (end === undefined || compareUpper(end, upper) >= 0) {
    return { known: { earlier: best.earlier, interval: { lower, upper } }, left: undefined }
  }
  const known = { earlier: best.earlier, interval: { lower, upper: end } }
  return { known, left: unlessEmpty({ lower: beside(end), upper }) }
}

/** Takes the part that holds most of the range's end. */
function takeLast<Earlier>(
  { lower, upper }: Interval,
  pieces: readonly KnownRange<Earlier>[],
): Taken<Earlier> | undefined {
  let best: KnownRange<Earlier> | undefined
  for (const piece of pieces) {
    const { interval } = piece
    if (compareUpper(interval.upper, upper) < 0 || isEmpty({ lower: interval.lower, upper })) continue
    if (best === undefined || compareLower(interval.lower, best.interval.lower) < 0) best = piece
  }
  if (best === undefined) return undefined
  const start = best.interval.lower
  if (start === undefined || compareLower(start, lower) <= 0) {
    return { known: { earlier: best.earlier, interval: { lower, upper } }, left: undefined }
  }
  const known = { earlier: best.earlier, interval: { lower: start, upper } }
  return { known, left: unlessEmpty({ lower, upper: beside(start) }) }
}

function unlessEmpty(interval: Interval): Interval | undefined {
  return isEmpty(interval) ? undefined : interval
}

/** A bound leaves no NULL either. */
function isHarmless(qual: KeyQual): boolean {
  return isBound(qual) || qual.operator === 'is not null'
}

function isComparable(left: Interval, right: Interval): boolean {
  const ends = [left.lower, left.upper, right.lower, right.upper].filter((end) => end !== undefined)
  return new Set(ends.map(({ value }) => typeof value)).size === 1
}

/** Writes a range with the table's operators: an end may be included where it need not be. */
function boundsOf({ lower, upper }: Interval, { operators }: Key): KeyQual[] | undefined {
  const quals: KeyQual[] = []
  for (const [end, strict, loose] of [
    [lower, '>', '>='],
    [upper, '<', '<='],
  ] as const) {
    if (end === undefined) continue
    const operator = !end.isIn && operators.includes(strict) ? strict : loose
    if (!operators.includes(operator)) return undefined
    quals.push({ operator, value: (end satisfies End).value })
  }
  return quals.length === 0 ? undefined : quals
}

function without(shape: ScanShape, column: string): ScanShape {
  const { [column]: _, ...quals } = shape.quals
  return { columns: shape.columns, quals }
}
