import type { PoolClient } from 'pg'

/**
 * Commits, and tells in the same round trip how many bytes relations take on disk: rows, TOAST and indexes.
 * @param qualifiedNames of relations that the transaction sees
 */
export async function commitMeasured(
  client: PoolClient,
  ...qualifiedNames: readonly string[]
): Promise<number> {
  const sizes = qualifiedNames.map((name) => `pg_total_relation_size('${name}')`).join(' + ')
  // pg's types do not know that several statements give several results.
  const results: unknown = await client.query(`SELECT (${sizes})::float8 AS bytes; COMMIT`)
  const [first]: unknown[] = Array.isArray(results) ? results : []
  const bytes =
    first instanceof Object && 'rows' in first && Array.isArray(first.rows) ? first.rows[0]?.bytes : undefined
  if (typeof bytes !== 'number') throw new Error('PostgreSQL has not told the size of a table')
  return bytes
}
