/** Users' views over virtual tables: which there are, and the queries that stand for them. */
import type { Client } from 'pg'
import { loopbackServer, type Names } from '../postgres/names.js'
import type { PostgresTraits } from '../postgres/postgres.js'
import { virtualRelations } from './virtual-relations.js'

/** A function of Millrace's in PostgreSQL, in the internal schema: `view_definition(oid)`. */
export const viewDefinition = 'view_definition'

/** Views that read what a CTE has found so far, through other views too; materialized views keep rows. */
const readersOf = (cte: string) => `
  SELECT r.ev_class
    FROM ${cte}
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                               AND d.refobjid = ${cte}.oid
                               AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
    JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind = 'v'`

const foreignTables = `
  SELECT t.oid
    FROM pg_catalog.pg_foreign_table f
    JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver AND s.srvname = '${loopbackServer}'
    LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = f.ftrelid
   CROSS JOIN LATERAL (VALUES (f.ftrelid), (i.inhparent)) AS t (oid)`

/** Former tables, which only the embedded PostgreSQL has, are those without a parent. */
function virtualTables(traits: PostgresTraits): string {
  return traits.standing.kind === 'owner'
    ? foreignTables
    : `SELECT t.oid FROM (${virtualRelations(traits)}) AS v CROSS JOIN LATERAL (VALUES (v.oid), (v.child)) AS t (oid)`
}

/** A CTE of what reads virtual tables, these among them: `reads (oid)`, in WITH RECURSIVE. */
export const readingRelations = (traits: PostgresTraits) =>
  `reads (oid) AS (${virtualTables(traits)} UNION ${readersOf('reads')})`

const ofForeignTable = `
  pg_catalog.pg_foreign_table f
    JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver AND s.srvname = '${loopbackServer}'`

/**
 * Whether a column's relation is a virtual table. There may be many tables, and few views, which are looked through;
 * LIMIT, so that PostgreSQL looks into an index for each, instead of through all tables.
 */
function isVirtualTable(column: string, traits: PostgresTraits): string {
  return traits.standing.kind === 'owner'
    ? `coalesce(
        (SELECT true FROM ${ofForeignTable} WHERE f.ftrelid = ${column} LIMIT 1),
        (SELECT true FROM ${ofForeignTable}
           JOIN pg_catalog.pg_inherits i ON i.inhrelid = f.ftrelid WHERE i.inhparent = ${column} LIMIT 1),
        false)`
    : `${column} IN (${virtualTables(traits)})`
}

/** A CTE of the views that read virtual tables: `views (oid)`, in WITH RECURSIVE. */
const readingViews = (traits: PostgresTraits) => `
  views (oid) AS (
    SELECT v.oid
      FROM (SELECT r.ev_class AS oid
              FROM pg_catalog.pg_rewrite r
              JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                                         AND d.objid = r.oid
                                         AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
             WHERE ${isVirtualTable('d.refobjid', traits)}
            OFFSET 0) AS v
      JOIN pg_catalog.pg_class c ON c.oid = v.oid AND c.relkind = 'v'
     UNION ${readersOf('views')})`

/**
 * Gives the query of a view that reads virtual tables, with every name qualified that is not in pg_catalog; NULL for
 * a view that must not be replaced by its query: one whose owner may see other things than the user, or one that
 * keeps other conditions from being evaluated before its own (security_barrier).
 */
const viewDefinitionBody = (traits: PostgresTraits) => `
  WITH RECURSIVE ${readingViews(traits)}
  SELECT pg_catalog.pg_get_viewdef(c.oid)
    FROM pg_catalog.pg_class c
   WHERE c.oid = $1
     AND c.relowner = (SELECT u.oid FROM pg_catalog.pg_roles u WHERE u.rolname = current_user)
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_options_to_table(c.reloptions)
                      WHERE option_name = 'security_barrier' AND option_value::pg_catalog.bool)
     AND c.oid IN (SELECT views.oid FROM views)`

/** Creates the function, or brings it up to date. */
export async function ensureViewDefinition(client: Client, traits: PostgresTraits): Promise<void> {
  await ensureCatalogFunction(
    client,
    traits.names,
    viewDefinition,
    'pg_catalog.text',
    viewDefinitionBody(traits),
  )
}

/** Creates a function of an oid in the internal schema, which sees the catalog alone, or brings it up to date. */
export async function ensureCatalogFunction(
  client: Client,
  { internalSchema }: Names,
  name: string,
  result: string,
  body: string,
): Promise<void> {
  const { rows } = await client.query<{ body: string }>(
    `SELECT prosrc AS body FROM pg_proc
      WHERE pronamespace = $1::regnamespace AND proname = $2`,
    [internalSchema, name],
  )
  if (rows[0]?.body === body) return
  await client.query(
    `CREATE OR REPLACE FUNCTION ${internalSchema}.${name} (pg_catalog.oid) RETURNS ${result}
       LANGUAGE sql STABLE SET search_path = '' AS $body$${body}$body$`,
  )
}

/** Names, without schemas, of the views that read virtual tables. */
export async function readViewNames(client: Client, traits: PostgresTraits): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `WITH RECURSIVE ${readingViews(traits)}
     SELECT DISTINCT c.relname AS name FROM views JOIN pg_class c USING (oid)`,
  )
  return rows.map(({ name }) => name)
}
