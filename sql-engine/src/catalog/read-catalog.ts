import type { Client } from 'pg'
import type { PostgresTraits } from '../postgres/postgres.js'
import { parseForeignOptions } from './foreign-options.js'
import type { ForeignColumn, TableDefinition } from './table-definition.js'
import type { RelationKind } from './table-style.js'
import { virtualRelations } from './virtual-relations.js'

/** A virtual table that is in the catalog. */
export interface CatalogTable extends TableDefinition {
  readonly oid: number
  readonly kind: RelationKind
  readonly columns: readonly (ForeignColumn & { readonly attnum: number })[]
}

interface TableRow {
  readonly oid: number
  readonly relkind: string
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
  traits: PostgresTraits,
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const { rows } = await client.query<[string, string, number]>({
    text: `SELECT n.nspname, c.relname, c.oid
       FROM (${virtualRelations(traits)}) AS v
       JOIN pg_class c ON c.oid = v.oid
       JOIN pg_namespace n ON n.oid = c.relnamespace`,
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
export async function readCatalog(
  client: Client,
  traits: PostgresTraits,
  except: readonly string[] = [],
): Promise<CatalogTable[]> {
  const { rows } = await client.query<TableRow>(
    `SELECT c.oid, c.relkind, n.nspname AS schema, c.relname AS name, obj_description(c.oid, 'pg_class') AS description,
            v.options, a.columns
       FROM (${virtualRelations(traits)}) AS v
       JOIN pg_class c ON c.oid = v.oid
       JOIN pg_namespace n ON n.oid = c.relnamespace
      CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object(
                     'name', p.attname, 'attnum', p.attnum, 'type', format_type(p.atttypid, p.atttypmod),
                     'description', description, 'options', o.attfdwoptions) ORDER BY p.attnum) AS columns
              FROM pg_attribute p
              LEFT JOIN pg_attribute o ON o.attrelid = v.child AND o.attname = p.attname
              LEFT JOIN pg_description ON objoid = p.attrelid AND objsubid = p.attnum
                                      AND classoid = 'pg_class'::regclass
             WHERE p.attrelid = c.oid AND p.attnum > 0 AND NOT p.attisdropped) a
      WHERE n.nspname <> ALL ($1)`,
    [except],
  )
  return rows.map(({ relkind, description, options, columns, ...table }) => ({
    ...table,
    kind: relkind === 'v' ? 'view' : 'table',
    description: description ?? '',
    options: parseForeignOptions(options),
    columns: (columns ?? []).map((column) => ({
      ...column,
      description: column.description ?? '',
      options: parseForeignOptions(column.options),
    })),
  }))
}
