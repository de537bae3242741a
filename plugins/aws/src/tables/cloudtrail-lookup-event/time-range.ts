/**
 * Conditions on time as LookupEvents takes them: from a second to a second, both inclusive.
 */
import { ApiError, equalValue, type Quals } from '@millrace/plugin-sdk'
import { timeBoundsOf } from '../../log-events/time-bounds.js'
import type { LookupColumns } from './columns.js'

export interface TimeRange {
  readonly StartTime: Date | undefined
  readonly EndTime: Date | undefined
}

/** The end of the year 9999; the API rejects times that it considers impossible. */
const latest = 253_402_300_799_000

/**
 * The smallest range of seconds that holds every event which the conditions allow.
 * @returns undefined when they allow none
 */
export function timeRangeOf(quals: Quals<LookupColumns>): TimeRange | undefined {
  const start = equalValue(quals.start_time)
  const end = equalValue(quals.end_time)
  const bounds = timeBoundsOf({
    timestamp: [
      ...(quals.event_time ?? []),
      ...(start === undefined ? [] : [{ operator: '>=' as const, value: start }]),
      ...(end === undefined ? [] : [{ operator: '<=' as const, value: end }]),
    ],
  })
  if (bounds === undefined) return undefined
  const { startTime, endTime } = bounds
  if (startTime !== undefined && startTime > latest) return undefined
  return {
    StartTime: startTime === undefined ? undefined : new Date(Math.floor(startTime / 1000) * 1000),
    EndTime:
      endTime === undefined || endTime > latest ? undefined : new Date(Math.ceil(endTime / 1000) * 1000),
  }
}

/**
 * A time that was asked for, as the column repeats it, with its microseconds.
 * @throws ApiError for times that have no four digits in ISO 8601
 */
export function isoOfMicroseconds(time: bigint | undefined): string | undefined {
  if (time === undefined) return undefined
  const micros = ((time % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = new Date(Number((time - micros) / 1000n))
  const year = Number.isNaN(seconds.getTime()) ? 0 : seconds.getUTCFullYear()
  if (year < 1 || year > 9999) {
    throw new ApiError('start_time and end_time must be times of the years 1 to 9999', {
      hint: 'Leave the condition away where no bound is meant.',
    })
  }
  return `${seconds.toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}Z`
}
