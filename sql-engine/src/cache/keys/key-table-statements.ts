/** The SQL of the tables of the key cache: one holds rows, and one the keys that were asked for. */
import { escapeIdentifier, escapeLiteral } from 'pg'
import type { CatalogColumn } from '../../catalog/virtual-table.js'

export interface KeyTableParts {
  /** The schema of both tables. */
  readonly schema: string
  /** A name that needs no quoting. */
  readonly name: string
  readonly key: CatalogColumn
  /** All columns of the virtual table, in order. */
  readonly columns: readonly CatalogColumn[]
}

type TableName = Pick<KeyTableParts, 'schema' | 'name'>

export const rowsOf = ({ schema, name }: TableName) => `${schema}.${name}`
export const keysOf = ({ schema, name }: TableName) => `${schema}.${name}_keys`

/**
 * Creates both tables. They are logged, so that a crash leaves both or none of what one transaction wrote: a key
 * without its rows would look like one about which nothing is known.
 */
export function createKeyTable(parts: KeyTableParts, comment: string): string {
  const definitions = parts.columns.map(
    ({ name, databaseType }) => `${escapeIdentifier(name)} ${databaseType}`,
  )
  return `CREATE TABLE ${rowsOf(parts)} (${definitions.join(', ')});
    CREATE INDEX ON ${rowsOf(parts)} (${escapeIdentifier(parts.key.name)});
    CREATE TABLE ${keysOf(parts)} (
      key text COLLATE "C" PRIMARY KEY, fetched_at float8 NOT NULL, expires_at float8 NOT NULL);
    COMMENT ON TABLE ${rowsOf(parts)} IS ${escapeLiteral(comment)}`
}

/** Deletes the keys. Rows without a key are those of keys that were all forgotten at once. */
export function truncateKeyTable(parts: KeyTableParts): string {
  return `TRUNCATE ${rowsOf(parts)}, ${keysOf(parts)}`
}

/** Keys as a value of SQL: one literal, however many they are. */
export function keyArray(keys: readonly string[]): string {
  const elements = keys.map((key) => `"${key.replace(/["\\]/g, '\\$&')}"`)
  return `${escapeLiteral(`{${elements.join(',')}}`)}::text[]`
}

/** @param keys an expression: an array of texts */
export function deleteRows(parts: KeyTableParts, keys: string): string {
  const { key } = parts
  return `DELETE FROM ${rowsOf(parts)} WHERE ${comparedKey(key)} = ANY (${keys}::${key.databaseType}[])`
}

/** @param keys an expression: an array of texts */
export function deleteKeys(parts: KeyTableParts, keys: string): string {
  return `DELETE FROM ${keysOf(parts)} WHERE key = ANY (${keys})`
}

/**
 * Copies rows; those of other keys are left out, since they would never be found.
 * @param keys an expression: an array of texts
 */
export function moveRows(
  parts: KeyTableParts,
  filled: readonly string[],
  from: string,
  keys: string,
): string {
  const { key } = parts
  const list = filled.map((column) => escapeIdentifier(column)).join(', ')
  return `INSERT INTO ${rowsOf(parts)} (${list}) SELECT ${list} FROM ${from}
    WHERE ${comparedKey(key)} = ANY (${keys}::${key.databaseType}[])`
}

/**
 * @param keys an expression: an array of texts
 * @param fetchedAt when they were asked for, and when they expire, in milliseconds since 1970
 */
export function insertKeys(parts: KeyTableParts, keys: string, fetchedAt: number, expiresAt: number): string {
  const times = [fetchedAt, expiresAt].map((time) => `'${time}'::float8`).join(', ')
  return `INSERT INTO ${keysOf(parts)} SELECT key, ${times} FROM unnest(${keys}) AS key`
}

/** @param keys an expression: an array of texts */
export function copyKeys(parts: KeyTableParts, from: TableName, keys: string): string {
  return `INSERT INTO ${keysOf(parts)} SELECT * FROM ${keysOf(from)} WHERE key = ANY (${keys})`
}

/** Compares keys by bytes: a collation might make two keys equal. */
function comparedKey({ name, databaseType }: CatalogColumn): string {
  const column = escapeIdentifier(name)
  return databaseType === 'text' ? `${column} COLLATE "C"` : column
}
