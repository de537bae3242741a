/**
 * Types of Parquet's columns, and their values as rows have them. The reader's own conversions of decimals and times lose
 * digits, so that raw values are converted here.
 * See https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
 */
import { type ColumnType, parseJson } from '@millrace/plugin-sdk'
import type { ParquetParsers, SchemaElement } from 'hyparquet'

export interface ParquetColumn {
  /** Undefined for texts, whose values may be addresses or times. */
  readonly type: ColumnType | undefined
  /** @throws RangeError for a time that PostgreSQL does not have */
  readonly convert: (value: unknown) => unknown
}

/** @param element of the first level, as {@link rawElement} has left it, with what it was before */
export function parquetColumn({
  element,
  isLeaf,
}: {
  element: SchemaElement
  isLeaf: boolean
}): ParquetColumn {
  const { type, converted_type: converted, logical_type: logical, repetition_type: repetition } = element
  if (!isLeaf || repetition === 'REPEATED') return { type: 'jsonb', convert: jsonValue }
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    const scale = element.scale ?? (logical?.type === 'DECIMAL' ? logical.scale : 0)
    return { type: 'numeric', convert: (value) => decimalText(value, scale) }
  }
  if (logical?.type === 'TIMESTAMP' && !logical.isAdjustedToUTC) return { type: 'text', convert: plain }
  if (
    logical?.type === 'TIMESTAMP' ||
    converted?.startsWith('TIMESTAMP') === true ||
    (type === 'INT96' && converted === undefined)
  ) {
    return {
      type: 'timestamp with time zone',
      convert: (value) => (typeof value === 'string' ? `${value}Z` : value),
    }
  }
  if (converted === 'DATE' || logical?.type === 'DATE') return { type: 'date', convert: plain }
  if (converted?.startsWith('TIME_') === true || logical?.type === 'TIME') {
    const perSecond = logical?.type === 'TIME' ? unitsPerSecond[logical.unit] : undefined
    const units = perSecond ?? (converted === 'TIME_MILLIS' ? 1000n : 1_000_000n)
    return { type: 'text', convert: (value) => timeOfDay(value, units) }
  }
  if (logical?.type === 'UUID') return { type: 'uuid', convert: plain }
  if (converted === 'JSON' || logical?.type === 'JSON') return { type: 'jsonb', convert: plain }
  if (
    converted === 'UTF8' ||
    converted === 'ENUM' ||
    logical?.type === 'STRING' ||
    logical?.type === 'ENUM'
  ) {
    return { type: undefined, convert: bytesText }
  }
  if (logical?.type === 'FLOAT16' || type === 'FLOAT' || type === 'DOUBLE') {
    return { type: 'double precision', convert: plain }
  }
  if (
    converted === 'UINT_64' ||
    (logical?.type === 'INTEGER' && logical.bitWidth === 64 && !logical.isSigned)
  ) {
    return { type: 'numeric', convert: plain }
  }
  if (type === 'INT32' || type === 'INT64') return { type: 'bigint', convert: plain }
  if (type === 'BOOLEAN') return { type: 'boolean', convert: plain }
  return { type: 'text', convert: hexText }
}

/** An element as the reader is to see it: without the logical types that it would convert with a loss, or not at all. */
export function rawElement(element: SchemaElement): SchemaElement {
  const { converted_type: converted, logical_type: logical } = element
  const isLeftRaw =
    ['DECIMAL', 'BSON', 'INTERVAL'].includes(String(converted)) ||
    ['DECIMAL', 'GEOMETRY', 'GEOGRAPHY', 'BSON'].includes(String(logical?.type))
  if (!isLeftRaw) return element
  const { converted_type: _, logical_type: __, ...raw } = element
  return raw
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** For the reader: times as texts without a zone, texts that must be UTF-8, JSON that keeps its digits. */
export const parsers: ParquetParsers = {
  timestampFromMilliseconds: (value) => timestampText(value, 1000n),
  timestampFromMicroseconds: (value) => timestampText(value, 1_000_000n),
  timestampFromNanoseconds: (value) => timestampText(value, 1_000_000_000n),
  dateFromDays: (days) => dayText(days),
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8.decode(bytes),
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && parseJson(utf8.decode(bytes)),
  geometryFromBytes: (bytes) => bytes,
  geographyFromBytes: (bytes) => bytes,
  uuidFromBytes: (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex'),
}

function plain(value: unknown): unknown {
  return value
}

function bytesText(value: unknown): unknown {
  return value instanceof Uint8Array ? utf8.decode(value) : value
}

/** As PostgreSQL writes bytea. */
function hexText(value: unknown): unknown {
  return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value
}

/** Digits of an integer that counts in units of 10^-scale. */
function decimalText(value: unknown, scale: number): unknown {
  const unscaled = value instanceof Uint8Array ? signedInteger(value) : integerOf(value)
  if (unscaled === undefined) return value
  const sign = unscaled < 0n ? '-' : ''
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function integerOf(value: unknown): bigint | undefined {
  return typeof value === 'bigint' || typeof value === 'number' ? BigInt(value) : undefined
}

/** Big-endian, in two's complement. */
function signedInteger(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}

const unitsPerSecond: Readonly<Record<string, bigint>> = {
  MILLIS: 1000n,
  MICROS: 1_000_000n,
  NANOS: 1_000_000_000n,
}

function timestampText(value: bigint | number | undefined, unitsInSecond: bigint): string | undefined {
  if (value === undefined || value === null) return undefined
  const units = BigInt(value)
  const fraction = ((units % unitsInSecond) + unitsInSecond) % unitsInSecond
  const seconds = (units - fraction) / unitsInSecond
  const whole = isoText(Number(seconds) * 1000).slice(0, 19)
  return fraction === 0n ? whole : `${whole}.${decimals(fraction, unitsInSecond)}`
}

function timeOfDay(value: unknown, unitsInSecond: bigint): unknown {
  const units = integerOf(value)
  if (units === undefined) return value
  const fraction = units % unitsInSecond
  const whole = isoText(Number(units / unitsInSecond) * 1000).slice(11, 19)
  return fraction === 0n ? whole : `${whole}.${decimals(fraction, unitsInSecond)}`
}

function decimals(fraction: bigint, unitsInSecond: bigint): string {
  return String(fraction)
    .padStart(String(unitsInSecond).length - 1, '0')
    .replace(/0+$/, '')
}

function dayText(days: number | undefined): string | undefined {
  return days === undefined || days === null ? undefined : isoText(days * 86_400_000).slice(0, 10)
}

/** @throws RangeError for years other than 1 to 9999, which texts write in other ways */
function isoText(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString()
  if (/^(?:[+-]|0000)/.test(text)) throw new RangeError(`the time ${text} is out of range`)
  return text
}

/** Lists, maps and structures, as JSON has them. */
function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return parseJson(String(value))
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value instanceof Uint8Array) return hexText(value)
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(Object(value), jsonValue)
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonValue(inner) ?? null]))
  }
  return value ?? null
}
