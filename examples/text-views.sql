-- Addresses as texts, for tools that do not know inet: Trino leaves such columns out, and DuckDB compares them in another
-- form. For each table that has one, this makes a view of the same name in the schema <connection>_text, where such columns
-- are texts, as psql prints them. A condition on such a text, or a join by it, reaches the API: Millrace reads it as one on
-- the address itself.
-- Run it by the user that the tool connects as, and again when connections or tables have come or changed.
do $$
declare
  of record;
begin
  perform set_config('client_min_messages', 'warning', true);
  for of in
    select table_schema || '_text' as schema, table_schema as connection, table_name as name,
           string_agg(
             case udt_name
               when 'inet' then format('abbrev(%1$I) as %1$I', column_name)
               when 'cidr' then format('%1$I::text as %1$I', column_name)
               else quote_ident(column_name)
             end, ', ' order by ordinal_position) as columns
    from information_schema.columns
    where table_schema in (select name from millrace.connection)
    group by table_schema, table_name
    having bool_or(udt_name in ('inet', 'cidr'))
  loop
    execute format('create schema if not exists %I', of.schema);
    -- A view cannot be replaced by one with other columns.
    execute format('drop view if exists %I.%I', of.schema, of.name);
    execute format('create view %I.%I as select %s from %I.%I', of.schema, of.name, of.columns, of.connection, of.name);
  end loop;
end
$$;
