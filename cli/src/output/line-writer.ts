/** Records one below another, a line for each value, as psql's `\x` has them. */
import { readable } from './column.js'
import type { ResultWriter, WriterOptions } from './result-writer.js'
import { textWidth } from './text-width.js'

export function lineWriter({ header }: Pick<WriterOptions, 'header'>): ResultWriter {
  let names: readonly string[] = []
  let width = 0
  let records = 0
  return {
    begin: (columns) => {
      names = columns.map(({ name }) => readable(name).replaceAll('\n', '\\n'))
      width = Math.max(0, ...names.map(textWidth))
      return ''
    },
    rows: (rows) =>
      rows
        .map((row) => {
          records++
          const lines = row.flatMap((value, index) => field(names[index] ?? '', width, readable(value)))
          const title = `-[ RECORD ${records} ]`
          return `${header ? `${title}${'-'.repeat(Math.max(1, width + 14 - title.length))}\n` : ''}${lines.join('')}`
        })
        .join(''),
    end: (count) => (header && count === 0 ? '(0 rows)\n' : ''),
  }
}

function field(name: string, width: number, text: string): string[] {
  return text.split('\n').map((line, index, all) => {
    const head = (index === 0 ? name : '') + ' '.repeat(width - (index === 0 ? textWidth(name) : 0))
    return `${`${head} | ${line}${index < all.length - 1 ? '+' : ''}`.trimEnd()}\n`
  })
}
