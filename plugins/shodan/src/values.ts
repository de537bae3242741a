/**
 * Members of the API's answers as values of columns. What is missing, null or of another type is NULL: one member that
 * is not as documented costs no row. Numbers may be objects, where JavaScript's would lose digits (`parseJson`).
 */
import { isIP } from 'node:net'
import { type JsonText, toJsonText } from '@millrace/plugin-sdk'

/** A text, or a number as its text; an empty text is NULL. */
export function textOrNull(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== ''
    ? value.toWellFormed().replaceAll('\u0000', '\ufffd')
    : null
}

export function integerOrNull(value: unknown): number | bigint | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null
  const digits = typeof value === 'object' && value !== null ? String(value) : ''
  return /^-?\d{1,18}$/.test(digits) ? BigInt(digits) : null
}

export function numberOrNull(value: unknown): number | null {
  if (typeof value === 'number') return value
  const number = typeof value === 'object' && value !== null ? Number(String(value)) : Number.NaN
  return Number.isFinite(number) ? number : null
}

export function booleanOrNull(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}

export function jsonOrNull(value: unknown): JsonText | null {
  return value === null || value === undefined ? null : toJsonText(value)
}

/** Times of Shodan have no zone: they are UTC. Fractions have up to six digits. */
export function timeOrNull(value: unknown): string | null {
  const [, day, time, fraction = ''] =
    (typeof value === 'string' &&
      /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(?:Z|\+00:?00)?$/.exec(value)) ||
    []
  const iso = `${day}T${time}${fraction}Z`
  return day === undefined || Number.isNaN(Date.parse(`${day}T${time}Z`)) ? null : iso
}

export function addressOrNull(value: unknown): string | null {
  return typeof value === 'string' && isIP(value) !== 0 ? value : null
}

/** The same spelling for all spellings of an address. */
export function canonicalAddress(address: string): string {
  return isIP(address) === 6 && !address.includes('%')
    ? new URL(`http://[${address}]`).hostname.slice(1, -1)
    : address
}
