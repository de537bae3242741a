/** What the shell asks of the catalog. Each works on any PostgreSQL; `:name` is bound. */
const visibleSchemas = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and pg_catalog.has_schema_privilege(n.oid, 'USAGE')`

/** Schemas of connections: Millrace's foreign tables say them. */
const connectionSchemas = `
  select o.option_value as name, count(*) as tables
  from pg_catalog.pg_foreign_table f, pg_catalog.pg_options_to_table(f.ftoptions) o
  where o.option_name = 'schema_name'
  group by o.option_value`

const relations = `
  pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'v', 'm', 'f', 'p') and ${visibleSchemas}`

export const catalogQueries = {
  tables: `
    select n.nspname as connection, c.relname as table, pg_catalog.obj_description(c.oid, 'pg_class') as description
    from ${relations} and (:schema::text = '' or n.nspname = :schema)
    order by 1, 2`,
  connections: `
    select name as connection, plugin, state, tables, error from millrace.connection order by 1`,
  /** The same as far as any server knows it. */
  schemas: `
    select s.name as connection, s.tables, pg_catalog.obj_description(n.oid, 'pg_namespace') as description
    from (${connectionSchemas}) s join pg_catalog.pg_namespace n on n.nspname = s.name
    where ${visibleSchemas}
    order by 1`,
  /** Columns of a table; where there is none of the name, tables of a connection; where that is none either, an error. */
  inspect: `
    with found as (
      select c.oid, n.nspname, c.relname
      from ${relations} and c.relname = :table::text
        and case when :schema::text = '' then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = :schema end
    )
    select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
      pg_catalog.col_description(a.attrelid, a.attnum) as description
    from found join pg_catalog.pg_attribute a on a.attrelid = found.oid and a.attnum > 0 and not a.attisdropped
    union all (
      select c.relname, 'table', pg_catalog.obj_description(c.oid, 'pg_class')
      from ${relations} and :schema = '' and n.nspname = :table and not exists (select from found)
      order by 1
    )
    union all
    select null, null, null where case
      when exists (select from found) or :schema = '' and exists (
        select from pg_catalog.pg_namespace n where n.nspname = :table and ${visibleSchemas}) then false
      else pg_catalog.concat_ws('.', pg_catalog.quote_ident(nullif(:schema, '')), pg_catalog.quote_ident(:table))
        ::pg_catalog.regclass is null end`,
  setPath: `select pg_catalog.set_config('search_path', :path, false) as search_path`,
  prefixPath: `
    select pg_catalog.set_config('search_path', :path || ', ' || pg_catalog.current_setting('search_path'), false)
      as search_path`,
} as const

/**
 * Names that begin with $1: of columns only those of the tables that $2 names, of what stands behind a schema or a
 * table only that of $3.
 */
export const completionQuery = `
  with relations as (select c.oid, n.nspname::text as schema, c.relname::text as name from ${relations})
  select name from (
    select name from relations where $3 in ('', schema)
    union select nspname::text from pg_catalog.pg_namespace n where $3 = '' and ${visibleSchemas}
    union select a.attname::text
      from relations r join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
      where r.name = any ($2::text[]) and $3 in ('', r.name)
    union select p.proname::text from pg_catalog.pg_proc p
      where $3 = '' and length($1) >= 3 and p.proname !~ '^(pg_|_)'
  ) names
  where starts_with(name, $1)
  order by 1 limit 200`
