/**
 * What users that do not exist are given a salt by when they log in. It stays, as the salts of those that exist do, and nobody
 * but the engine can read it; PostgreSQL has the same in its control file (mock_authentication_nonce).
 */
import { randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import type { Names } from './names.js'

/** Reads it, or makes it. */
export async function loadMockSecret(client: Client, { internalSchema }: Names): Promise<Buffer> {
  const table = `${internalSchema}.mock_authentication`
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${table} (is_only bool PRIMARY KEY CHECK (is_only), secret bytea)`,
  )
  const { rows } = await client.query<{ secret: Buffer }>(
    `INSERT INTO ${table} AS known VALUES (true, $1)
       ON CONFLICT (is_only) DO UPDATE SET secret = known.secret RETURNING secret`,
    [randomBytes(32)],
  )
  const [row] = rows
  if (row === undefined) throw new Error('the secret of unknown users is not there')
  return row.secret
}
