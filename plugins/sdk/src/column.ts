/**
 * Columns of a virtual table: their PostgreSQL types, and the TypeScript values that stand for them.
 */

declare const jsonTextBrand: unique symbol

/** Text that is known to be valid JSON for PostgreSQL's jsonb. Made by the functions of `json.ts`. */
export type JsonText = string & { readonly [jsonTextBrand]: true }

/** Microseconds since 1970-01-01T00:00:00Z, the resolution of PostgreSQL's timestamptz. */
export type EpochMicroseconds = bigint

/**
 * What a plugin yields for a column, by the column's type. `null` is SQL's NULL and is always allowed.
 *
 * - `timestamp with time zone` takes a `Date`, or ISO 8601 text with a zone that the plugin has checked; never an
 *   infinite time.
 * - `date` takes ISO 8601 text, as `2022-07-06`; never an infinite date.
 * - `numeric` takes text, so that it keeps digits that a JavaScript number would lose.
 */
export interface RowValues {
  text: string
  boolean: boolean
  bigint: number | bigint
  'double precision': number
  numeric: string | number | bigint
  inet: string
  cidr: string
  uuid: string
  date: string
  jsonb: JsonText
  'timestamp with time zone': Date | string
}

/** What a plugin is given for a column in a pushed condition, by the column's type. */
export interface QualValues {
  text: string
  boolean: boolean
  bigint: bigint
  /** NaN, which equals itself in PostgreSQL, and the infinities only in `=`, where a key must have a value. */
  'double precision': number
  numeric: string
  /** An address as PostgreSQL prints it: `10.1.2.3`, `10.0.0.0/8`, `2001:db8::1`. */
  inet: string
  cidr: string
  uuid: string
  date: string
  /** As PostgreSQL prints it, but for zeros at the end of fractions: equal values are spelt alike. */
  jsonb: JsonText
  'timestamp with time zone': EpochMicroseconds
}

/** The PostgreSQL types a column may have. */
export type ColumnType = keyof RowValues

/** One column of a virtual table. */
export interface Column<Type extends ColumnType = ColumnType> {
  readonly type: Type
  /** Shown as the column's comment in PostgreSQL's catalog and in the table's documentation. */
  readonly description: string
}

/** A table's columns by name, in the order in which the table shows them. */
export type Columns = Readonly<Record<string, Column>>

/** A row as a plugin yields it. A column that is absent or undefined is NULL. */
export type Row<TableColumns extends Columns = Columns> = {
  readonly [Name in keyof TableColumns]?: RowValues[TableColumns[Name]['type']] | null | undefined
}

function columnOf<Type extends ColumnType>(type: Type) {
  return (description: string): Column<Type> => ({ type, description })
}

export const text = columnOf('text')
export const boolean = columnOf('boolean')
export const bigint = columnOf('bigint')
export const doublePrecision = columnOf('double precision')
export const numeric = columnOf('numeric')
export const inet = columnOf('inet')
export const cidr = columnOf('cidr')
export const uuid = columnOf('uuid')
export const date = columnOf('date')
export const jsonb = columnOf('jsonb')
export const timestamptz = columnOf('timestamp with time zone')
