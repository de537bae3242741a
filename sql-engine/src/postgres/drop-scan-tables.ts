import type { Client } from 'pg'
import type { Logger } from 'pino'
import type { Names } from './names.js'

/**
 * The most tables dropped by one statement; each takes up to three locks (itself, its TOAST table and that one's
 * index).
 */
const dropBatch = 500

/** Drops the scan tables of an earlier life. */
export async function dropScanTables(client: Client, { scanSchema }: Names, log: Logger): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    // By what depends on the schema, for which there is an index; there is none of tables by their schemas.
    `SELECT format('%I.%I', $1::text, relname) AS name
       FROM pg_depend JOIN pg_class ON pg_class.oid = objid
      WHERE refclassid = 'pg_namespace'::regclass AND refobjid = to_regnamespace($1::text)
        AND classid = 'pg_class'::regclass AND relkind = 'r'`,
    [scanSchema],
  )
  for (let start = 0; start < rows.length; start += dropBatch) {
    const names = rows.slice(start, start + dropBatch).map(({ name }) => name)
    await client.query(`DROP TABLE IF EXISTS ${names.join(', ')} CASCADE`)
  }
  if (rows.length > 0) log.info({ tables: rows.length }, 'dropped scan tables of an earlier life')
}
