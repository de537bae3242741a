/** Units of time, and times as texts that sort as the times do. */

/** Intervals at least as long as any of the unit, by PostgreSQL's names of units for date_trunc. */
export const unitLengths: ReadonlyMap<string, string> = new Map([
  ['microseconds', '1 second'],
  ['milliseconds', '1 second'],
  ['second', '2 seconds'],
  ['minute', '1 minute'],
  ['hour', '1 hour'],
  ['day', '1 day'],
  ['week', '7 days'],
  ['month', '31 days'],
  ['quarter', '92 days'],
  ['year', '366 days'],
  ['decade', '3653 days'],
  ['century', '36525 days'],
  ['millennium', '365250 days'],
])

/** Parts of a format of to_char, the longest time first, and how long each is at most. */
const parts = [
  { pattern: 'YYYY', digits: 4, unit: 'year' },
  { pattern: 'MM', digits: 2, unit: 'month' },
  { pattern: 'DD', digits: 2, unit: 'day' },
  { pattern: 'HH24', digits: 2, unit: 'hour' },
  { pattern: 'MI', digits: 2, unit: 'minute' },
  { pattern: 'SS', digits: 2, unit: 'second' },
] as const

/** What may stand between the parts: nothing, punctuation, or a letter in quotes. */
const separator = /^(?:[-/.: ]|"T")?/

/**
 * The time that a text means in a format of to_char, if the year comes first in that, followed by ever smaller units.
 * @returns the earliest time of which to_char makes the text, and how long after it there are others
 */
export function formattedTime(
  format: string,
  text: string,
): { readonly start: string; readonly length: string } | undefined {
  const numbers: number[] = []
  let [formatLeft, textLeft] = [format, text]
  for (const { pattern, digits } of parts) {
    if (!formatLeft.startsWith(pattern)) return undefined
    const number = textLeft.slice(0, digits)
    if (number.length < digits || !/^\d+$/.test(number)) return undefined
    numbers.push(Number(number))
    formatLeft = formatLeft.slice(pattern.length)
    textLeft = textLeft.slice(digits)
    if (formatLeft === '') break
    const [between = ''] = separator.exec(formatLeft) ?? []
    const expected = between === '"T"' ? 'T' : between
    if (!textLeft.startsWith(expected)) return undefined
    formatLeft = formatLeft.slice(between.length)
    textLeft = textLeft.slice(expected.length)
  }
  const unit = parts[numbers.length - 1]?.unit
  if (unit === undefined || formatLeft !== '' || textLeft !== '') return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbers
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // 2024-02-30 is not a day, and no time is written that way.
  const isTime = year > 0 && year >= 1000 && time.getUTCMonth() === month - 1 && time.getUTCDate() === day
  if (!isTime || hour > 23 || minute > 59 || second > 59) return undefined
  return {
    start: time.toISOString().slice(0, 19).replace('T', ' '),
    length: unitLengths.get(unit) ?? '366 days',
  }
}
