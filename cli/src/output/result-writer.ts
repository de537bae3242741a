/** How results become text, piece by piece: nothing waits for the last row. */
import type { Column, Row } from './column.js'

/** Writes one result. Its methods give the text that is to be written next. */
export interface ResultWriter {
  begin(columns: readonly Column[]): string
  /** @param rows of which the first ones decide how a table is laid out */
  rows(rows: readonly Row[]): string
  /** @param count rows in all */
  end(count: number): string
}

export interface WriterOptions {
  /** Whether columns' names come first. */
  readonly header: boolean
  /** Between the values of CSV: one character. */
  readonly separator: string
  /** Columns of the terminal, where the output is one. */
  readonly width?: number | undefined
}
