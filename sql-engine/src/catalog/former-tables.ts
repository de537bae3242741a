/**
 * Virtual tables of older homes: foreign tables in the schemas of their connections. Objects of users that
 * depend on one go on with it; it is renamed, and asks for the virtual table in its place.
 */
import { type Client, escapeIdentifier } from 'pg'
import { foreignSchema, loopbackServer } from '../postgres/names.js'
import { attempt } from './catalog-changes.js'
import { changedOptionsClause, parseForeignOptions } from './foreign-options.js'
import { combinedName, qualifiedName } from './virtual-table-statements.js'

interface FormerTable {
  readonly oid: number
  /** Where it is now. */
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

/** Drops those that nothing depends on, and gives the others room. To be run within a transaction. */
export async function moveFormerTables(client: Client): Promise<readonly FormerTableOf[]> {
  const { rows } = await client.query<FormerTable>(
    `SELECT c.oid, n.nspname AS schema, c.relname AS name, f.ftoptions AS options, ARRAY(
              SELECT format('%s %s', attname, format_type(atttypid, atttypmod)) FROM pg_attribute
               WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns
       FROM pg_foreign_table f
       JOIN pg_foreign_server s ON s.oid = f.ftserver
       JOIN pg_class c ON c.oid = f.ftrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE s.srvname = $1 AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)
      ORDER BY 2, 3`,
    [loopbackServer],
  )
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
  return kept
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
