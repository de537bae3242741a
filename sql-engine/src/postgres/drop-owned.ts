/**
 * `DROP OWNED BY current_user` takes from the clients' role whatever it has been granted, which is how it reads scan
 * tables: every statement over virtual tables would fail until the next start. So it is rejected.
 */
import type { Client } from 'pg'
import { embeddedNames, engineRole } from './names.js'

const { internalSchema } = embeddedNames

const name = 'millrace_refuse_drop_owned'

/**
 * The function and its trigger. Both belong to an extension that every database has, so that pg_dump leaves them out.
 */
export const dropOwnedRefusal = `
  CREATE FUNCTION ${internalSchema}.${name}() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF session_user <> '${engineRole}' THEN
        RAISE EXCEPTION 'DROP OWNED is not supported' USING
          ERRCODE = 'feature_not_supported',
          DETAIL = 'It would also take away the right to read what Millrace fetches.',
          HINT = 'Drop what is to go by its name, or a schema with all that is in it (DROP SCHEMA … CASCADE).';
      END IF;
    END $$;
  ALTER EXTENSION plpgsql ADD FUNCTION ${internalSchema}.${name}();
  CREATE EVENT TRIGGER ${name} ON ddl_command_start WHEN TAG IN ('DROP OWNED')
    EXECUTE FUNCTION ${internalSchema}.${name}();
  ALTER EXTENSION plpgsql ADD EVENT TRIGGER ${name}`

/** Creates them; may be run any number of times. */
export async function ensureDropOwnedRefusal(client: Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_event_trigger WHERE evtname = $1', [name])
  if (rowCount === 0) await client.query(dropOwnedRefusal)
}
