/** The time at a place, as ipstack's time_zone module gives it. */

export interface LocalTime {
  readonly id: string
  /** The time in ISO 8601 with the place's offset. */
  readonly current_time: string
  /** Seconds east of Greenwich. */
  readonly gmt_offset: number
  readonly code: string
  readonly is_daylight_saving: boolean
}

/** Abbreviations in winter and summer; Intl knows only those of its own locale. */
const codes: Readonly<Record<string, readonly [winter: string, summer: string]>> = {
  'America/Los_Angeles': ['PST', 'PDT'],
  'America/Denver': ['MST', 'MDT'],
  'America/Chicago': ['CST', 'CDT'],
  'America/New_York': ['EST', 'EDT'],
  'America/Toronto': ['EST', 'EDT'],
  'America/Mexico_City': ['CST', 'CDT'],
  'America/Sao_Paulo': ['-03', '-02'],
  'America/Argentina/Buenos_Aires': ['-03', '-02'],
  'Europe/London': ['GMT', 'BST'],
  'Europe/Dublin': ['GMT', 'IST'],
  'Europe/Warsaw': ['CET', 'CEST'],
  'Asia/Kolkata': ['IST', 'IST'],
  'Asia/Tokyo': ['JST', 'JST'],
  'Asia/Singapore': ['+08', '+08'],
  'Australia/Sydney': ['AEST', 'AEDT'],
  'Africa/Johannesburg': ['SAST', 'SAST'],
  'Africa/Nairobi': ['EAT', 'EAT'],
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Times of one second, by place: many addresses share a place, and asking Intl takes longer than all the rest. */
const known = new Map<string, LocalTime>()
let knownSecond = 0

export function localTime(id: string, now: Date): LocalTime {
  const second = Math.floor(now.getTime() / 1000)
  if (second !== knownSecond) known.clear()
  knownSecond = second
  const time = known.get(id) ?? computeLocalTime(id, now)
  known.set(id, time)
  return time
}

function computeLocalTime(id: string, now: Date): LocalTime {
  const offset = offsetAt(id, now)
  const year = now.getUTCFullYear()
  // Standard time is the smaller of the two offsets a year knows.
  const standard = Math.min(
    offsetAt(id, new Date(Date.UTC(year, 0, 1))),
    offsetAt(id, new Date(Date.UTC(year, 6, 1))),
  )
  const isSummer = offset !== standard
  const [winterCode, summerCode] = codes[id] ?? ['CET', 'CEST']
  const sign = offset < 0 ? '-' : '+'
  const minutes = Math.abs(offset) / 60
  const zone = `${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
  const local = new Date(now.getTime() + offset * 1000).toISOString().slice(0, 19)
  return {
    id,
    current_time: `${local}${zone}`,
    gmt_offset: offset,
    code: isSummer ? summerCode : winterCode,
    is_daylight_saving: isSummer,
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function offsetAt(id: string, time: Date): number {
  let format = formats.get(id)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: id, timeZoneName: 'longOffset' })
    formats.set(id, format)
  }
  const name = format.formatToParts(time).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d{2}):(\d{2}))?$/.exec(name) ?? []
  if (hours === undefined || minutes === undefined) return 0
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}
