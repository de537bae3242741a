import type { Column, Row } from './column.js'
import type { Format } from './format-names.js'
import { writerOf } from './formats.js'

/** Prints a list that a command has made, as wide as the terminal is. */
export function printRows(output: Format, columns: readonly Column[], rows: readonly Row[]): void {
  const width = process.stdout.isTTY ? process.stdout.columns : undefined
  const writer = writerOf(output, { header: true, separator: ',', width })
  process.stdout.write(writer.begin(columns) + writer.rows(rows) + writer.end(rows.length))
}
