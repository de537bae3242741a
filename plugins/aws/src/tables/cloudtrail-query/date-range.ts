/** Conditions on when a query began, as ListQueries takes them. */
import type { Qual } from '@millrace/plugin-sdk'
import { timeBoundsOf } from '../../log-events/time-bounds.js'

export interface DateRange {
  readonly StartTime?: Date
  readonly EndTime?: Date
}

/** The end of the year 9999. */
const latest = 253_402_300_799_000

/**
 * A range of whole seconds, wider than what the conditions allow by up to two: it is not documented whether the API's
 * bounds are inclusive, and it rejects a range of no length. It takes a start only together with an end.
 * @returns undefined when no query can fulfil the conditions
 */
export function dateRangeOf(quals: readonly Qual<bigint>[] | undefined): DateRange | undefined {
  const bounds = timeBoundsOf({ timestamp: quals })
  if (bounds === undefined) return undefined
  const { startTime, endTime } = bounds
  if (startTime === undefined || endTime === undefined || endTime > latest) return {}
  return {
    StartTime: new Date(Math.max(0, Math.floor(startTime / 1000 - 1) * 1000)),
    EndTime: new Date(Math.ceil(endTime / 1000 + 1) * 1000),
  }
}
