/**
 * What users that do not exist are given a salt by when they log in. It stays, as the salts of those that exist do, and nobody
 * but the engine can read it; PostgreSQL has the same in its control file (mock_authentication_nonce).
 */
import { randomBytes } from 'node:crypto'
import { type Client, escapeIdentifier } from 'pg'
import { clientRolesOf, type Names } from './names.js'

/** Reads it, or makes it. */
export async function loadMockSecret(client: Client, names: Names): Promise<Buffer> {
  const table = `${names.internalSchema}.mock_authentication`
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${table} (is_only bool PRIMARY KEY CHECK (is_only), secret bytea)`,
  )
  await hide(client, table, names)
  const { rows } = await client.query<{ secret: Buffer }>(
    `INSERT INTO ${table} AS known VALUES (true, $1)
       ON CONFLICT (is_only) DO UPDATE SET secret = known.secret RETURNING secret`,
    [randomBytes(32)],
  )
  const [row] = rows
  if (row === undefined) throw new Error('the secret of unknown users is not there')
  return row.secret
}

/** A role that comes later to a PostgreSQL of the user's is let read all tables of Millrace's that are there by then. */
async function hide(client: Client, table: string, names: Names): Promise<void> {
  const others = clientRolesOf(names).filter((role) => role !== names.engineRole)
  const { rows } = await client.query<{ role: string }>(
    `SELECT role FROM unnest($1::text[]) AS role WHERE has_table_privilege(role, $2, 'SELECT')`,
    [others, table],
  )
  if (rows.length === 0) return
  await client.query(
    `REVOKE ALL ON ${table} FROM ${rows.map(({ role }) => escapeIdentifier(role)).join(', ')}`,
  )
}
