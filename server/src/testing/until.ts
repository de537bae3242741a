import type pg from 'pg'

/** Asks until there is a row. */
export async function until(client: pg.Client, text: string): Promise<void> {
  while ((await client.query(text)).rowCount === 0) {}
}
