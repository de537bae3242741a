import type { Client } from 'pg'
import { isNumber } from '../output/column.js'
import { type Cell, type TableColumn, textTable } from './text-table.js'

/** Values are shown as PostgreSQL prints them, not as JavaScript would. */
const asPrinted = { getTypeParser: () => (value: string) => value }

/** Runs a query and returns its result as the lines of a table. */
export async function runQuery(client: Client, sql: string): Promise<string[]> {
  const { fields, rows } = await client.query<Cell[]>({ text: sql, rowMode: 'array', types: asPrinted })
  const columns = fields.map(({ name, dataTypeID }): TableColumn => {
    return { name, align: isNumber({ type: dataTypeID }) ? 'right' : 'left' }
  })
  return textTable(columns, rows)
}
