/**
 * Conditions on time as bounds of events: whole milliseconds, both inclusive.
 */
import type { Qual } from '@millrace/plugin-sdk'

export interface TimeBounds {
  readonly startTime: number | undefined
  readonly endTime: number | undefined
}

/** Conditions on when an event took place. */
export interface TimeQuals {
  /** Conditions in microseconds. */
  readonly timestamp?: readonly Qual<bigint>[] | undefined
  /** Conditions in milliseconds. */
  readonly timestamp_ms?: readonly Qual<bigint>[] | undefined
}

/**
 * The smallest range of milliseconds that holds every event which the conditions allow.
 * @returns undefined when they allow none
 */
export function timeBoundsOf(quals: TimeQuals): TimeBounds | undefined {
  const range = { start: 0n, end: BigInt(Number.MAX_SAFE_INTEGER) }
  for (const qual of quals.timestamp ?? []) narrow(range, qual, 1000n)
  for (const qual of quals.timestamp_ms ?? []) narrow(range, qual, 1n)
  if (range.start > range.end) return undefined
  return {
    startTime: range.start === 0n ? undefined : Number(range.start),
    endTime: range.end === BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(range.end),
  }
}

/** @param unit the number of the condition's units in a millisecond */
function narrow(range: { start: bigint; end: bigint }, qual: Qual<bigint>, unit: bigint): void {
  const from = (start: bigint) => {
    if (start > range.start) range.start = start
  }
  const to = (end: bigint) => {
    if (end < range.end) range.end = end
  }
  switch (qual.operator) {
    case '=':
      {
        const [least, greatest] = extremes(qual.values)
        from(ceiling(least, unit))
        to(floor(greatest, unit))
      }
      break
    case '>':
      from(floor(qual.value, unit) + 1n)
      break
    case '>=':
      from(ceiling(qual.value, unit))
      break
    case '<':
      to(ceiling(qual.value, unit) - 1n)
      break
    case '<=':
      to(floor(qual.value, unit))
      break
  }
}

function floor(value: bigint, unit: bigint): bigint {
  const quotient = value / unit
  return value < 0n && quotient * unit !== value ? quotient - 1n : quotient
}

function ceiling(value: bigint, unit: bigint): bigint {
  return -floor(-value, unit)
}

function extremes(values: readonly [bigint, ...bigint[]]): readonly [bigint, bigint] {
  let [least] = values
  let greatest = least
  for (const value of values) {
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  return [least, greatest]
}
