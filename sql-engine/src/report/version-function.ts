/**
 * The SQL function that returns Millrace's version; drivers read PostgreSQL's own `version()`, which stays as it is.
 */
import { type Client, escapeLiteral } from 'pg'
import { readPackageVersion } from '../package-version.js'
import { systemSchema } from '../postgres/names.js'

/** Creates `millrace.version()`, or brings it up to date. */
export async function ensureVersion(client: Client): Promise<void> {
  const body = `SELECT ${escapeLiteral(`Millrace ${await readPackageVersion()} over `)} || pg_catalog.version()`
  const { rows } = await client.query<{ body: string }>(
    `SELECT prosrc AS body FROM pg_proc WHERE pronamespace = $1::regnamespace AND proname = 'version'`,
    [systemSchema],
  )
  if (rows.some((row) => row.body === body)) return
  await client.query(
    `CREATE OR REPLACE FUNCTION ${systemSchema}.version () RETURNS text
       LANGUAGE sql STABLE PARALLEL SAFE AS ${escapeLiteral(body)};
     COMMENT ON FUNCTION ${systemSchema}.version () IS 'The version of Millrace, and of the PostgreSQL in it.'`,
  )
}
