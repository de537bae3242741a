/** How a table is asked for rows. */
import type { Columns, ColumnType, Row } from './column.js'
import { equalValue, equalValues, type Qual } from './qual.js'
import type { Hydrate, Scan, Table } from './table.js'

/** What gives the rows of one call: `get` where its key has one value, else `list`. */
export function listRows<Connection, TableColumns extends Columns>(
  table: Table<Connection, TableColumns>,
  scan: Scan<Connection, TableColumns>,
): AsyncIterable<readonly Row<TableColumns>[]> {
  const { get = {} } = table
  for (const column of Object.keys(get) as (keyof TableColumns & string)[]) {
    const value = equalValue(scan.quals[column])
    const rows = value === undefined ? undefined : table.get?.[column]?.list(value, scan)
    if (rows !== undefined) return withNamedValues(rows, table, scan)
  }
  return table.list(scan)
}

/** Whether a row has all columns of a hydrate function, be they NULL. */
export function isFetched<Connection, TableColumns extends Columns>(
  row: Row<TableColumns>,
  { columns }: Pick<Hydrate<Connection, TableColumns>, 'columns'>,
): boolean {
  return columns.every((column) => Object.hasOwn(row, column))
}

/** Types whose equal values look alike. */
const plainTypes: ReadonlySet<ColumnType> = new Set<ColumnType>(['text', 'boolean'])

/**
 * Drops what was found by one key where the conditions name other values for another. Otherwise two calls, for two values
 * of the other one, would yield the same row.
 */
async function* withNamedValues<Connection, TableColumns extends Columns>(
  batches: AsyncIterable<readonly Row<TableColumns>[]>,
  { columns }: Table<Connection, TableColumns>,
  { quals }: Scan<Connection, TableColumns>,
): AsyncGenerator<readonly Row<TableColumns>[], void, void> {
  const named = Object.entries<readonly Qual[] | undefined>(quals).flatMap(([column, ofColumn]) => {
    const values = equalValues(ofColumn)
    const type = columns[column]?.type
    return values !== undefined && type !== undefined && plainTypes.has(type) ? [{ column, values }] : []
  })
  const isMeant = (row: Row<TableColumns>) =>
    named.every(({ column, values }) => values.some((value) => value === row[column]))
  for await (const batch of batches) {
    const meant = batch.filter(isMeant)
    if (meant.length > 0) yield meant
  }
}
