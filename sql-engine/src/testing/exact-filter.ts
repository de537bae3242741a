/** Decides conditions as PostgreSQL does, for a stand-in of an API that leaves out all it is allowed to. */
import { isIPv6 } from 'node:net'
import type { ColumnType, PatternOperator, Qual } from '@millrace/plugin-sdk'

/**
 * Whether a row's value fulfils a qual. NULL fulfils none but `is null`.
 * @param value as a row of these tests holds it: timestamps as ISO 8601 text, numeric and jsonb as text
 */
export function fulfilsExactly(type: ColumnType, value: unknown, qual: Qual): boolean {
  const isNull = value === null || value === undefined
  if (!('value' in qual) && qual.operator !== '=') return isNull === (qual.operator === 'is null')
  if (isNull) return false
  if (qual.operator === '=') return qual.values.some((asked) => compare(type, value, asked) === 0)
  const { operator, value: asked } = qual
  switch (operator) {
    case '<>':
      return compare(type, value, asked) !== 0
    case '<':
      return compare(type, value, asked) < 0
    case '<=':
      return compare(type, value, asked) <= 0
    case '>':
      return compare(type, value, asked) > 0
    case '>=':
      return compare(type, value, asked) >= 0
    default:
      return matches(operator, String(value), String(asked))
  }
}

/** The order of two values of rows, neither of which is NULL. */
export function compareValues(type: ColumnType, left: unknown, right: unknown): number {
  const isTime = type === 'timestamp with time zone'
  return compare(type, left, isTime ? microseconds(String(right)) : right)
}

function compare(type: ColumnType, value: unknown, asked: unknown): number {
  switch (type) {
    case 'timestamp with time zone':
      return sign(microseconds(String(value)), asked as bigint)
    case 'bigint':
      return sign(BigInt(value as bigint), BigInt(asked as bigint))
    case 'numeric':
    case 'double precision':
      // Numbers of these tests have few digits.
      return compareNumbers(Number(value), Number(asked))
    case 'jsonb':
      return canonicalJson(String(value)) === canonicalJson(String(asked)) ? 0 : 1
    case 'boolean':
      return sign(Number(value), Number(asked))
    case 'inet':
      return usualAddress(String(value)) === usualAddress(String(asked)) ? 0 : 1
    default:
      // The test database's collation is the order of code points, as that of UTF-8's bytes.
      return Buffer.compare(Buffer.from(String(value)), Buffer.from(String(asked)))
  }
}

/** As most APIs do, takes an address for itself however its zeros are written. */
function usualAddress(text: string): string {
  const [address = '', length] = text.split('/')
  const usual = isIPv6(address) ? new URL(`http://[${address}]`).hostname : address
  return length === undefined ? usual : `${usual}/${Number(length)}`
}

/** @param time in ISO 8601, of which Date reads no more than milliseconds */
function microseconds(time: string): bigint {
  const [, start, digits = '', zone] = /^([^.]*)(?:\.(\d+))?(Z|[+-][\d:]+)$/.exec(time) ?? []
  if (start === undefined) throw new Error(`${time} is not a time of these tests`)
  return BigInt(Date.parse(`${start}${zone}`)) * 1000n + BigInt(digits.padEnd(6, '0'))
}

function sign<Value extends number | bigint>(left: Value, right: Value): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** To PostgreSQL, NaN equals itself and is greater than all else. */
function compareNumbers(left: number, right: number): number {
  if (Number.isNaN(left) || Number.isNaN(right))
    return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
  return sign(left, right)
}

function canonicalJson(text: string): string {
  return JSON.stringify(JSON.parse(text), (_, value: unknown) =>
    value instanceof Object && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  )
}

function matches(operator: PatternOperator, value: string, pattern: string): boolean {
  switch (operator) {
    case '~~':
      return like(pattern, 's').test(value)
    case '!~~':
      return !like(pattern, 's').test(value)
    case '~~*':
      return like(pattern, 'is').test(value)
    case '!~~*':
      return !like(pattern, 'is').test(value)
    // Patterns of these tests mean the same in both dialects.
    case '~':
      return new RegExp(pattern, 'su').test(value)
    case '!~':
      return !new RegExp(pattern, 'su').test(value)
    case '~*':
      return new RegExp(pattern, 'isu').test(value)
    case '!~*':
      return !new RegExp(pattern, 'isu').test(value)
  }
}

/** LIKE's pattern as a regular expression: `%`, `_`, and a backslash that takes the next as it stands. */
function like(pattern: string, flags: string): RegExp {
  const source = pattern.replace(/\\(.)|([%_])|([^\w\s])/gsu, (_, escaped, wildcard, other) => {
    if (wildcard !== undefined) return wildcard === '%' ? '.*' : '.'
    const literal: string = escaped ?? other
    return literal.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&')
  })
  return new RegExp(`^${source}$`, `${flags}u`)
}
