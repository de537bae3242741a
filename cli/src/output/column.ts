/** What is known of a result's column, and how its values look to people. */
import { types } from 'pg'
import { elementTypes } from './array-types.js'

export interface Column {
  readonly name: string
  /** OID of its type: https://www.postgresql.org/docs/18/catalog-pg-type.html */
  readonly type: number
}

/** A value as PostgreSQL prints it; null is NULL. */
export type Value = string | null

export type Row = readonly Value[]

const { builtins } = types

/** Types whose values stand to the right, as psql has them. */
const numberTypes: ReadonlySet<number> = new Set([
  builtins.INT2,
  builtins.INT4,
  builtins.INT8,
  builtins.FLOAT4,
  builtins.FLOAT8,
  builtins.NUMERIC,
  builtins.OID,
])

export function isNumber({ type }: Pick<Column, 'type'>): boolean {
  return numberTypes.has(type)
}

/** Types of PostgreSQL's own catalog that the driver has no names for. */
const catalogTypes = { NAME: 19 }

const typeNames: ReadonlyMap<number, string> = new Map(
  Object.entries({ ...builtins, ...catalogTypes }).map(([name, oid]) => [Number(oid), name]),
)

/**
 * The type's name in capitals, as Steampipe has it in its JSON, such as `_TEXT` for an array; that of users' types is
 * their OID.
 */
export function typeName({ type }: Pick<Column, 'type'>): string {
  const element = elementTypes.get(type)
  return element === undefined ? (typeNames.get(type) ?? String(type)) : `_${typeName({ type: element })}`
}

/** NULL, where people read it. An empty text is nothing at all. */
const nullText = '<null>'

/**
 * Characters that would move a terminal's cursor, colour it or turn its text around. What APIs send is not to do
 * that. Lines may end.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const unprintable = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** A value for people: NULL is told from text, and nothing in it reaches the terminal but letters and line ends. */
export function readable(value: Value): string {
  if (value === null) return nullText
  // A text that says the same as NULL does stands in quotes.
  if (/^"*<null>"*$/.test(value)) return `"${value}"`
  return value.replace(/\r\n/g, '\n').replace(unprintable, escaped)
}

function escaped(character: string): string {
  if (character === '\t') return '\\t'
  const code = character.charCodeAt(0)
  return code < 0x100 ? `\\x${hexadecimal(code, 2)}` : `\\u${hexadecimal(code, 4)}`
}

function hexadecimal(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0')
}
