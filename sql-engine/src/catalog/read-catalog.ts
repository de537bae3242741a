import type { Client } from 'pg'
import { loopbackServer } from '../postgres/names.js'
import { parseForeignOptions } from './foreign-options.js'
import type { ForeignColumn, TableDefinition } from './table-definition.js'

/** A virtual table that is in the catalog. */
export interface CatalogTable extends TableDefinition {
  readonly oid: number
  readonly columns: readonly (ForeignColumn & { readonly attnum: number })[]
}

interface TableRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly description: string | null
  readonly options: readonly string[] | null
  readonly columns: readonly ColumnRow[] | null
}

interface ColumnRow {
  readonly name: string
  readonly attnum: number
  readonly type: string
  readonly description: string | null
  readonly options: readonly string[] | null
}

/** Reads the names of the virtual tables, with their OIDs, by schema. */
export async function readTableNames(
  client: Client,
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const { rows } = await client.query<[string, string, number]>({
    text: `SELECT n.nspname, c.relname, c.oid
       FROM pg_foreign_table f
       JOIN pg_foreign_server s ON s.oid = f.ftserver
       JOIN pg_inherits i ON i.inhrelid = f.ftrelid
       JOIN pg_class c ON c.oid = i.inhparent
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE s.srvname = $1`,
    values: [loopbackServer],
    rowMode: 'array',
  })
  const schemas = new Map<string, Map<string, number>>()
  for (const [schema, name, oid] of rows) {
    const tables = schemas.get(schema) ?? new Map<string, number>()
    schemas.set(schema, tables.set(name, oid))
  }
  return schemas
}

/**
 * Reads the virtual tables, with columns in attnum order.
 * @param except schemas that are left out
 */
export async function readCatalog(client: Client, except: readonly string[] = []): Promise<CatalogTable[]> {
  const { rows } = await client.query<TableRow>(
    `SELECT c.oid, n.nspname AS schema, c.relname AS name, obj_description(c.oid, 'pg_class') AS description,
            f.ftoptions AS options, a.columns
       FROM pg_foreign_table f
       JOIN pg_foreign_server s ON s.oid = f.ftserver
       JOIN pg_inherits i ON i.inhrelid = f.ftrelid
       JOIN pg_class c ON c.oid = i.inhparent
       JOIN pg_namespace n ON n.oid = c.relnamespace
      CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                     'name', p.attname, 'attnum', p.attnum, 'type', format_type(p.atttypid, p.atttypmod),
                     'description', description, 'options', o.attfdwoptions) ORDER BY p.attnum) AS columns
              FROM pg_attribute p
              JOIN pg_attribute o ON o.attrelid = f.ftrelid AND o.attname = p.attname
              LEFT JOIN pg_description ON objoid = p.attrelid AND objsubid = p.attnum
                                      AND classoid = 'pg_class'::regclass
             WHERE p.attrelid = c.oid AND p.attnum > 0 AND NOT p.attisdropped) a
      WHERE s.srvname = $1 AND n.nspname <> ALL ($2)`,
    [loopbackServer, except],
  )
  return rows.map(({ description, options, columns, ...table }) => ({
    ...table,
    description: description ?? '',
    options: parseForeignOptions(options),
    columns: (columns ?? []).map((column) => ({
      ...column,
      description: column.description ?? '',
      options: parseForeignOptions(column.options),
    })),
  }))
}
