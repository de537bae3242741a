/**
 * Which schemas show their connection's tables just as they should be, written down, so that the next start need not
 * read and compare every column of thousands of tables. Only the engine's role can change these tables, and whoever does
 * so by this code writes it down anew.
 */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Table } from '@millrace/plugin-sdk'
import type { Client } from 'pg'
import type { Names } from '../postgres/names.js'
import { isColumnType } from './column-type.js'
import type { CatalogTable } from './read-catalog.js'
import { tableDefinition } from './table-definition.js'
import type { TableStyle } from './table-style.js'
import type { CatalogColumn } from './virtual-table.js'

const knownSchemas = ({ internalSchema }: Names) => `${internalSchema}.known_schema`

/** To be counted up when tables with the same definitions are made in another way. */
const version = 1

/** The digests of what the schemas show, by their names. */
export async function readKnownSchemas(client: Client, names: Names): Promise<ReadonlyMap<string, string>> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${knownSchemas(names)} (name text PRIMARY KEY, digest text NOT NULL)`,
  )
  const { rows } = await client.query<[string, string]>({
    text: `SELECT name, digest FROM ${knownSchemas(names)}`,
    rowMode: 'array',
  })
  return new Map(rows)
}

/** @param forgotten names of schemas of which nothing is known any more */
export async function writeKnownSchemas(
  client: Client,
  names: Names,
  known: ReadonlyMap<string, string>,
  forgotten: readonly string[],
): Promise<void> {
  if (forgotten.length > 0)
    await client.query(`DELETE FROM ${knownSchemas(names)} WHERE name = ANY ($1)`, [forgotten])
  if (known.size === 0) return
  await client.query(
    `INSERT INTO ${knownSchemas(names)} SELECT * FROM unnest($1::text[], $2::text[])
       ON CONFLICT (name) DO UPDATE SET digest = excluded.digest`,
    [[...known.keys()], [...known.values()]],
  )
}

const digests = new WeakMap<readonly Table[], string>()

/**
 * What a schema shows for the tables, whatever its name is.
 * @throws DatabaseError when a plugin's table cannot be shown
 */
export function digestOf(
  schema: string,
  tables: readonly Table[],
  { mark }: Pick<TableStyle, 'mark'>,
): string {
  const digest = digests.get(tables) ?? newDigest(schema, tables)
  digests.set(tables, digest)
  return `${mark}${digest}`
}

function newDigest(schema: string, tables: readonly Table[]): string {
  return sha256(JSON.stringify([version, tables.map((table) => digestOfTable(schema, table))]))
}

/** Of single tables: connections may have them in lists of their own. */
const digestsOfTables = new WeakMap<Table, string>()

function digestOfTable(schema: string, table: Table): string {
  const known = digestsOfTables.get(table)
  if (known !== undefined) return known
  const { name, description, columns } = tableDefinition(schema, table)
  const digest = sha256(JSON.stringify([name, description, columns]))
  digestsOfTables.set(table, digest)
  return digest
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

const columnsOfTables = new WeakMap<Table, readonly CatalogColumn[]>()

/** The columns of a table that is shown just as it is defined; one list for all connections that have it. */
export function sharedColumns(schema: string, table: Table): readonly CatalogColumn[] {
  const known = columnsOfTables.get(table)
  if (known !== undefined) return known
  const columns = tableDefinition(schema, table).columns.flatMap(
    ({ name, type, description }, index): CatalogColumn[] =>
      isColumnType(type) ? [{ name, attnum: index + 1, type, databaseType: type, description }] : [],
  )
  columnsOfTables.set(table, columns)
  return columns
}

/** Whether the catalog shows a schema's tables, and nothing else, just as they are defined, columns in their order. */
export function isShownAsDefined(
  schema: string,
  tables: readonly Table[],
  shown: readonly CatalogTable[],
  style: TableStyle,
): boolean {
  const byName = new Map(shown.map((table) => [table.name, table]))
  return (
    shown.length === tables.length &&
    tables.every((table) => {
      const { description, options, columns } = style.shown(tableDefinition(schema, table))
      const found = byName.get(table.name)
      return (
        found !== undefined &&
        found.kind === style.kind &&
        found.description === description &&
        isDeepStrictEqual({ ...found.options }, { ...options }) &&
        isDeepStrictEqual(
          found.columns.map((column) => ({ ...column, options: { ...column.options } })),
          columns.map((column, index) => ({ ...column, options: { ...column.options }, attnum: index + 1 })),
        )
      )
    })
  )
}
