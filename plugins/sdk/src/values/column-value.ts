/** Makes values of a column's type from what files have. */
import type { ColumnType, Row } from '../column.js'
import { numberText, parseJson, rawJsonText, toJsonText } from '../json.js'
import { type Cell, digitsOf, type TextMeaning } from './cell.js'
import {
  addressOf,
  doubleOf,
  isDate,
  isNumber,
  isPlainNumber,
  isSafeDouble,
  isSpecialNumber,
  timeOf,
  wholeNumberOf,
} from './text-forms.js'

/** What a row holds in a column. */
export type RowValue = Row[string]

/**
 * The value for a column of a type; NULL for an empty text in a column of another type than text.
 * @returns undefined where it does not fit
 */
export function columnValue(cell: Cell, type: ColumnType, meaning: TextMeaning): RowValue {
  if (cell === null || cell === undefined) return null
  if (type === 'jsonb' && (typeof cell !== 'string' || meaning === 'text')) {
    return typeof cell === 'bigint' ? rawJsonText(String(cell)) : toJsonText(cell)
  }
  if (typeof cell === 'string') return columnValueOfText(cell, type)
  const digits = digitsOf(cell)
  if (digits !== undefined) return convertNumber(cell, digits, type)
  if (typeof cell === 'boolean') {
    if (type === 'boolean') return cell
    return type === 'text' ? String(cell) : undefined
  }
  return type === 'text' ? toJsonText(cell) : undefined
}

/**
 * The same for a column whose type is only guessed: what the type would change, such as a leading zero, does not fit.
 */
export function guessedColumnValue(cell: Cell, type: ColumnType, meaning: TextMeaning): RowValue {
  if (typeof cell === 'string' && cell !== '' && !isAsGuessed(cell, type, meaning)) return undefined
  const digits = type === 'double precision' ? digitsOf(cell) : undefined
  if (digits !== undefined && !isSafeDouble(digits)) return undefined
  return columnValue(cell, type, meaning)
}

function isAsGuessed(text: string, type: ColumnType, meaning: TextMeaning): boolean {
  switch (type) {
    case 'boolean':
      return meaning === 'anything' && /^(?:true|false)$/i.test(text)
    case 'bigint':
      return meaning === 'anything' && text !== '-0' && isPlainNumber(text)
    case 'numeric':
      return meaning === 'anything' && text !== '-0' && isPlainNumber(text)
    case 'double precision':
      return meaning === 'anything' && (isSpecialNumber(text) || (isPlainNumber(text) && isSafeDouble(text)))
    case 'timestamp with time zone': {
      const time = timeOf(text)
      return time?.hasZone === true && time.decimals <= 6
    }
    case 'jsonb':
      return meaning === 'text' || /^\s*[[{]/.test(text)
    default:
      return true
  }
}

function convertNumber(cell: Cell, digits: string, type: ColumnType): RowValue {
  // A floating-point number of a file of Parquet may be none that JSON could have.
  if (type === 'double precision' && typeof cell === 'number') return cell
  if (type === 'bigint' && /[.eE]/.test(digits)) {
    return Number.isSafeInteger(Number(digits)) && numberText(Number(digits)) === digits
      ? BigInt(Number(digits))
      : undefined
  }
  const takesNumbers =
    type === 'text' || type === 'bigint' || type === 'numeric' || type === 'double precision'
  return takesNumbers ? columnValueOfText(digits, type) : undefined
}

/** Reads a text as a value of a type, by PostgreSQL's rules for its input where they leave no doubt. */
export function columnValueOfText(text: string, type: ColumnType): RowValue {
  if (type === 'text') return text
  const trimmed = text.trim()
  if (trimmed === '') return null
  switch (type) {
    case 'boolean':
      return truth.get(trimmed.toLowerCase())
    case 'bigint':
      return wholeNumberOf(trimmed)
    case 'numeric':
      return isNumber(trimmed) || isSpecialNumber(trimmed) ? trimmed : undefined
    case 'double precision':
      return doubleOf(trimmed)
    case 'date':
      return isDate(trimmed) ? trimmed : undefined
    case 'timestamp with time zone': {
      const time = timeOf(trimmed)
      if (time === undefined) return isDate(trimmed) ? `${trimmed}T00:00:00Z` : undefined
      return time.hasZone ? trimmed : `${trimmed}Z`
    }
    case 'inet':
      return addressOf(trimmed) === undefined ? undefined : trimmed
    case 'cidr':
      return addressOf(trimmed)?.hasHostBits === false ? trimmed : undefined
    case 'uuid':
      return uuid.test(trimmed) ? trimmed : undefined
    case 'jsonb':
      return jsonOf(trimmed)
  }
}

const truth: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((text) => [text, true] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((text) => [text, false] as const),
])

const uuid = /^[\da-f]{8}-?(?:[\da-f]{4}-?){3}[\da-f]{12}$/i

function jsonOf(text: string): RowValue {
  try {
    return toJsonText(parseJson(text))
  } catch {
    return undefined
  }
}
