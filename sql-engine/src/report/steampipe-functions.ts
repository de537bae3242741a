/**
 * Steampipe's functions of its cache, by which clients other than its own switch, clear and age it.
 * (https://steampipe.io/docs/guides/caching)
 */
import type { Client } from 'pg'
import { steampipeSchema, systemSchema } from '../postgres/names.js'

const functions = `
CREATE OR REPLACE FUNCTION ${steampipeSchema}.meta_cache (command text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
  CASE command
    WHEN 'clear' THEN PERFORM ${systemSchema}.cache_clear();
    WHEN 'off' THEN PERFORM pg_catalog.set_config('millrace.cache_ttl', '0', false);
    WHEN 'on' THEN RESET millrace.cache_ttl;
    ELSE RAISE 'meta_cache takes on, off or clear, not "%"', command USING ERRCODE = 'invalid_parameter_value';
  END CASE;
END$body$;
CREATE OR REPLACE FUNCTION ${steampipeSchema}.meta_cache_ttl (duration integer) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
BEGIN
  PERFORM pg_catalog.set_config('millrace.cache_ttl', duration::pg_catalog.text, false);
END$body$;
CREATE OR REPLACE FUNCTION ${steampipeSchema}.meta_connection_cache_clear (connection text) RETURNS void
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $body$
DECLARE virtual_table pg_catalog.text;
BEGIN
  FOR virtual_table IN
    SELECT pg_catalog.concat(n.nspname, '.', c.relname) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = connection AND c.relkind = 'r'
  LOOP
    PERFORM ${systemSchema}.cache_clear(virtual_table);
  END LOOP;
END$body$;`

/** Creates the functions, or brings them up to date. */
export async function ensureSteampipeFunctions(client: Client): Promise<void> {
  const { rows } = await client.query<{ comment: string | null }>(
    `SELECT obj_description(oid, 'pg_proc') AS comment FROM pg_proc
      WHERE pronamespace = $1::regnamespace AND proname = 'meta_cache'`,
    [steampipeSchema],
  )
  if (rows[0]?.comment === functionsVersion) return
  await client.query(
    `${functions} COMMENT ON FUNCTION ${steampipeSchema}.meta_cache (text) IS '${functionsVersion}'`,
  )
}

/** To be counted up with each change of the functions: it is kept as a comment. */
const functionsVersion = 'Steampipe’s functions of the cache, 1'
