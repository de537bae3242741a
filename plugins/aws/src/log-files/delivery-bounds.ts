/**
 * Which log files a scan needs, by their days and the times of their names.
 *
 * A log file holds records "written at any point before" the time of its name (AWS page "CloudTrail log file examples"), so a
 * lower bound of event times holds for names too. How long after an event its file comes is not guaranteed; an upper bound is
 * widened by what the connection's settings allow for.
 */
import type { Qual } from '@millrace/plugin-sdk'
import { timeBoundsOf } from '../log-events/time-bounds.js'

const minute = 60_000
const day = 24 * 60 * minute

/**
 * How far the time of a name may lie before an event's, in milliseconds: names have whole minutes, and the clocks of services
 * are not the same.
 */
export const nameSkew = 15 * minute

/** The end of the year 9999: a record has no later time. */
const lastMoment = Date.UTC(10_000, 0, 1) - 1

/** Bounds of names; times are epoch milliseconds, days those since 1970, and all are inclusive. */
export interface DeliveryBounds {
  readonly firstTime: number | undefined
  readonly lastTime: number | undefined
  readonly firstDay: number | undefined
  readonly lastDay: number | undefined
}

interface DeliveryQuals {
  /** In microseconds. */
  readonly event_time?: readonly Qual<bigint>[] | undefined
  readonly log_date?: readonly Qual<string>[] | undefined
}

/**
 * The bounds that hold every log file which the conditions need.
 * @param delay how long after an event its file may come, in milliseconds
 * @returns undefined when no event can fulfil the conditions
 */
export function deliveryBoundsOf(quals: DeliveryQuals, delay: number): DeliveryBounds | undefined {
  const times = timeBoundsOf({ timestamp: quals.event_time })
  const days = daysOf(quals.log_date)
  if (times === undefined || days === undefined) return undefined
  const { startTime, endTime } = times
  if (startTime !== undefined && startTime > lastMoment) return undefined
  const firstTime = startTime === undefined ? undefined : startTime - nameSkew
  const lastTime = endTime === undefined || endTime > lastMoment ? undefined : endTime + delay
  const first = latest(days.first, firstTime === undefined ? undefined : Math.floor(firstTime / day))
  const last = earliest(days.last, lastTime === undefined ? undefined : Math.floor(lastTime / day))
  if (first !== undefined && last !== undefined && first > last) return undefined
  return { firstTime, lastTime, firstDay: first, lastDay: last }
}

/** Whether bounds hold a log file. */
export function isWithin(
  { firstTime, lastTime, firstDay, lastDay }: DeliveryBounds,
  { deliveredAt, date }: { readonly deliveredAt: number; readonly date: string },
): boolean {
  const ownDay = Date.parse(date) / day
  return (
    (firstTime === undefined || deliveredAt >= floorToMinute(firstTime)) &&
    (lastTime === undefined || deliveredAt <= lastTime) &&
    (firstDay === undefined || ownDay >= firstDay) &&
    (lastDay === undefined || ownDay <= lastDay)
  )
}

export function floorToMinute(time: number): number {
  return Math.floor(time / minute) * minute
}

/** The day of a date that has four digits of a year, since 1970. */
export function dayOf(date: string): number {
  return Date.parse(date) / day
}

/** The date of a day since 1970. */
export function dateOf(ownDay: number): string {
  return new Date(ownDay * day).toISOString().slice(0, 10)
}

interface Days {
  readonly first: number | undefined
  readonly last: number | undefined
}

/** @returns undefined when there is no such day */
function daysOf(quals: readonly Qual<string>[] | undefined): Days | undefined {
  let first: number | undefined
  let last: number | undefined
  for (const qual of quals ?? []) {
    if (qual.operator === '=') {
      const days = qual.values.flatMap((value) => dayNumber(value) ?? [])
      if (days.length === 0) return undefined
      first = latest(first, Math.min(...days))
      last = earliest(last, Math.max(...days))
    } else if (qual.operator === '>' || qual.operator === '>=') {
      if (isBefore(qual.value, 'infinity')) first = latest(first, dayNumber(qual.value))
      else return undefined
    } else if (qual.operator === '<' || qual.operator === '<=') {
      if (isBefore('-infinity', qual.value)) last = earliest(last, dayNumber(qual.value))
      else return undefined
    }
  }
  return first !== undefined && last !== undefined && first > last ? undefined : { first, last }
}

/** Whether a log file's date fulfils every condition on it, as PostgreSQL compares dates. */
export function fulfilsDates(quals: readonly Qual<string>[] | undefined, date: string): boolean {
  return (quals ?? []).every((qual) => {
    switch (qual.operator) {
      case '=':
        return qual.values.includes(date)
      case '<':
        return isBefore(date, qual.value)
      case '<=':
        return !isBefore(qual.value, date)
      case '>':
        return isBefore(qual.value, date)
      case '>=':
        return !isBefore(date, qual.value)
      default:
        return true
    }
  })
}

/** Compares dates as PostgreSQL prints them: `2022-07-06`, `infinity`, years of more digits, and those before Christ. */
function isBefore(left: string, right: string): boolean {
  const [a, b] = [rank(left), rank(right)]
  return a.kind === b.kind ? a.kind === 0 && left < right : a.kind < b.kind
}

/** Dates with a year of four digits are ordered as texts; all others lie before or after all of these. */
function rank(date: string): { readonly kind: -1 | 0 | 1 } {
  if (date === '-infinity' || date.endsWith(' BC')) return { kind: -1 }
  return /^\d{4}-/.test(date) ? { kind: 0 } : { kind: 1 }
}

/** @returns undefined for a date that no log file has */
function dayNumber(date: string): number | undefined {
  return rank(date).kind === 0 ? dayOf(date) : undefined
}

function latest(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined ? right : right === undefined ? left : Math.max(left, right)
}

function earliest(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined ? right : right === undefined ? left : Math.min(left, right)
}
