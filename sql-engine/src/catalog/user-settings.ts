/** Settings that hold for a user's sessions. */
import { type Client, escapeIdentifier, escapeLiteral } from 'pg'
import { databaseName } from '../postgres/names.js'
import type { SearchPathOptions } from './search-path.js'
import type { CatalogUser } from './users.js'

/**
 * Sets them: a search path that names the user's own schema and those that it may use, and what the configuration says
 * beside.
 * @param schemas of all connections
 */
export async function setRoleSettings(
  client: Client,
  { name, settings }: CatalogUser,
  schemas: readonly string[],
  { path, prefix = [] }: SearchPathOptions = {},
): Promise<void> {
  const role = escapeIdentifier(name)
  const { rows: usable } = await client.query<{ schema: string }>(
    `SELECT nspname AS schema FROM pg_namespace WHERE nspname = ANY ($2) AND has_schema_privilege($1, oid, 'USAGE')`,
    [name, schemas],
  )
  const seen = new Set(usable.map(({ schema }) => schema))
  const names = [...prefix, ...(path ?? ['public', ...schemas.toSorted()])]
  const searchPath = [
    ...new Set(['$user', ...names.filter((schema) => seen.has(schema) || !schemas.includes(schema))]),
  ]
  const wanted = new Map([
    ['search_path', searchPath.map((schema) => escapeIdentifier(schema)).join(', ')],
    ...Object.entries(settings).map(([setting, value]) => [setting, escapeLiteral(value)] as const),
  ])
  const { rows } = await client.query<{ setting: string; value: string }>(
    `SELECT split_part(setting, '=', 1) AS setting, substr(setting, strpos(setting, '=') + 1) AS value
       FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase, unnest(setconfig) AS setting
      WHERE setrole = $1::regrole AND datname = current_database()`,
    [role],
  )
  const current = new Map(rows.map(({ setting, value }) => [setting, value]))
  const database = `ALTER ROLE ${role} IN DATABASE ${databaseName}`
  const statements = [
    ...[...current.keys()].filter((one) => !wanted.has(one)).map((one) => `${database} RESET ${one}`),
    ...[...wanted].map(([setting, value]) => `${database} SET ${setting} = ${value}`),
  ]
  await client.query(statements.join('; '))
}
