/**
 * Which records a query needs: a cheap look at a record's bytes before it is parsed, and the conditions themselves on what was
 * read of it. All plain data, so that it can be evaluated elsewhere than on the main thread.
 */
import type { Qual } from '@millrace/plugin-sdk'
import type { RecordColumn } from '../cloudtrail-records/record-columns.js'

/** A condition on one column of a record. */
export interface RecordCondition {
  readonly column: RecordColumn
  readonly qual: Qual<string | boolean | bigint>
}

/** Bytes of which a record must hold some, to be worth parsing. */
export type Needles = readonly Buffer[]

/**
 * What JSON may write in several ways without `\u`: quotation marks, backslashes, slashes, control characters; and what UTF-8
 * cannot hold, or holds in the place of what it cannot.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is meant
const severalForms = /["\\/\u0000-\u001f\u007f\ufffd\p{Surrogate}]+/u

/** The most values of a condition that are looked for in bytes. */
const mostNeedles = 20

/** The names by which columns stand in a record, where a condition says no more than that they do. */
const fieldNames: Partial<Record<RecordColumn, string>> = {
  error_code: 'errorCode',
  error_message: 'errorMessage',
  shared_event_id: 'sharedEventID',
  vpc_endpoint_id: 'vpcEndpointId',
}

/** What records that fulfil the conditions have in their bytes: of each list, one. */
export function needlesOf(conditions: readonly RecordCondition[]): readonly Needles[] {
  return conditions.flatMap(({ column, qual }) => {
    if (qual.operator === 'is not null') {
      const name = fieldNames[column]
      return name === undefined ? [] : [[Buffer.from(`"${name}"`)]]
    }
    if (qual.operator !== '=' || qual.values.length > mostNeedles) return []
    const needles = qual.values.map((value) => (typeof value === 'string' ? needleOf(value) : ''))
    return needles.includes('') ? [] : [needles.map((needle) => Buffer.from(needle))]
  })
}

/** The longest part of a text that every record with the text holds as it is; empty where there is none. */
function needleOf(text: string): string {
  return text
    .split(severalForms)
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '')
}

const unicodeEscape = Buffer.from('\\u')

/** Whether a record may fulfil the conditions, by its bytes. */
export function mayHold(record: Buffer, needles: readonly Needles[]): boolean {
  if (needles.length === 0 || needles.every((some) => some.some((needle) => record.includes(needle))))
    return true
  // Any character may be written as an escape.
  return record.includes(unicodeEscape)
}

/** Whether what was read of a record fulfils the conditions, as PostgreSQL decides it. */
export function fulfils(
  row: Readonly<Record<string, unknown>>,
  conditions: readonly RecordCondition[],
): boolean {
  return conditions.every(({ column, qual }) => {
    const value = column === 'event_time' ? microsecondsOf(row[column]) : row[column]
    if (value === null || value === undefined) return false
    switch (qual.operator) {
      case 'is not null':
        return true
      case '=':
        return qual.values.some((one) => one === value)
      case '<>':
        return value !== qual.value
      case '<':
      case '<=':
      case '>':
      case '>=':
        return (
          typeof value === 'bigint' &&
          typeof qual.value === 'bigint' &&
          holds(value, qual.operator, qual.value)
        )
      default:
        return true
    }
  })
}

function holds(value: bigint, operator: '<' | '<=' | '>' | '>=', bound: bigint): boolean {
  switch (operator) {
    case '<':
      return value < bound
    case '<=':
      return value <= bound
    case '>':
      return value > bound
    case '>=':
      return value >= bound
  }
}

const isoTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)$/

/** The microseconds since 1970 of a time as a record has it; what is smaller is left out. */
export function microsecondsOf(time: unknown): bigint | undefined {
  if (typeof time !== 'string') return undefined
  const [, seconds = '', fraction = '', zone = ''] = isoTime.exec(time) ?? []
  const milliseconds = Date.parse(`${seconds}${zone}`)
  if (Number.isNaN(milliseconds)) return undefined
  return BigInt(milliseconds) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

/** The length of the shortest time with more than microseconds: `2022-07-06T20:38:09.1234567Z`. */
const finestLength = 28

/** A time without what is smaller than a microsecond, which PostgreSQL would round up or down. */
export function withoutNanoseconds(time: string): string {
  return time.length < finestLength ? time : time.replace(/(\.\d{6})\d+/, '$1')
}
