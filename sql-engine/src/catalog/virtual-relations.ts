/** Which relations of a database are virtual tables, as its catalog tells. */
import { loopbackServer, type Names } from '../postgres/names.js'
import type { PostgresTraits } from '../postgres/postgres.js'

/** The function that the views of `ErrorViews` read. */
export const unreachable = ({ internalSchema }: Pick<Names, 'internalSchema'>) =>
  `${internalSchema}.unreachable`

const foreignTables = `
  SELECT i.inhparent AS oid, f.ftrelid AS child, f.ftoptions AS options
    FROM pg_catalog.pg_foreign_table f
    JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver AND s.srvname = '${loopbackServer}'
    JOIN pg_catalog.pg_inherits i ON i.inhrelid = f.ftrelid`

/** The views have no options; theirs are what they would be. */
const errorViews = (names: Names) => `
  SELECT DISTINCT c.oid, NULL::pg_catalog.oid AS child,
         ARRAY['schema_name=' || n.nspname, 'table_name=' || c.relname] AS options
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
    JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind = 'v'
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
     AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
     AND d.refobjid = pg_catalog.to_regprocedure('${unreachable(names)}(text,text)')`

/** A query of the virtual tables: `oid`, `child` (the foreign table; NULL for a view), and `options`. */
export function virtualRelations({ names, standing }: PostgresTraits): string {
  return standing.kind === 'owner' ? foreignTables : `${foreignTables} UNION ALL ${errorViews(names)}`
}
