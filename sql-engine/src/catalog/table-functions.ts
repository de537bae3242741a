/** Users' SQL functions that read virtual tables, and what must be known to put their queries in place of calls. */
import type { Client } from 'pg'
import { z } from 'zod'
import type { PostgresTraits } from '../postgres/postgres.js'
import { ensureCatalogFunction, readingRelations } from './view-definitions.js'

/** A function of Millrace's in PostgreSQL, in the internal schema: `table_function(oid)`. */
export const tableFunction = 'table_function'

/** A name, which unnamed parameters and the column of a scalar result have not, and a qualified type. */
const namedType = z.tuple([z.string().nullable(), z.string()])

export const tableFunctionSchema = z.object({
  parameters: z.array(namedType),
  columns: z.array(namedType),
  /** The statement, or statements between BEGIN ATOMIC and END. */
  body: z.string(),
})

/** What the function gives. */
export type TableFunction = z.infer<typeof tableFunctionSchema>

const bodyOf = 'coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)'

/**
 * The functions `p` that PostgreSQL itself inlines in FROM: inline_set_returning_function of its
 * optimizer/util/clauses.c.
 */
const inlinable = `
  p.prolang = (SELECT l.oid FROM pg_catalog.pg_language l WHERE l.lanname = 'sql')
  AND p.prokind = 'f' AND p.proretset AND p.provolatile <> 'v' AND p.provariadic = 0
  AND NOT p.proisstrict AND NOT p.prosecdef AND p.proconfig IS NULL`

/** CTEs of the names of what reads virtual tables; functions' texts have no dependencies in the catalog. */
const readingNames = (traits: PostgresTraits) => `
  ${readingRelations(traits)},
  reading_names (name) AS (
    SELECT c.relname::pg_catalog.text FROM reads JOIN pg_catalog.pg_class c USING (oid)
     UNION
    SELECT p.proname::pg_catalog.text
      FROM reading_names r JOIN pg_catalog.pg_proc p ON pg_catalog.strpos(${bodyOf}, r.name) > 0
     WHERE p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace AND ${inlinable})`

/** Whether a function `p` may read a virtual table, itself or through views and other functions. */
const mayRead = `EXISTS (SELECT FROM reading_names r WHERE pg_catalog.strpos(${bodyOf}, r.name) > 0)`

/**
 * Gives a {@link TableFunction} as JSON; NULL for a function that PostgreSQL would not inline, that the user may not
 * call, that reads no virtual table, or whose parameters or columns are no plain types.
 */
const tableFunctionBody = (traits: PostgresTraits) => `
  WITH RECURSIVE ${readingNames(traits)},
    arguments AS (
      SELECT a.place, a.type, coalesce(p.proargmodes[a.place], 'i') AS mode,
             nullif(p.proargnames[a.place], '') AS name
        FROM pg_catalog.pg_proc p,
             pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[]))
               WITH ORDINALITY AS a (type, place)
       WHERE p.oid = $1),
    columns AS (
      SELECT a.place, a.type, a.name FROM arguments a WHERE a.mode IN ('o', 't')
       UNION ALL
      SELECT a.attnum, a.atttypid, a.attname
        FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_type t ON t.oid = p.prorettype AND t.typtype = 'c'
        JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE p.oid = $1
       UNION ALL
      SELECT 1, t.oid, NULL
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_type t ON t.oid = p.prorettype AND t.typtype IN ('b', 'e', 'r', 'm')
       WHERE p.oid = $1 AND NOT EXISTS (SELECT FROM arguments a WHERE a.mode IN ('o', 't'))),
    parts AS (
      SELECT 'parameter' AS part, a.place, a.type, a.name FROM arguments a WHERE a.mode = 'i'
       UNION ALL
      SELECT 'column', c.place, c.type, c.name FROM columns c),
    named AS (
      SELECT part, pg_catalog.json_agg(
               pg_catalog.json_build_array(name, pg_catalog.format('%I.%I', n.nspname, t.typname)) ORDER BY place) AS list
        FROM parts JOIN pg_catalog.pg_type t ON t.oid = parts.type JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
       GROUP BY part)
  SELECT pg_catalog.json_build_object(
           'parameters', coalesce((SELECT list FROM named WHERE part = 'parameter'), '[]'),
           'columns', coalesce((SELECT list FROM named WHERE part = 'column'), '[]'),
           'body', ${bodyOf})
    FROM pg_catalog.pg_proc p
   WHERE p.oid = $1 AND ${inlinable} AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
     AND NOT EXISTS (SELECT FROM arguments a WHERE a.mode NOT IN ('i', 'o', 't'))
     AND NOT EXISTS (SELECT FROM parts JOIN pg_catalog.pg_type t ON t.oid = parts.type WHERE t.typtype = 'p')
     AND NOT EXISTS (SELECT FROM columns HAVING count(*) > 1 AND count(*) <> count(name))
     AND ${mayRead}`

/** Creates the function, or brings it up to date. */
export async function ensureTableFunction(client: Client, traits: PostgresTraits): Promise<void> {
  await ensureCatalogFunction(
    client,
    traits.names,
    tableFunction,
    'pg_catalog.json',
    tableFunctionBody(traits),
  )
}

/** Names, without schemas, of the SQL functions that may read virtual tables and that PostgreSQL inlines in FROM. */
export async function readFunctionNames(client: Client, traits: PostgresTraits): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `WITH RECURSIVE ${readingNames(traits)}
     SELECT DISTINCT p.proname AS name FROM pg_proc p
      WHERE p.pronamespace <> 'pg_catalog'::regnamespace AND ${inlinable} AND ${mayRead}`,
  )
  return rows.map(({ name }) => name)
}
