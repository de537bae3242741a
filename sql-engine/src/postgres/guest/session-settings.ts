import type { Client } from 'pg'
import type { Names } from '../names.js'
import type { Guest } from '../standing.js'

/** Lets sessions begin with the values, but for settings that are made for the role or the database. */
export async function beginSessionsWith(
  client: Client,
  { sessionSettings }: Guest,
  { clientRole }: Names,
  values: ReadonlyMap<string, string>,
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT split_part(setting, '=', 1) AS name FROM pg_db_role_setting, unnest(setconfig) AS setting
      WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = $1))`,
    [clientRole],
  )
  const made = new Set(rows.map(({ name }) => name))
  for (const [name, value] of values) if (!made.has(name)) sessionSettings.set(name, value)
}
