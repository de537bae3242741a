/** The SQL function by which a session clears the cache. */
import type { Client } from 'pg'
import { type Names, systemSchema } from '../postgres/names.js'
import { cacheClearTable } from './system-tables.js'

/** The body of the function. PostgreSQL reads the table over the loopback, and the gateway then clears the cache. */
const body = ({ internalSchema }: Names) => `
BEGIN
  RETURN (SELECT c.scans FROM ${internalSchema}.${cacheClearTable} c WHERE c.table_name = coalesce($1, ''));
END`

/** Creates `millrace.cache_clear(table_name text DEFAULT NULL)`, or brings it up to date. */
export async function ensureCacheClear(client: Client, names: Names): Promise<void> {
  const { rows } = await client.query<{ body: string }>(
    `SELECT prosrc AS body FROM pg_proc WHERE pronamespace = $1::regnamespace AND proname = 'cache_clear'`,
    [systemSchema],
  )
  const wanted = body(names)
  if (rows[0]?.body === wanted) return
  await client.query(
    `CREATE OR REPLACE FUNCTION ${systemSchema}.cache_clear (table_name text DEFAULT NULL) RETURNS bigint
       LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$${wanted}$body$;
     COMMENT ON FUNCTION ${systemSchema}.cache_clear (text) IS
       'Forgets the rows that are kept of one virtual table, or of all; gives the number of results forgotten.'`,
  )
}
