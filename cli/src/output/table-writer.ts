/** Tables laid out as psql does it. */
import { type Column, isNumber, readable } from './column.js'
import { lineWriter } from './line-writer.js'
import type { ResultWriter, WriterOptions } from './result-writer.js'
import { textWidth } from './text-width.js'

/**
 * The first rows decide how wide the columns are; a later value that is wider stands out, and is whole all the same.
 * On a terminal that is too narrow for the table, records stand one below another instead.
 */
export function tableWriter(options: WriterOptions): ResultWriter {
  let columns: readonly Column[] = []
  let widths: readonly number[] | undefined
  let narrow: ResultWriter | undefined
  const open = (first: readonly string[][][]): string => {
    const heads = columns.map(({ name }) => readable(name).replaceAll('\n', '\\n'))
    widths = heads.map((head, index) =>
      first.reduce(
        (width, cells) => Math.max(width, ...(cells[index] ?? []).map(textWidth)),
        options.header ? textWidth(head) : 0,
      ),
    )
    const total = widths.reduce((sum, width) => sum + width + 3, -1)
    if (options.width !== undefined && total > options.width) {
      narrow = lineWriter(options)
      return narrow.begin(columns)
    }
    if (!options.header) return ''
    const centred = heads.map((head, index) => centre(head, widths?.[index] ?? 0))
    return `${` ${centred.join(' | ')}`.trimEnd()}\n${widths.map((width) => '-'.repeat(width + 2)).join('+')}\n`
  }
  return {
    begin: (described) => {
      columns = described
      return ''
    },
    rows: (rows) => {
      const cells = rows.map((row) => row.map((value) => readable(value).split('\n')))
      const head = widths === undefined ? open(cells) : ''
      if (narrow !== undefined) return head + narrow.rows(rows)
      return head + cells.map((row) => lines(row, columns, widths ?? [])).join('')
    },
    end: (count) => {
      const head = widths === undefined ? open([]) : ''
      if (narrow !== undefined) return head + narrow.end(count)
      return head + (options.header ? (count === 1 ? '(1 row)\n' : `(${count} rows)\n`) : '')
    },
  }
}

/** A value of several lines makes several lines of a row; those that go on end with a plus sign. */
function lines(cells: readonly string[][], columns: readonly Column[], widths: readonly number[]): string {
  const height = Math.max(1, ...cells.map((cell) => cell.length))
  let text = ''
  for (let line = 0; line < height; line++) {
    const parts = cells.map((cell, index) => {
      const part = cell[line] ?? ''
      const blank = ' '.repeat(Math.max(0, (widths[index] ?? 0) - textWidth(part)))
      const column = columns[index]
      const padded = column !== undefined && isNumber(column) ? blank + part : part + blank
      return ` ${padded}${line < cell.length - 1 ? '+' : ' '}`
    })
    text += `${parts.join('|').trimEnd()}\n`
  }
  return text
}

function centre(text: string, width: number): string {
  const blank = width - textWidth(text)
  return ' '.repeat(Math.floor(blank / 2)) + text + ' '.repeat(Math.ceil(blank / 2))
}
