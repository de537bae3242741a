/**
 * Scan tables on the nodes of Citus: small ones as reference tables, which each node has whole, large ones distributed, so
 * that joins with distributed tables of the user's run where the rows are. Nobody has run this on Citus yet: it follows
 * the reference of its functions (https://docs.citusdata.com/en/stable/develop/api_udf.html), and tests check what a plain
 * PostgreSQL can.
 */
import { type ClientBase, escapeIdentifier } from 'pg'
import { DatabaseError } from '../database-error.js'
import type { FilledTable, TablePlacement } from './table-placement.js'

/** Types whose equal values always have the same hash, as nothing else is wanted of them. */
const distributable = ['text', 'bigint', 'inet', 'cidr', 'uuid', 'date', 'timestamp with time zone']

/** With fewer values, some nodes would have no rows. Citus makes 32 shards by default. */
const fewestValues = 100

/**
 * @param distributeRows the number of rows from which a table is distributed
 * @throws DatabaseError F0000 where there is no Citus
 */
export async function citusPlacement(client: ClientBase, distributeRows: number): Promise<TablePlacement> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_catalog.pg_proc
      WHERE proname = 'create_distributed_table' AND pronamespace = 'pg_catalog'::regnamespace`,
  )
  if (rowCount === 0) {
    throw new DatabaseError('the database has no Citus, which engine.citus_distribute_rows asks for', {
      sqlState: 'F0000', // config_file_error
      hint: 'Take the setting away, or let engine.url name the coordinator of Citus, in a database with CREATE EXTENSION citus.',
    })
  }
  return {
    place: (connection, table) => place(connection, table, distributeRows),
    size: 'greatest(pg_total_relation_size($1), citus_total_relation_size($1, fail_on_error => false))',
  }
}

async function place(client: ClientBase, table: FilledTable, distributeRows: number): Promise<void> {
  const qualifiedName = `${table.schema}.${table.name}`
  if (table.rowCount < distributeRows) {
    await client.query(`SELECT create_reference_table('${qualifiedName}')`)
  } else {
    const column = table.isAnalyzed ? await distributionColumn(client, table) : undefined
    // It stays on the coordinator, as every table that is made there; Citus sends its rows along with each query.
    if (column === undefined) return
    // Tables of the user's that are distributed by the same type must stay free to move without it.
    await client.query(`SELECT create_distributed_table('${qualifiedName}', $1, colocate_with => 'none')`, [
      column,
    ])
  }
  // The rows have been copied; without this, they would stay on the coordinator, too.
  await client.query(`SELECT truncate_local_data_after_distributing_table('${qualifiedName}')`)
}

/** The column with the most values: Citus does not take one that is NULL somewhere, which statistics may not know. */
async function distributionColumn(
  client: ClientBase,
  { schema, name, rowCount }: FilledTable,
): Promise<string | undefined> {
  const { rows } = await client.query<{ column: string }>(
    `SELECT s.attname AS column
       FROM pg_catalog.pg_stats s
       JOIN pg_catalog.pg_attribute a ON a.attrelid = $1::regclass AND a.attname = s.attname
      CROSS JOIN LATERAL (SELECT CASE WHEN n_distinct < 0 THEN -n_distinct * $2 ELSE n_distinct END) AS v (count)
      WHERE s.schemaname = $3 AND s.tablename = $4 AND s.null_frac = 0 AND v.count >= $5
        AND format_type(a.atttypid, NULL) = ANY ($6)
      ORDER BY v.count DESC, a.attnum`,
    [`${schema}.${name}`, rowCount, schema, name, fewestValues, distributable],
  )
  for (const { column } of rows) {
    const { rowCount: nulls } = await client.query(
      `SELECT FROM ${schema}.${name} WHERE ${escapeIdentifier(column)} IS NULL LIMIT 1`,
    )
    if (nulls === 0) return column
  }
  return undefined
}
