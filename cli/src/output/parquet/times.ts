/** Times as Parquet counts them, from PostgreSQL's text: https://www.postgresql.org/docs/18/datatype-datetime.html */

const date = /^(\d{4,})-(\d\d)-(\d\d)/
const clock = /(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?/
const offset = /(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?/

const datePattern = new RegExp(`${date.source}( BC)?$`)
const clockPattern = new RegExp(`^${clock.source}$`)
const timePattern = new RegExp(`${date.source} ${clock.source}${offset.source}( BC)?$`)

const secondsPerDay = 86_400

/** @returns days since 1970-01-01; undefined for what is no such day, as `infinity` */
export function daysOf(text: string): number | undefined {
  const [, year, month, day, era] = datePattern.exec(text) ?? []
  return year === undefined ? undefined : days(year, month, day, era)
}

/** @returns microseconds since midnight */
export function clockMicrosecondsOf(text: string): bigint | undefined {
  const [, hours, minutes, seconds, fraction] = clockPattern.exec(text) ?? []
  return hours === undefined ? undefined : microseconds(secondsOf(hours, minutes, seconds), fraction)
}

/** @returns microseconds since 1970-01-01 00:00:00, of UTC where the text has an offset from it */
export function timeMicrosecondsOf(text: string): bigint | undefined {
  const [, year, month, day, hours, minutes, seconds, fraction, sign, ...rest] = timePattern.exec(text) ?? []
  if (year === undefined) return undefined
  const [offsetHours, offsetMinutes, offsetSeconds, era] = rest
  const shift = (sign === '-' ? -1 : 1) * secondsOf(offsetHours, offsetMinutes, offsetSeconds)
  const total = days(year, month, day, era) * secondsPerDay + secondsOf(hours, minutes, seconds) - shift
  return microseconds(total, fraction)
}

type Digits = string | undefined

function microseconds(seconds: number, fraction: Digits): bigint {
  return BigInt(seconds) * 1_000_000n + BigInt((fraction ?? '').padEnd(6, '0'))
}

function secondsOf(hours: Digits, minutes: Digits, seconds: Digits): number {
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
}

/**
 * Days of the Gregorian calendar, extended to all years: JavaScript's own dates end before PostgreSQL's. Counted in
 * eras of 400 years that begin in March, after the leap day.
 */
function days(yearText: string, monthText: Digits, dayText: Digits, bc: Digits): number {
  const month = Number(monthText)
  const year = (bc === undefined ? Number(yearText) : 1 - Number(yearText)) - (month <= 2 ? 1 : 0)
  const era = Math.floor(year / 400)
  const yearOfEra = year - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + Number(dayText) - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
