/** Tables laid out as psql does it. */
import { type Column, isNumber, readable } from './column.js'
import { foldText } from './fold-text.js'
import { lineWriter } from './line-writer.js'
import type { ResultWriter, WriterOptions } from './result-writer.js'
import { textWidth } from './text-width.js'

/**
 * The first rows decide how wide the columns are; a later value that is wider stands out, and is whole all the same.
 * On a terminal that is too narrow for the table, its widest column is folded; where that is not enough, records stand
 * one below another instead.
 */
export function tableWriter(options: WriterOptions): ResultWriter {
  let columns: readonly Column[] = []
  let widths: readonly number[] | undefined
  let narrow: ResultWriter | undefined
  let fold: Fold | undefined
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
      const found = foldFor(widths, heads.map(textWidth), total - options.width)
      if (found === undefined) {
        narrow = lineWriter(options)
        return narrow.begin(columns)
      }
      fold = found
      widths = widths.map((width, index) => (index === found.column ? found.width : width))
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
      return head + cells.map((row) => lines(row, columns, widths ?? [], fold)).join('')
    },
    end: (count) => {
      const head = widths === undefined ? open([]) : ''
      if (narrow !== undefined) return head + narrow.end(count)
      return head + (options.header ? (count === 1 ? '(1 row)\n' : `(${count} rows)\n`) : '')
    },
  }
}

interface Fold {
  readonly column: number
  readonly width: number
}

/** A column that is narrower than this is hard to read. */
const leastFolded = 24

/** The widest column, if it can be made narrower by so much. */
function foldFor(widths: readonly number[], heads: readonly number[], surplus: number): Fold | undefined {
  const column = widths.indexOf(Math.max(...widths))
  const width = (widths[column] ?? 0) - surplus
  return width < Math.max(leastFolded, heads[column] ?? 0) ? undefined : { column, width }
}

/** A line of a cell, and what tells whether it goes on: `+` before a line break, `.` before a fold. */
interface CellLine {
  readonly text: string
  readonly mark: string
}

function cellLines(cell: readonly string[], width: number | undefined): CellLine[] {
  return cell.flatMap((line, index) => {
    const end = index < cell.length - 1 ? '+' : ' '
    if (width === undefined) return [{ text: line, mark: end }]
    const pieces = foldText(line, width)
    return pieces.map((text, piece) => ({ text, mark: piece < pieces.length - 1 ? '.' : end }))
  })
}

/** Rows are as high as their highest cell. */
function lines(
  cells: readonly string[][],
  columns: readonly Column[],
  widths: readonly number[],
  fold: Fold | undefined,
): string {
  const parts = cells.map((cell, index) => cellLines(cell, fold?.column === index ? fold.width : undefined))
  const height = Math.max(1, ...parts.map((part) => part.length))
  let text = ''
  for (let line = 0; line < height; line++) {
    const padded = parts.map((part, index) => {
      const { text: piece, mark } = part[line] ?? { text: '', mark: ' ' }
      const blank = ' '.repeat(Math.max(0, (widths[index] ?? 0) - textWidth(piece)))
      const column = columns[index]
      return ` ${column !== undefined && isNumber(column) ? blank + piece : piece + blank}${mark}`
    })
    text += `${padded.join('|').trimEnd()}\n`
  }
  return text
}

function centre(text: string, width: number): string {
  const blank = width - textWidth(text)
  return ' '.repeat(Math.floor(blank / 2)) + text + ' '.repeat(Math.ceil(blank / 2))
}
