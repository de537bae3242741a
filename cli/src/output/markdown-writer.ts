/** Tables of GitHub Flavored Markdown: https://github.github.com/gfm/#tables-extension- */
import { type Column, isNumber, readable, type Value } from './column.js'
import type { ResultWriter, WriterOptions } from './result-writer.js'

/** Without a header the names' cells are empty: the format has no table without them. */
export function markdownWriter({ header }: WriterOptions): ResultWriter {
  const head = ({ name }: Column) => (header ? cell(name) : '')
  return {
    begin: (columns) => {
      const rules = columns.map((column) => (isNumber(column) ? '--:' : '---'))
      return line(columns.map(head)) + line(rules)
    },
    rows: (rows) => rows.map((row) => line(row.map(cell))).join(''),
    end: () => '',
  }
}

function line(cells: readonly string[]): string {
  return `|${cells.map((each) => ` ${each} |`).join('')}\n`
}

/** Shows the value itself, whatever Markdown would make of its characters. */
function cell(value: Value): string {
  if (value === null) return '*null*'
  return readable(value)
    .replace(/[\\`*[\]<>|~&#$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\$&')
    .replaceAll('\n', '<br>')
}
