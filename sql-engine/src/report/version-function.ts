/**
 * The SQL function that returns Millrace's version; drivers read PostgreSQL's own `version()`, which stays as it is.
 */
import { readFile } from 'node:fs/promises'
import { type Client, escapeLiteral } from 'pg'
import { z } from 'zod'
import { systemSchema } from '../postgres/names.js'

const manifest = z.object({ version: z.string() })

/** Creates `millrace.version()`, or brings it up to date. */
export async function ensureVersion(client: Client): Promise<void> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = manifest.parse(JSON.parse(text))
  const body = `SELECT ${escapeLiteral(`Millrace ${version} over `)} || pg_catalog.version()`
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
