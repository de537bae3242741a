/**
 * CSV as PostgreSQL writes and reads it: what is printed comes back to the same values by
 * `COPY … FROM … WITH (FORMAT csv, HEADER)`: https://www.postgresql.org/docs/18/sql-copy.html
 */
import type { Row, Value } from './column.js'
import type { ResultWriter, WriterOptions } from './result-writer.js'

export function csvWriter({ header, separator }: WriterOptions): ResultWriter {
  const line = (row: Row) => `${row.map((value) => field(value, separator)).join(separator)}\n`
  return {
    begin: (columns) => (header ? line(columns.map(({ name }) => name)) : ''),
    rows: (rows) => rows.map(line).join(''),
    end: () => '',
  }
}

/** NULL is nothing at all, an empty text two quotes. A line of `\.` was the end of data up to PostgreSQL 17. */
function field(value: Value, separator: string): string {
  if (value === null) return ''
  const plain =
    value !== '' && value !== '\\.' && !/["\r\n]|^\s|\s$/.test(value) && !value.includes(separator)
  return plain ? value : `"${value.replaceAll('"', '""')}"`
}
