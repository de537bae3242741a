/** Values that PostgreSQL has evaluated, in the form that plugins take. */
import type { ColumnType, EpochMicroseconds, QualValue } from '@millrace/plugin-sdk'

export type DecodedValue =
  | { readonly kind: 'value'; readonly value: QualValue }
  /** SQL's NULL: no comparison with it is ever true. */
  | { readonly kind: 'null' }
  /** The column's type has no value that equals it: a fraction for an integer. */
  | { readonly kind: 'unequal' }
  /** The value must be asked for again, cast to the column's type by PostgreSQL; that cast is exact. */
  | { readonly kind: 'cast' }
  /** The column's type cannot hold it exactly: it must not be pushed. */
  | { readonly kind: 'inexact' }

/**
 * Takes a value for a column.
 * @param typeName of the value's own type, as pg_typeof prints it
 * @param json the value, as to_json prints it; null for NULL
 * @param type of the column
 */
export function decodeValue(typeName: string, json: string | null, type: ColumnType): DecodedValue {
  if (json === null) return { kind: 'null' }
  if (castTypes[type]?.includes(typeName) === true) return { kind: 'cast' }
  if (isUnequal(typeName, json, type)) return { kind: 'unequal' }
  const converted = smallInteger(typeName, json, type) ?? midnight(typeName, json, type)
  if (converted !== undefined) return { kind: 'value', value: converted }
  const value = exactTypes[type].includes(typeName) ? readValue(json, type) : undefined
  return value === undefined ? { kind: 'inexact' } : { kind: 'value', value }
}

/** Whether no column can take values of a type, or it is not known which columns can. */
export function isForeignType(typeName: string): boolean {
  return !knownTypes.has(typeName)
}

/** Types that PostgreSQL turns into the column's to compare them with it, or compares as if it did. */
const castTypes: Readonly<Partial<Record<ColumnType, readonly string[]>>> = {
  text: ['character'],
  // JSON has fewer digits of a real than PostgreSQL compares.
  'double precision': ['real'],
  // A cidr always prints its netmask: 1.1.1.1/32.
  inet: ['cidr'],
  'timestamp with time zone': ['date', 'timestamp without time zone'],
}

const integers = ['smallint', 'integer', 'bigint']

/** Types of which every value that can be read here is the same value in the column's type. */
const exactTypes: Readonly<Record<ColumnType, readonly string[]>> = {
  text: ['text', 'character varying', 'name'],
  boolean: ['boolean'],
  bigint: [...integers, 'numeric'],
  'double precision': ['double precision', 'smallint', 'integer', 'numeric'],
  numeric: [...integers, 'numeric'],
  inet: ['inet'],
  cidr: ['cidr'],
  uuid: ['uuid'],
  date: ['date'],
  jsonb: ['jsonb'],
  'timestamp with time zone': ['timestamp with time zone'],
}

const knownTypes: ReadonlySet<string> = new Set([
  ...Object.values(castTypes).flat(),
  ...Object.values(exactTypes).flat(),
])

function readValue(json: string, type: ColumnType): QualValue | undefined {
  switch (type) {
    case 'text':
    case 'inet':
    case 'cidr':
    case 'uuid':
      return readString(json)
    case 'date': {
      const text = readString(json)
      return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined
    }
    case 'boolean':
      return json === 'true'
    case 'bigint':
      return readInteger(json)
    case 'double precision': {
      const number = Number(json)
      return Number.isFinite(number) ? number : readSpecialNumber(json)
    }
    case 'numeric':
      return /^-?\d+(\.\d+)?$/.test(json) ? withoutTrailingZeros(json) : undefined
    case 'jsonb':
      return withNumbersSpeltAlike(json)
    case 'timestamp with time zone':
      return readTimestamp(readString(json) ?? '')
  }
}

/**
 * Whether no value of the column's type equals a value. PostgreSQL compares an integer with a number of another type
 * as such a number, and no 64-bit integer equals these; and a date with a time as its midnight. No row has an infinite
 * time or date: plugins yield ISO 8601.
 */
function isUnequal(typeName: string, json: string, type: ColumnType): boolean {
  if (type === 'timestamp with time zone') {
    return exactTypes[type].includes(typeName) && infinite.test(json)
  }
  if (type === 'date') {
    const isOtherTime = typeName === localTime && localTimestamp.test(json) && !localMidnight.test(json)
    return isOtherTime || ((typeName === localTime || typeName === 'date') && infinite.test(json))
  }
  if (type !== 'bigint') return false
  if (typeName === 'double precision' || typeName === 'real') return /^-?\d+\.\d*[1-9]\d*$/.test(json)
  return typeName === 'numeric' && readInteger(json) === undefined
}

const infinite = /^"-?infinity"$/

const localTime = 'timestamp without time zone'
const localTimestamp = /^"\d{4}-\d\d-\d\dT[\d:.]+"$/
const localMidnight = /^"(\d{4}-\d\d-\d\d)T00:00:00"$/

/** The date that a time without a zone is, as whose midnight PostgreSQL compares the column's values with it. */
function midnight(typeName: string, json: string, type: ColumnType): QualValue | undefined {
  return type === 'date' && typeName === localTime ? localMidnight.exec(json)?.[1] : undefined
}

/** Below these, each whole number has its own value of the type, and no other equals it. */
const exactIntegers: Readonly<Record<string, number>> = { 'double precision': 2 ** 53, real: 2 ** 24 }

/**
 * A whole number of a type beside which PostgreSQL compares the column's values as floating point, which keeps numbers
 * that small apart: it is then the same in both types.
 */
function smallInteger(typeName: string, json: string, type: ColumnType): QualValue | undefined {
  const isCompared =
    (type === 'bigint' && typeName in exactIntegers) || (type === 'double precision' && typeName === 'bigint')
  const number = Number(json)
  const limit = exactIntegers[typeName] ?? 2 ** 53
  if (!isCompared || !Number.isInteger(number) || Math.abs(number) >= limit) return undefined
  return type === 'bigint' ? BigInt(number) : number
}

/** @returns undefined for fractions, and for what takes more than 64 bits */
function readInteger(json: string): bigint | undefined {
  const integer = /^(-?\d+)(\.0*)?$/.exec(json)?.[1]
  const value = integer === undefined ? undefined : BigInt(integer)
  return value === undefined || BigInt.asIntN(64, value) !== value ? undefined : value
}

/** 2.50 and 2.5 are equal; both become 2.5, so that they are not asked for twice. */
function withoutTrailingZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}

/** JSON in which equal numbers are spelt alike, as PostgreSQL compares them by their values: 1.0 is 1. */
function withNumbersSpeltAlike(json: string): string {
  return json.replace(stringOrFraction, withoutTrailingZeros)
}

/** A string ends with its quote, not with a zero. PostgreSQL writes jsonb's numbers without exponents. */
const stringOrFraction = /"(?:[^"\\]|\\.)*"|-?\d+\.\d+/g

/** A number that JSON does not have, and to_json writes as a text. Too many digits for a double are none of these. */
function readSpecialNumber(json: string): number | undefined {
  const text = json.startsWith('"') ? readString(json) : undefined
  return text === 'NaN' || text === 'Infinity' || text === '-Infinity' ? Number(text) : undefined
}

function readString(json: string): string | undefined {
  const value: unknown = JSON.parse(json)
  return typeof value === 'string' ? value : undefined
}

const isoTimestamp =
  /^(\d{4,6})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d):?(\d\d)?(?::?(\d\d))?$/

/** @returns undefined for infinity and for years before Christ */
function readTimestamp(text: string): EpochMicroseconds | undefined {
  const match = isoTimestamp.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hours, minutes, seconds, fraction, sign, ...offset] = match
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hours), Number(minutes), Number(seconds))
  if (Number.isNaN(date.getTime())) return undefined
  const [offsetHours, offsetMinutes, offsetSeconds] = offset.map((part) => Number(part ?? 0))
  const offsetTotal = (offsetHours ?? 0) * 3600 + (offsetMinutes ?? 0) * 60 + (offsetSeconds ?? 0)
  const local = BigInt(date.getTime()) * 1000n + BigInt((fraction ?? '').padEnd(6, '0'))
  return local - BigInt(sign === '-' ? -offsetTotal : offsetTotal) * 1_000_000n
}
