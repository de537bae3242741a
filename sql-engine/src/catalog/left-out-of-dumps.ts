import type { Client } from 'pg'
import { engineRole } from '../postgres/names.js'

/**
 * Makes pg_dump leave out what is Millrace's in schemas that everyone sees. pg_dump leaves out what belongs to an
 * extension, and writes CREATE EXTENSION instead; for plpgsql, which comes with PostgreSQL, not even that. Must run
 * after privileges are granted, since only privileges from before are left out as well.
 * (https://www.postgresql.org/docs/18/extend-extensions.html)
 * @param objects whether tables may be new; there may be many
 */
export async function leaveOutOfDumps(client: Client, objects: 'all' | 'no tables'): Promise<void> {
  const { rows } = await client.query<{ object: string }>(
    `WITH ours AS (
       SELECT oid, nspname FROM pg_namespace
        WHERE nspowner = $1::regrole AND nspname !~ '^pg_' AND nspname <> 'information_schema'),
     objects AS (
       SELECT 'pg_namespace'::regclass AS class, oid, format('SCHEMA %I', nspname) AS object FROM ours
       UNION ALL
       SELECT 'pg_class'::regclass, c.oid, format('TABLE %I.%I', nspname, relname)
         FROM pg_class c JOIN ours ON ours.oid = relnamespace
        WHERE $2 AND relkind = 'r' AND relowner = $1::regrole
       UNION ALL
       SELECT 'pg_proc'::regclass, p.oid, format('FUNCTION %s', p.oid::regprocedure)
         FROM pg_proc p JOIN ours ON ours.oid = pronamespace
        WHERE proowner = $1::regrole
       UNION ALL
       SELECT 'pg_foreign_data_wrapper'::regclass, oid, format('FOREIGN DATA WRAPPER %I', fdwname)
         FROM pg_foreign_data_wrapper WHERE fdwowner = $1::regrole
       UNION ALL
       SELECT 'pg_foreign_server'::regclass, oid, format('SERVER %I', srvname)
         FROM pg_foreign_server WHERE srvowner = $1::regrole)
     SELECT object FROM objects
      -- LIMIT: one look into the index for each object, instead of one at all of pg_depend.
      WHERE (SELECT true FROM pg_depend d
              WHERE d.classid = class AND d.objid = objects.oid AND d.deptype = 'e' LIMIT 1) IS NULL`,
    [engineRole, objects === 'all'],
  )
  if (rows.length === 0) return
  await client.query(rows.map(({ object }) => `ALTER EXTENSION plpgsql ADD ${object}`).join('; '))
}
