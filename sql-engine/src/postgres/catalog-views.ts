/**
 * PostgreSQL's own views of its catalog, which tools read to list what there is. Those that would show internal
 * objects are replaced by themselves with a further condition; their columns stay as they are.
 */
import { type Client, escapeLiteral } from 'pg'
import { settingNames } from '../settings/session-settings.js'
import { embeddedNames, hiddenPrefix } from './names.js'

const bySchema = (column: string) => `NOT starts_with(${column}::text, '${hiddenPrefix}')`

/** These views, unlike those of the information schema, do not look at privileges themselves. */
const isOpenSchema = (column: string) => `has_schema_privilege(${column}, 'USAGE')`

const informationSchema: Readonly<Record<string, string>> = {
  check_constraints: 'constraint_schema',
  column_options: 'table_schema',
  column_privileges: 'table_schema',
  columns: 'table_schema',
  constraint_column_usage: 'table_schema',
  constraint_table_usage: 'table_schema',
  data_type_privileges: 'object_schema',
  element_types: 'object_schema',
  foreign_table_options: 'foreign_table_schema',
  foreign_tables: 'foreign_table_schema',
  key_column_usage: 'table_schema',
  parameters: 'specific_schema',
  role_column_grants: 'table_schema',
  role_routine_grants: 'specific_schema',
  role_table_grants: 'table_schema',
  role_udt_grants: 'udt_schema',
  routine_privileges: 'specific_schema',
  routines: 'specific_schema',
  schemata: 'schema_name',
  table_constraints: 'table_schema',
  table_privileges: 'table_schema',
  tables: 'table_schema',
  triggers: 'event_object_schema',
  udt_privileges: 'udt_schema',
  view_column_usage: 'view_schema',
  view_table_usage: 'view_schema',
  views: 'table_schema',
}

/** The schema columns of views in pg_catalog; views that PostgreSQL calls `all` or `sys` show everything. */
const catalog: Readonly<Record<string, string>> = {
  pg_indexes: 'schemaname',
  pg_matviews: 'schemaname',
  pg_stat_user_indexes: 'schemaname',
  pg_stat_user_tables: 'schemaname',
  pg_stat_xact_user_tables: 'schemaname',
  pg_statio_user_indexes: 'schemaname',
  pg_statio_user_tables: 'schemaname',
  pg_tables: 'schemaname',
  pg_views: 'schemaname',
}

/**
 * The condition that hides the gateway's own statements in a client's session: its questions, and statements sent in
 * place of the client's.
 */
const notOwnStatement = "name !~ '^millrace_(key|[0-9]+)$'"

/** What stands after the view's former query, `SELECT * FROM (…) AS shown`, by qualified name. */
const additions: ReadonlyMap<string, string> = new Map([
  ...Object.entries(informationSchema).map(
    ([view, column]) => [`information_schema.${view}`, `WHERE ${bySchema(column)}`] as const,
  ),
  ...Object.entries(catalog).map(
    ([view, column]) =>
      [`pg_catalog.${view}`, `WHERE ${bySchema(column)} AND ${isOpenSchema(column)}`] as const,
  ),
  ['pg_catalog.pg_prepared_statements', `WHERE ${notOwnStatement}`],
  ['pg_catalog.pg_settings', `UNION ALL ${settingRows()}`],
])

/** The additions as text, in which every change shows. */
export const catalogViews = JSON.stringify([...additions])

/** PostgreSQL hides settings that it does not know itself, even those that have a value everywhere. */
function settingRows(): string {
  const names = settingNames.map(escapeLiteral).join(', ')
  return `SELECT name, setting, NULL, 'Customized Options', 'A setting of Millrace.', NULL, 'user', 'string',
      CASE WHEN setting LIKE '% (default)' THEN 'default' ELSE 'session' END,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, false
    FROM (SELECT name, current_setting(name, true) AS setting FROM unnest(ARRAY[${names}]) AS name) AS own
    WHERE setting <> ''`
}

/** The views' original queries, and what has been added to them. */
const replacedViews = `${embeddedNames.internalSchema}.replaced_view`

/** Replaces the views that are not replaced yet, or were replaced by an older version of this. */
export async function ensureCatalogViews(client: Client): Promise<void> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${replacedViews} (name text PRIMARY KEY, query text NOT NULL, addition text)`,
  )
  const { rows } = await client.query<{ name: string; query: string }>(
    `SELECT name, coalesce(v.query, rtrim(pg_get_viewdef(to_regclass(name)), ';')) AS query
       FROM unnest($1::text[], $2::text[]) AS wanted (name, addition) LEFT JOIN ${replacedViews} AS v USING (name)
      WHERE v.addition IS DISTINCT FROM wanted.addition`,
    [[...additions.keys()], [...additions.values()]],
  )
  if (rows.length === 0) return
  await client.query(
    [
      'SET allow_system_table_mods = on',
      'BEGIN',
      ...rows.map(({ name, query }) => replaceView(name, query, additions.get(name) ?? '')),
      'COMMIT',
      'RESET allow_system_table_mods',
    ].join('; '),
  )
}

function replaceView(name: string, query: string, addition: string): string {
  const values = [name, query, addition].map(escapeLiteral).join(', ')
  return `CREATE OR REPLACE VIEW ${name} AS SELECT * FROM (${query}) AS shown ${addition};
    INSERT INTO ${replacedViews} VALUES (${values})
      ON CONFLICT (name) DO UPDATE SET addition = excluded.addition`
}
