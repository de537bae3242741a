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
    `SELECT format('%I.%I', nspname, relname) AS name
       FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE nspname = $1 AND relkind = 'r'`,
    [scanSchema],
  )
  for (let start = 0; start < rows.length; start += dropBatch) {
    const names = rows.slice(start, start + dropBatch).map(({ name }) => name)
    await client.query(`DROP TABLE IF EXISTS ${names.join(', ')} CASCADE`)
  }
  if (rows.length > 0) log.info({ tables: rows.length }, 'dropped scan tables of an earlier life')
}
