/** Results as text, laid out as psql does. */

export interface TableColumn {
  readonly name: string
  readonly align: 'left' | 'right'
}

/** A cell's text as PostgreSQL prints it; null is NULL and stays empty. */
export type Cell = string | null

/** @returns lines, the last of which gives the number of rows */
export function textTable(columns: readonly TableColumn[], rows: readonly (readonly Cell[])[]): string[] {
  const widths = columns.map(({ name }, index) =>
    Math.max(width(name), ...rows.map((row) => width(row[index] ?? ''))),
  )
  const line = (cells: readonly string[]) => ` ${cells.join(' | ')}`.trimEnd()
  const pad = (text: string, index: number) => {
    const blank = ' '.repeat((widths[index] ?? 0) - width(text))
    return columns[index]?.align === 'right' ? blank + text : text + blank
  }
  return [
    line(columns.map(({ name }, index) => centred(name, widths[index] ?? 0))),
    widths.map((count) => '-'.repeat(count + 2)).join('+'),
    ...rows.map((row) => line(columns.map((_column, index) => pad(row[index] ?? '', index)))),
    rows.length === 1 ? '(1 row)' : `(${rows.length} rows)`,
  ]
}

function centred(text: string, count: number): string {
  const blank = count - width(text)
  return ' '.repeat(Math.floor(blank / 2)) + text + ' '.repeat(Math.ceil(blank / 2))
}

/** A text's width in characters, each of which is taken to be one column of the terminal wide. */
function width(text: string): number {
  return [...text].length
}
