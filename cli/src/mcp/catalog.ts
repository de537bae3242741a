/** What the tools say of tables, from the tables that Millrace describes itself with. */
import type { Client } from 'pg'
import { z } from 'zod'

const tableShape = z.object({
  connection: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  key_columns: z.array(z.string()).nullable(),
  required_key_columns: z.array(z.string()).nullable(),
  columns: z.array(z.string()),
})

export type FoundTable = z.infer<typeof tableShape>

/** Tables that are told of at once. */
export const mostTables = 25

/**
 * Tables in whose names, descriptions or columns the words are, those with more of them first.
 * @returns one more than are told of, where there are more
 */
export async function searchTables(client: Client, words: readonly string[]): Promise<readonly FoundTable[]> {
  const { rows } = await client.query(
    `with described as materialized (
       select connection, name, description, key_columns, required_key_columns from millrace."table"
     ), columns as materialized (
       select connection, table_name, name, description from millrace."column"
     ), found as (
       select d.*, array(
           select c.name from columns c
           where c.connection = d.connection and c.table_name = d.name
             and exists (select from unnest($1::text[]) w
               where strpos(lower(c.name), w) > 0 or strpos(lower(coalesce(c.description, '')), w) > 0)
           limit 20) as columns
       from described d
     )
     select f.* from found f, lateral (
       select coalesce(sum(
         (strpos(lower(f.connection || '.' || f.name), w) > 0)::int * 4
         + (strpos(lower(coalesce(f.description, '')), w) > 0)::int * 2
         + exists (select from unnest(f.columns) c where strpos(lower(c), w) > 0)::int
         + (cardinality(f.columns) > 0)::int), 0) as score
       from unnest($1::text[]) w
     ) s
     where s.score > 0 or cardinality($1::text[]) = 0
     order by s.score desc, f.connection, f.name
     limit ${mostTables + 1}`,
    [words.map((word) => word.toLowerCase())],
  )
  return z.array(tableShape).parse(rows)
}

const columnShape = z.object({
  connection: z.string(),
  table_name: z.string(),
  name: z.string(),
  type: z.string(),
  description: z.string().nullable(),
  key_operators: z.array(z.string()).nullable(),
  key_require: z.string().nullable(),
})

export type DescribedColumn = z.infer<typeof columnShape>

/** @param table `table`, or `connection.table`; without a connection, one of those that have it */
export async function describeTable(
  client: Client,
  table: string,
): Promise<{ readonly table: FoundTable; readonly columns: readonly DescribedColumn[] } | undefined> {
  const { rows: tables } = await client.query(
    `select connection, name, description, key_columns, required_key_columns, '{}'::text[] as columns
     from millrace."table" where $1 in (name, connection || '.' || name) order by connection, name limit 1`,
    [table],
  )
  const [found] = z.array(tableShape).parse(tables)
  if (found === undefined) return undefined
  const { rows } = await client.query(
    `select connection, table_name, name, type, description, key_operators, key_require
     from millrace."column" where connection = $1 and table_name = $2`,
    [found.connection, found.name],
  )
  return { table: found, columns: z.array(columnShape).parse(rows) }
}

const planShape = z.array(
  z.object({ 'Millrace Scans': z.array(z.record(z.string(), z.unknown())).optional() }),
)

/** The scans of a statement, as EXPLAIN has them; nothing is asked. */
export function scansOfPlan(text: string): readonly Readonly<Record<string, unknown>>[] {
  return planShape.parse(JSON.parse(text))[0]?.['Millrace Scans'] ?? []
}
