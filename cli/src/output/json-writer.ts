import { type Column, type Row, typeName } from './column.js'
import { distinctNames } from './distinct-names.js'
import { jsonValue } from './json-value.js'
import type { ResultWriter } from './result-writer.js'

/**
 * One document for a result, as Steampipe's: `{"columns":[{"name","data_type"}],"rows":[{…}]}`. Where the statement
 * fails in the middle, the document stays without its end, so that nobody takes it for the whole.
 */
export function jsonWriter(): ResultWriter {
  let columns: readonly Column[] = []
  let names: readonly string[] = []
  let first = true
  return {
    begin: (described) => {
      columns = described
      names = distinctNames(described)
      const heads = described.map((column, index) =>
        JSON.stringify({ name: names[index], data_type: typeName(column) }),
      )
      return `{"columns":[${heads.join(',')}],"rows":[`
    },
    rows: (rows) => {
      const objects = rows.map((row) => {
        const separator = first ? '\n' : ',\n'
        first = false
        return `${separator}  ${object(row, columns, names)}`
      })
      return objects.join('')
    },
    end: () => '\n]}\n',
  }
}

/** One object a line for a row. */
export function jsonLinesWriter(): ResultWriter {
  let columns: readonly Column[] = []
  let names: readonly string[] = []
  return {
    begin: (described) => {
      columns = described
      names = distinctNames(described)
      return ''
    },
    rows: (rows) => rows.map((row) => `${object(row, columns, names)}\n`).join(''),
    end: () => '',
  }
}

function object(row: Row, columns: readonly Column[], names: readonly string[]): string {
  const members = row.map(
    (value, index) => `${JSON.stringify(names[index])}:${jsonValue(value, columns[index]?.type ?? 0)}`,
  )
  return `{${members.join(',')}}`
}
