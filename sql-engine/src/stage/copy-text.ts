/**
 * Values in COPY's text format: https://www.postgresql.org/docs/18/sql-copy.html, "Text Format".
 */
import type { ColumnType } from '@millrace/plugin-sdk'

/** Writes a value, or returns undefined where a plugin may not yield it for a column of this type. */
export type CopyValueEncoder = (value: unknown) => string | undefined

export const copyNull = '\\N'

/**
 * Characters that COPY reads as something else, and NUL, which no PostgreSQL text holds. (Lone surrogates
 * become U+FFFD when the text is encoded as UTF-8.)
 */
const special = /[\\\t\n\r\0]/
const everySpecial = /[\\\t\n\r\0]/g

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\ufffd',
}

function escapeText(text: string): string {
  return special.test(text) ? text.replace(everySpecial, (character) => escapes[character] ?? '') : text
}

const textValue: CopyValueEncoder = (value) => (typeof value === 'string' ? escapeText(value) : undefined)

const double: CopyValueEncoder = (value) =>
  typeof value !== 'number' ? undefined : Object.is(value, -0) ? '-0' : String(value)

const integer: CopyValueEncoder = (value) => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? String(value) : undefined
  return undefined
}

const numeric: CopyValueEncoder = (value) => {
  if (typeof value === 'string') return escapeText(value)
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined
}

const timestamp: CopyValueEncoder = (value) => {
  if (typeof value === 'string') return escapeText(value)
  return value instanceof Date ? timestampText(value) : undefined
}

/**
 * An ISO 8601 time in the form that PostgreSQL takes: years beyond 9999 without a sign, and years before 1 counted in
 * BC.
 */
function timestampText(date: Date): string | undefined {
  if (Number.isNaN(date.getTime())) return undefined
  const iso = date.toISOString()
  const sign = iso[0]
  if (sign !== '+' && sign !== '-' && !iso.startsWith('0000')) return iso
  const year = date.getUTCFullYear()
  const rest = iso.slice(iso.indexOf('-', 1))
  return year > 0 ? `${year}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`
}

/** The encoders by column type, for the values that {@link RowValues} allows in TypeScript. */
export const copyValueEncoders: Readonly<Record<ColumnType, CopyValueEncoder>> = {
  text: textValue,
  boolean: (value) => (value === true ? 't' : value === false ? 'f' : undefined),
  bigint: integer,
  'double precision': double,
  numeric,
  inet: textValue,
  cidr: textValue,
  uuid: textValue,
  date: textValue,
  jsonb: textValue,
  'timestamp with time zone': timestamp,
}
