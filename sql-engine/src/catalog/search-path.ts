import { type Client, escapeIdentifier } from 'pg'
import { castSchema } from '../postgres/names.js'
import type { Guest, Standing } from '../postgres/standing.js'

/** What the configuration says of the search path. */
export interface SearchPathOptions {
  /** All of it; undefined for the default. */
  readonly path?: readonly string[] | undefined
  /** What comes first. */
  readonly prefix?: readonly string[] | undefined
}

/**
 * Puts the connections' schemas on the database's search path, in alphabetical order as in Steampipe, and after
 * `public`: a user's own table of the same name comes first. In a user's own PostgreSQL, whose database others use too,
 * only sessions of clients have that path, after what they have anyway. `"$user"` is not on it: the clients' role has the name
 * of the schema of the system tables, where users' objects do not belong.
 */
export async function setSearchPath(
  client: Client,
  standing: Standing,
  schemas: readonly string[],
  options: SearchPathOptions = {},
): Promise<void> {
  if (standing.kind === 'guest') {
    standing.sessionSettings.set('search_path', guestPath(standing, schemas, options))
    return
  }
  const { path: whole, prefix = [] } = options
  const path = [...new Set([...prefix, ...(whole ?? ['public', ...schemas.toSorted()])])]
  const { rows } = await client.query<{ database: string; current: boolean }>(
    `SELECT current_database() AS database, EXISTS (
              SELECT FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
               WHERE datname = current_database() AND setrole = 0
                 AND 'search_path=' || (SELECT string_agg(quote_ident(name), ', ' ORDER BY place)
                                          FROM unnest($1::text[]) WITH ORDINALITY AS path (name, place))
                     = ANY (setconfig)) AS current`,
    [path],
  )
  const [row] = rows
  if (row === undefined || row.current) return
  const value = path.map((name) => escapeIdentifier(name)).join(', ')
  await client.query(`ALTER DATABASE ${escapeIdentifier(row.database)} SET search_path = ${value}`)
}

function guestPath(
  { usualSearchPath }: Guest,
  schemas: readonly string[],
  { path: whole, prefix = [] }: SearchPathOptions,
): string {
  const quoted = (names: readonly string[]) => names.map((name) => escapeIdentifier(name))
  const usual = usualSearchPath === '' ? [] : [usualSearchPath]
  const path = whole === undefined ? [...usual, ...quoted(schemas.toSorted())] : quoted(whole)
  return [...quoted(prefix), ...path, castSchema].join(', ')
}
