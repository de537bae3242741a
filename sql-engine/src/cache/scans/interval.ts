/** Ranges of a column's values, as conditions on it give them. */
import type { Qual, QualValue } from '@millrace/plugin-sdk'

type KeyQual = Qual<QualValue>

/** Values that are in the same order here as in PostgreSQL. */
export type Ordered = bigint | number

export interface End {
  readonly value: Ordered
  /** Whether the value itself is in the range. */
  readonly isIn: boolean
}

/** A range; an end that is undefined is infinite. */
export interface Interval {
  readonly lower: End | undefined
  readonly upper: End | undefined
}

export type Bound = Extract<KeyQual, { operator: '<' | '<=' | '>' | '>=' }>

export function isBound(qual: KeyQual): qual is Bound {
  return ['<', '<=', '>', '>='].includes(qual.operator)
}

/**
 * The range that bounds on a column leave.
 * @returns undefined where there is none, or the order of a value is not known here
 */
export function intervalOf(quals: readonly KeyQual[]): Interval | undefined {
  const bounds = quals.filter(isBound)
  let interval: Interval = { lower: undefined, upper: undefined }
  for (const { operator, value } of bounds) {
    if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isFinite(value))) return undefined
    const end: End = { value, isIn: operator === '<=' || operator === '>=' }
    if (operator === '<' || operator === '<=') {
      if (compareUpper(end, interval.upper) < 0) interval = { ...interval, upper: end }
    } else if (compareLower(end, interval.lower) > 0) interval = { ...interval, lower: end }
  }
  return bounds.length === 0 ? undefined : interval
}

/** Whether no value is between the ends. */
export function isEmpty({ lower, upper }: Interval): boolean {
  if (lower === undefined || upper === undefined) return false
  if (typeof lower.value === 'bigint' && typeof upper.value === 'bigint') {
    return lower.value + (lower.isIn ? 0n : 1n) > upper.value - (upper.isIn ? 0n : 1n)
  }
  return lower.value > upper.value || (lower.value === upper.value && !(lower.isIn && upper.isIn))
}

/** Less than 0 if the first range begins earlier. */
export function compareLower(left: End | undefined, right: End | undefined): number {
  if (left === undefined || right === undefined) return rank(left) - rank(right)
  if (left.value !== right.value) return left.value < right.value ? -1 : 1
  return Number(right.isIn) - Number(left.isIn)
}

/** Less than 0 if the first range ends earlier. */
export function compareUpper(left: End | undefined, right: End | undefined): number {
  if (left === undefined || right === undefined) return rank(right) - rank(left)
  if (left.value !== right.value) return left.value < right.value ? -1 : 1
  return Number(left.isIn) - Number(right.isIn)
}

/** An end where another range has just ended, or is about to begin. */
export function beside({ value, isIn }: End): End {
  return { value, isIn: !isIn }
}

const rank = (end: End | undefined) => (end === undefined ? 0 : 1)
