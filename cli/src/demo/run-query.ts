import { type Client, types } from 'pg'
import { type Cell, type TableColumn, textTable } from './text-table.js'

const { builtins } = types

/** Types whose values are aligned to the right, as in psql. */
const numberTypes: ReadonlySet<number> = new Set([
  builtins.INT2,
  builtins.INT4,
  builtins.INT8,
  builtins.FLOAT4,
  builtins.FLOAT8,
  builtins.NUMERIC,
  builtins.OID,
])

/** Values are shown as PostgreSQL prints them, not as JavaScript would. */
const asPrinted = { getTypeParser: () => (value: string) => value }

/** Runs a query and returns its result as the lines of a table. */
export async function runQuery(client: Client, sql: string): Promise<string[]> {
  const { fields, rows } = await client.query<Cell[]>({ text: sql, rowMode: 'array', types: asPrinted })
  const columns = fields.map(({ name, dataTypeID }): TableColumn => {
    return { name, align: numberTypes.has(dataTypeID) ? 'right' : 'left' }
  })
  return textTable(columns, rows)
}
