/**
 * Virtual tables of older homes: foreign tables in the schemas of their connections. Users' views over one are
 * created again over the table that replaces it; other objects that depend on it (materialized views, functions) go
 * on with it. It is renamed, and asks for that table.
 */
import { type Client, escapeIdentifier, DatabaseError as ServerError } from 'pg'
import { embeddedNames, loopbackServer } from '../postgres/names.js'
import { attempt } from './catalog-changes.js'
import { changedOptionsClause, parseForeignOptions } from './foreign-options.js'
import { combinedName, qualifiedName } from './table-names.js'

/** Only homes of the embedded PostgreSQL are as old as that. */
const { foreignSchema } = embeddedNames

interface FormerTable {
  readonly oid: number
  /** The schema where it is now. */
  readonly schema: string
  readonly name: string
  readonly options: readonly string[] | null
  readonly columns: readonly string[]
}

/** The virtual table that it stands for, with its columns, as `name type`. */
export interface FormerTableOf {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly columns: readonly string[]
}

/** A view over former tables, by the names that they had. */
export interface FormerView {
  readonly name: string
  readonly query: string
  readonly options: readonly string[] | null
}

/** Drops those that nothing depends on, and renames the others. Must run within a transaction. */
export async function moveFormerTables(
  client: Client,
): Promise<{ tables: readonly FormerTableOf[]; views: readonly FormerView[] }> {
  const { rows } = await client.query<FormerTable>(
    `SELECT c.oid, n.nspname AS schema, c.relname AS name, f.ftoptions AS options, ARRAY(
              SELECT format('%s %s', attname, format_type(atttypid, atttypmod)) FROM pg_attribute
               WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns
       -- OFFSET: of many tables, the few that are former ones are found first.
       FROM (SELECT ftrelid, ftserver, ftoptions FROM pg_foreign_table
              WHERE ftrelid NOT IN (SELECT inhrelid FROM pg_inherits) OFFSET 0) AS f
       JOIN pg_foreign_server s ON s.oid = f.ftserver
       JOIN pg_class c ON c.oid = f.ftrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE s.srvname = $1
      ORDER BY 2, 3`,
    [loopbackServer],
  )
  const unmoved = rows.filter(({ schema }) => schema !== foreignSchema).map(({ oid }) => oid)
  const views = unmoved.length === 0 ? [] : await viewsOver(client, unmoved)
  const kept: FormerTableOf[] = []
  for (const table of rows) {
    if ((await attempt(client, `DROP FOREIGN TABLE ${qualifiedName(table)}`)) === undefined) continue
    const { oid, columns } = table
    if (table.schema === foreignSchema) {
      const { schema_name: schema = '', table_name: name = '' } = parseForeignOptions(table.options)
      kept.push({ oid, schema, name, columns })
      continue
    }
    await client.query(moving(table))
    kept.push({ oid, schema: table.schema, name: table.name, columns })
  }
  return { tables: kept, views }
}

async function viewsOver(client: Client, tables: readonly number[]): Promise<readonly FormerView[]> {
  const { rows } = await client.query<FormerView>(
    `SELECT v.oid::regclass::text AS name, rtrim(pg_get_viewdef(v.oid), ';') AS query, v.reloptions AS options
       FROM pg_class v
      WHERE relkind = 'v' AND EXISTS (
            SELECT FROM pg_rewrite r
              JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
             WHERE r.ev_class = v.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1))
      ORDER BY v.oid`,
    [tables],
  )
  return rows
}

/**
 * Creates views again over the tables that now have the former ones' names, where PostgreSQL allows it: a column of
 * another type prevents it. Owners and privileges stay.
 */
export async function moveFormerViews(client: Client, views: readonly FormerView[]): Promise<void> {
  for (const { name, query, options } of views) {
    const clause = options === null ? '' : ` WITH (${options.join(', ')})`
    await client.query('SAVEPOINT view')
    try {
      await client.query(`CREATE OR REPLACE VIEW ${name}${clause} AS ${query}; RELEASE view`)
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      await client.query('ROLLBACK TO view; RELEASE view')
    }
  }
}

function moving({ schema, name, options: list }: FormerTable): string {
  const moved = escapeIdentifier(combinedName('former', schema, name))
  const current = qualifiedName({ schema, name })
  const renamed = `${escapeIdentifier(schema)}.${moved}`
  const options = changedOptionsClause(parseForeignOptions(list), { schema_name: schema, table_name: name })
  return [
    `ALTER FOREIGN TABLE ${current}${options}`,
    `ALTER FOREIGN TABLE ${current} RENAME TO ${moved}`,
    `ALTER FOREIGN TABLE ${renamed} SET SCHEMA ${foreignSchema}`,
  ].join('; ')
}
