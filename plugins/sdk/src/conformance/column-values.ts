/** Whether PostgreSQL takes what a table yields for a column, and what two such values have in common. */
import { isIP } from 'node:net'
import type { ColumnType } from '../column.js'
import type { QualValue } from '../qual.js'

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n }
const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const calendarDate = /^(\d{4,6})-(\d\d)-(\d\d)$/
const isoTime = /^(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)$/
const uuid = /^[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}$/i

/**
 * What is wrong with a value.
 * @param value not NULL
 * @returns undefined where PostgreSQL takes it
 */
export function faultOfValue(value: unknown, type: ColumnType): string | undefined {
  const expected = faults[type](value)
  if (expected === undefined) return undefined
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value)
  return `${typeof value} ${shown} is no ${type}: expected ${expected}`
}

/** By type: what was expected instead of a value. */
const faults: Readonly<Record<ColumnType, (value: unknown) => string | undefined>> = {
  text: (value) => (typeof value === 'string' ? undefined : 'a string'),
  boolean: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
  bigint: (value) => {
    const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
    return isWhole && value >= int64.least && value <= int64.most
      ? undefined
      : 'a safe integer, or a bigint of 64 bits'
  },
  'double precision': (value) => (typeof value === 'number' ? undefined : 'a number'),
  numeric: (value) =>
    typeof value === 'bigint' || number.test(String(value)) ? undefined : 'digits, or a number',
  inet: (value) => (networkOf(value) === undefined ? 'an address, or a network' : undefined),
  cidr: (value) => {
    const network = networkOf(value)
    return network === undefined || hasHostBits(network)
      ? 'a network without bits beyond its mask'
      : undefined
  },
  uuid: (value) => (typeof value === 'string' && uuid.test(value) ? undefined : '32 hexadecimal digits'),
  date: (value) => (typeof value === 'string' && isDate(value) ? undefined : 'a date, as 2022-07-06'),
  jsonb: (value) => (isJsonText(value) ? undefined : 'JSON as toJsonText makes it'),
  'timestamp with time zone': (value) =>
    microsecondsOf(value) === undefined ? 'a Date, or ISO 8601 text with a zone' : undefined,
}

function isDate(text: string): boolean {
  const [, year, month, day] = calendarDate.exec(text) ?? []
  if (year === undefined) return false
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

function isJsonText(value: unknown): boolean {
  if (typeof value !== 'string' || !value.isWellFormed()) return false
  try {
    const parsed: unknown = JSON.parse(value)
    // jsonb takes neither NUL nor halves of surrogate pairs.
    return !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(parsed))
  } catch {
    return false
  }
}

/** Microseconds since 1970; undefined for what is no time. */
function microsecondsOf(value: unknown): bigint | undefined {
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? undefined : BigInt(value.getTime()) * 1000n
  const [text, day = '', fraction = ''] = (typeof value === 'string' && isoTime.exec(value)) || []
  if (text === undefined || !isDate(day)) return undefined
  const milliseconds = Date.parse(
    text
      .replace(' ', 'T')
      .replace(fraction, '')
      .replace(/([+-]\d\d)$/, '$1:00'),
  )
  if (Number.isNaN(milliseconds)) return undefined
  return BigInt(milliseconds) * 1000n + BigInt(fraction.slice(1, 7).padEnd(6, '0'))
}

interface Network {
  /** The address as one number. */
  readonly bits: bigint
  /** 32 or 128. */
  readonly size: number
  readonly mask: number
}

function networkOf(value: unknown): Network | undefined {
  if (typeof value !== 'string') return undefined
  const [address = '', maskText, ...more] = value.split('/')
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0 || more.length > 0) return undefined
  const size = version === 4 ? 32 : 128
  const mask = maskText === undefined ? size : /^\d{1,3}$/.test(maskText) ? Number(maskText) : size + 1
  return mask > size ? undefined : { bits: version === 4 ? bitsOf4(address) : bitsOf6(address), size, mask }
}

function bitsOf4(address: string): bigint {
  return address.split('.').reduce((bits, part) => bits * 256n + BigInt(part), 0n)
}

function bitsOf6(address: string): bigint {
  const plain = address.replace(/[\d.]+$/, (tail) => {
    if (!tail.includes('.')) return tail
    const bits = bitsOf4(tail)
    return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const partsOf = (text: string) => (text === '' ? [] : text.split(':'))
  const after = tail === undefined ? [] : partsOf(tail)
  const zeros = Array.from({ length: 8 - partsOf(head).length - after.length }, () => '0')
  return [...partsOf(head), ...zeros, ...after].reduce(
    (bits, part) => bits * 65536n + BigInt(`0x${part}`),
    0n,
  )
}

function hasHostBits({ bits, size, mask }: Network): boolean {
  return (bits & ((1n << BigInt(size - mask)) - 1n)) !== 0n
}

/** Whether a value of an inet column is an address without a netmask. */
export function isHost(value: unknown): boolean {
  const network = networkOf(value)
  return network !== undefined && network.mask === network.size
}

/**
 * A value of a row or of a condition as a text, number or truth value that is the same for all values that PostgreSQL takes as equal.
 * @returns undefined for what is none of the type, and for NULL
 */
export function canonicalValue(
  value: unknown,
  type: ColumnType,
): string | bigint | number | boolean | undefined {
  if (value === null || value === undefined) return undefined
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'bigint':
      return typeof value === 'bigint' || Number.isSafeInteger(value)
        ? BigInt(value as bigint | number)
        : undefined
    case 'double precision':
      return typeof value === 'number' ? value : undefined
    case 'numeric':
      return number.test(String(value)) ? canonicalDigits(String(value)) : undefined
    case 'inet':
    case 'cidr': {
      const network = networkOf(value)
      return network === undefined ? undefined : `${network.size}:${network.bits}/${network.mask}`
    }
    case 'uuid':
      return String(value).replaceAll('-', '').toLowerCase()
    case 'timestamp with time zone':
      // Conditions name times in microseconds.
      return typeof value === 'bigint' ? value : microsecondsOf(value)
    case 'jsonb':
      return typeof value === 'string' ? canonicalJson(value) : undefined
    default:
      return typeof value === 'string' ? value : undefined
  }
}

/** Digits without what does not matter, unless there is an exponent. */
function canonicalDigits(text: string): string {
  if (/[eE]/.test(text)) return String(Number(text))
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.')
  const digits = `${whole.replace(/^0+(?=\d)/, '') || '0'}.${fraction}`.replace(/\.?0*$/, '')
  return `${text.startsWith('-') && digits !== '0' ? '-' : ''}${digits || '0'}`
}

function canonicalJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
        : value,
    )
  } catch {
    return text
  }
}

/** A row's value as a query would name it; undefined where there is none, or it is wrong. */
export function qualValueOf(value: unknown, type: ColumnType): QualValue | undefined {
  const canonical = canonicalValue(value, type)
  if (canonical === undefined) return undefined
  switch (type) {
    case 'bigint':
    case 'timestamp with time zone':
    case 'boolean':
    case 'double precision':
    case 'numeric':
      return canonical
    case 'inet':
    case 'cidr':
      // A single address has no mask when PostgreSQL prints an inet; a cidr always has one.
      return type === 'inet' && isHost(value) ? String(value).replace(/\/.*/, '') : String(value)
    default:
      return String(value)
  }
}
