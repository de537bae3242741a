import type { PoolClient } from 'pg'

/**
 * Runs statements as one transaction, and returns in the same round trip how many bytes relations take on disk
 * afterwards: rows, TOAST and indexes.
 * @param qualifiedNames of relations that the transaction sees
 */
export async function writeMeasured(
  client: PoolClient,
  statements: readonly string[],
  ...qualifiedNames: readonly string[]
): Promise<number> {
  const sizes = qualifiedNames.map((name) => `pg_total_relation_size('${name}')`).join(' + ')
  const measure = `SELECT (${sizes})::float8 AS bytes`
  // pg's types do not know that several statements give several results.
  const results: unknown = await client.query(['BEGIN', ...statements, measure, 'COMMIT'].join('; '))
  const measured: unknown = Array.isArray(results) ? results.at(-2) : undefined
  const bytes =
    measured instanceof Object && 'rows' in measured && Array.isArray(measured.rows)
      ? measured.rows[0]?.bytes
      : undefined
  if (typeof bytes !== 'number') throw new Error('PostgreSQL has not told the size of a table')
  return bytes
}
