/** Conditions on what is made of times and dates, beside constants that sit on what is made of the rows' values. */
import { quoteLiteral } from '../../parse/identifier.js'
import { compared } from './compared.js'
import type { RuleParts } from './rule-parts.js'

const days = [
  '2022-07-06',
  '2022-07-07',
  '2022-07-06',
  '2022-07-05',
  '2022-07-08',
  '1969-12-31',
  '1970-01-01',
  '2022-10-30',
] as const

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia'] as const

/** Conditions on a `timestamptz`, so many of several kinds. */
export function timeBounds(parts: RuleParts, column: string, count: number): readonly string[] {
  const time = () => `'${parts.value('timestamp with time zone')}'::timestamptz`
  const day = () => quoteLiteral(parts.pick(...days))
  /** Beside the same of one of the values. */
  const alike = (make: (value: string) => string) => compared(parts, make(column), () => make(time()))
  return parts.someOf(count, [
    () => ofDays(parts, column, time, day),
    () => compared(parts, parts.pick(`${column}::date`, `date(${column})`), day),
    () => {
      const unit = parts.pick('day', 'hour', 'month', 'year', 'week', 'second')
      return alike((value) => `date_trunc('${unit}', ${value})`)
    },
    () => {
      const stride = parts.pick('1 day', '15 minutes', '7 days', '1 hour')
      return alike((value) => `date_bin('${stride}', ${value}, timestamptz '2001-01-01')`)
    },
    () => {
      const moved = parts.pick(
        "+ interval '1 hour'",
        "- interval '1 month 2 days'",
        "+ interval '40 days'",
        "- interval '1 day'",
        "+ interval '9 days'",
      )
      return alike((value) => `${value} ${moved}`)
    },
    () => {
      const zone = parts.pick(...zones)
      return alike((value) => `(${value} at time zone '${zone}')`)
    },
    () => clockChange(parts, column),
    () => compared(parts, `extract(year from ${column})`, () => parts.pick('2022', '1969', '1970', '2021')),
    () => {
      const epoch = () =>
        String(Math.trunc(Date.parse(parts.value('timestamp with time zone')) / 1000) + parts.pick(0, 0, 1))
      return compared(parts, `extract(epoch from ${column})`, epoch)
    },
    () => sinceThen(parts, column, time),
    () => {
      const format = parts.pick('YYYY-MM-DD', 'YYYY-MM', 'YYYY')
      const text = () => quoteLiteral(parts.pick(...days).slice(0, format.length))
      return compared(parts, `to_char(${column}, '${format}')`, text)
    },
    () => alike((value) => `cast(${value} as timestamp)`),
    () => {
      const rest = parts.pick('/ 3600', '/ 86400', '/ 60')
      return alike((value) => `floor(extract(epoch from ${value}) ${rest})`)
    },
  ])
}

/** Days of a time, also beside times, which PostgreSQL compares in the session's zone. */
function ofDays(parts: RuleParts, column: string, time: () => string, day: () => string): string {
  const made = parts.oneOf(
    () => `${column}::date`,
    () => `date_trunc('day', ${column})::date`,
    () => `(${column} at time zone '${parts.pick(...zones)}')::date`,
    () => `${column}::date + 1`,
  )
  if (parts.choices.chance(20)) {
    return compared(parts, `date '2022-07-09' - ${column}::date`, () => String(parts.pick(2, 3, 1, 4, 19000)))
  }
  return compared(parts, made, () => parts.pick(day(), day(), `date ${day()}`, time()))
}

/** What local clocks show around the hour that comes twice; a literal has no type but that of what it stands beside. */
function clockChange(parts: RuleParts, column: string): string {
  const clock = () =>
    parts.pick(
      "'2022-10-30 02:30'",
      "'2022-10-30 02:30'",
      "timestamp '2022-10-30 02:30'",
      "'2022-10-30 02:00'",
    )
  return compared(parts, `(${column} at time zone 'Europe/Berlin')`, clock)
}

/** How long ago a time was. */
function sinceThen(parts: RuleParts, column: string, time: () => string): string {
  const span = () => {
    const text = quoteLiteral(
      parts.pick('1 day', '0', '12 hours', '3 hours', '1 s', '20000 days', '86400', '2 days'),
    )
    return parts.pick(text, `interval ${text}`)
  }
  const made = parts.pick(column, column, `date_trunc('day', ${column})`, `(${column} + interval '1 day')`)
  return compared(parts, `${time()} - ${made}`, span)
}

/** Conditions on a `date`, so many of several kinds. */
export function dayBounds(parts: RuleParts, column: string, count: number): readonly string[] {
  const day = () => `date ${quoteLiteral(parts.pick(...days))}`
  const noon = () => `timestamp '${parts.pick(...days)} ${parts.pick('12:00', '00:00', '23:59')}'`
  return parts.someOf(count, [
    () => compared(parts, `${column} + 1`, day),
    () => compared(parts, `${column} - 2`, day),
    () => compared(parts, `date '2022-07-09' - ${column}`, () => String(parts.pick(2, 3, 4, 1, 19000))),
    () => compared(parts, `${column}::timestamp`, noon),
    () => compared(parts, `${column}::timestamptz`, () => `timestamptz ${day().slice(5)}`),
    () => compared(parts, `date_trunc('month', ${column})`, () => `date_trunc('month', ${day()})`),
    () => compared(parts, `extract(year from ${column})`, () => parts.pick('2022', '1969', '1970')),
    () => compared(parts, column, noon),
    () => compared(parts, `${column} + 1`, () => `timestamptz '${parts.pick(...days)} 12:00'`),
  ])
}
