/** What type a column has, by the values that a sample of it holds. */
import type { ColumnType } from '../column.js'
import { type Cell, digitsOf, type TextMeaning } from './cell.js'
import { columnValueOfText } from './column-value.js'
import {
  addressOf,
  isDate,
  isNumber,
  isPlainNumber,
  isSafeDouble,
  isSpecialNumber,
  timeOf,
  wholeNumberOf,
} from './text-forms.js'

/** Forms that a value has; a column has those that all of its values have. */
const form = {
  boolean: 1,
  /** A whole number of 64 bits. */
  bigint: 2,
  /** A number without an exponent. */
  decimal: 4,
  /** A number that floating point keeps. */
  double: 8,
  /** Any number that numeric takes. */
  number: 16,
  date: 32,
  time: 64,
  network: 128,
  address: 256,
  /** A list or object, or the JSON text of one. */
  json: 512,
} as const

const allForms = 1023

/** The types in the order in which they are preferred. */
const typesByForm: readonly (readonly [number, ColumnType])[] = [
  [form.boolean, 'boolean'],
  [form.bigint, 'bigint'],
  [form.decimal, 'numeric'],
  [form.double, 'double precision'],
  [form.number, 'numeric'],
  [form.date, 'date'],
  [form.time, 'timestamp with time zone'],
  [form.network, 'cidr'],
  [form.address, 'inet'],
  [form.json, 'jsonb'],
]

export class TypeGuess {
  #forms = allForms
  #hasValue = false
  readonly #kinds = new Set<string>()

  add(cell: Cell, meaning: TextMeaning): void {
    if (cell === null || cell === undefined || cell === '') return
    this.#hasValue = true
    if (meaning === 'text') this.#kinds.add(digitsOf(cell) === undefined ? typeof cell : 'number')
    if (this.#forms !== 0) this.#forms &= formsOf(cell, meaning)
  }

  get type(): ColumnType {
    if (!this.#hasValue) return 'text'
    const found = typesByForm.find(([bit]) => (this.#forms & bit) !== 0)?.[1]
    if (found !== undefined) return found
    // Numbers among texts, in JSON: as JSON, each stays what it is.
    return this.#kinds.size > 1 ? 'jsonb' : 'text'
  }
}

function formsOf(cell: Cell, meaning: TextMeaning): number {
  if (typeof cell === 'boolean') return form.boolean
  const digits = digitsOf(cell)
  if (digits !== undefined) return formsOfNumber(digits)
  if (typeof cell !== 'string') return form.json
  return formsOfText(cell) | (meaning === 'anything' ? formsOfAnything(cell) : 0)
}

function formsOfText(text: string): number {
  if (isDate(text)) return form.date
  const time = timeOf(text)
  // Without a zone, it is not known which time is meant; microseconds are all that PostgreSQL keeps.
  if (time !== undefined) return time.hasZone && time.decimals <= 6 ? form.time : 0
  const address = addressOf(text)
  if (address === undefined) return 0
  return form.address | (address.hasMask && !address.hasHostBits ? form.network : 0)
}

function formsOfAnything(text: string): number {
  if (/^(?:true|false)$/i.test(text)) return form.boolean
  if (isSpecialNumber(text)) return form.double
  if (isPlainNumber(text)) return formsOfNumber(text)
  return /^\s*[[{]/.test(text) && columnValueOfText(text, 'jsonb') !== undefined ? form.json : 0
}

function formsOfNumber(text: string): number {
  if (!isNumber(text)) return 0
  const isDecimal = !/[eE]/.test(text)
  // A whole number without its sign is another one.
  const isWhole = text !== '-0' && wholeNumberOf(text) !== undefined
  return (
    form.number |
    (isSafeDouble(text) ? form.double : 0) |
    (isDecimal && text !== '-0' ? form.decimal : 0) |
    (isWhole ? form.bigint : 0)
  )
}
