/** The forms that texts have as values of other types, as PostgreSQL reads these. */
import { isIP } from 'node:net'

const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n }

/** The largest exponent, and the most digits, of a number; PostgreSQL's numeric takes more, and rejects rows beyond that. */
const largestExponent = 1000
const mostDigits = 1000

/** Significant digits that floating point keeps in any case. */
const safeDigits = 15

const wholeNumber = /^[+-]?\d+$/
const anyNumber = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?$/
/** Without a leading zero or a plus sign: these would be lost, and mean that a text is no quantity. */
const plainNumber = /^-?(?:(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/
const specialNumber = /^(?:NaN|[+-]?Infinity)$/
const calendarDate = /^(\d{4})-(\d\d)-(\d\d)$/
const isoTime =
  /^(\d{4}-\d\d-\d\d)[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.(\d{1,9}))?)?(Z|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?)?$/

/** A whole number of 64 bits; undefined for what is none. */
export function wholeNumberOf(text: string): bigint | undefined {
  if (!wholeNumber.test(text) || text.length > 30) return undefined
  const value = BigInt(text.replace(/^\+/, ''))
  return value >= int64.least && value <= int64.most ? value : undefined
}

/** Whether a text is a number that PostgreSQL's numeric takes, however many digits it has. */
export function isNumber(text: string): boolean {
  const [, , digits, exponent = '0'] = anyNumber.exec(text) ?? []
  return digits !== undefined && digits.length <= mostDigits && Math.abs(Number(exponent)) <= largestExponent
}

/** Whether a text is how programs write a number. */
export function isPlainNumber(text: string): boolean {
  return plainNumber.test(text)
}

/** NaN and the infinities, as PostgreSQL's floating point takes them. */
export function isSpecialNumber(text: string): boolean {
  return specialNumber.test(text)
}

/** A number of floating point; undefined for what is none, or is beyond its range. */
export function doubleOf(text: string): number | undefined {
  if (isSpecialNumber(text)) return Number(text)
  if (!anyNumber.test(text)) return undefined
  const value = Number(text)
  if (!Number.isFinite(value)) return undefined
  return value === 0 && /[1-9]/.test(text.replace(/[eE].*/, '')) ? undefined : value
}

/** Whether floating point keeps every digit of a number. */
export function isSafeDouble(text: string): boolean {
  const [, , digits = ''] = anyNumber.exec(text) ?? []
  const significant = digits.replace('.', '').replace(/^0+/, '').replace(/0+$/, '')
  return significant.length <= safeDigits && doubleOf(text) !== undefined
}

export function isDate(text: string): boolean {
  const [, year, month, day] = calendarDate.exec(text) ?? []
  if (year === undefined || year === '0000') return false
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

/** A time as ISO 8601 has it, in parts; undefined for what is none. */
export function timeOf(text: string): { readonly hasZone: boolean; readonly decimals: number } | undefined {
  const [, day, decimals = '', zone] = isoTime.exec(text) ?? []
  if (day === undefined || !isDate(day)) return undefined
  return { hasZone: zone !== undefined, decimals: decimals.length }
}

/** What a text is as an address; undefined for what is none. */
export function addressOf(
  text: string,
): { readonly hasMask: boolean; readonly hasHostBits: boolean } | undefined {
  const [address = '', mask, ...more] = text.split('/')
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0 || more.length > 0) return undefined
  if (mask === undefined) return { hasMask: false, hasHostBits: false }
  const size = version === 4 ? 32 : 128
  if (!/^(?:0|[1-9]\d{0,2})$/.test(mask) || Number(mask) > size) return undefined
  const bits = version === 4 ? bitsOf4(address) : bitsOf6(address)
  return { hasMask: true, hasHostBits: (bits & ((1n << BigInt(size - Number(mask))) - 1n)) !== 0n }
}

function bitsOf4(address: string): bigint {
  return address.split('.').reduce((bits, part) => bits * 256n + BigInt(part), 0n)
}

function bitsOf6(address: string): bigint {
  // The one spelling that URLs have: without an IPv4 address at the end.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const partsOf = (text = '') => (text === '' ? [] : text.split(':'))
  const [before, after] = [partsOf(head), partsOf(tail)]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].reduce((bits, part) => bits * 65_536n + BigInt(`0x${part}`), 0n)
}
