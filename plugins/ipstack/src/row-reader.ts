/** The API's answers as rows. What is missing, null, empty or of another type becomes NULL; zero stays zero. */
import { isIP } from 'node:net'
import { type ColumnType, fieldsOf, type Row, toJsonText } from '@millrace/plugin-sdk'
import { columns, type LookupColumn, type LookupColumns, sources } from './columns.js'

export type LookupRow = Row<LookupColumns>

/** Makes the function that reads the wanted columns of an answer. */
export function rowReader(wanted: ReadonlySet<LookupColumn>): (answer: unknown) => LookupRow {
  const readers = [...wanted].map((column) => {
    const [first, second] = sources[column]
    const convert = conversions[columns[column].type]
    return { column, first, second, convert }
  })
  return (answer) => {
    const fields = fieldsOf(answer)
    const row: Partial<Record<LookupColumn, unknown>> = {}
    for (const { column, first, second, convert } of readers) {
      const value = second === undefined ? fields[first] : fieldsOf(fields[first])[second]
      row[column] = convert(value)
    }
    // Each conversion yields its column's type, which a loop over columns cannot express.
    return row as LookupRow
  }
}

type UsedType = LookupColumns[LookupColumn]['type']

const conversions: Readonly<Record<UsedType & ColumnType, (value: unknown) => unknown>> = {
  inet: (value) => (typeof value === 'string' && isIP(value) !== 0 ? value : null),
  text: (value) =>
    typeof value === 'number' ? String(value) : typeof value === 'string' && value ? value : null,
  boolean: (value) => (typeof value === 'boolean' ? value : null),
  'double precision': (value) => (typeof value === 'number' ? value : null),
  bigint: (value) => {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null
    return typeof value === 'string' && /^-?\d{1,18}$/.test(value) ? BigInt(value) : null
  },
  jsonb: (value) => (value === null ? null : toJsonText(value)),
  'timestamp with time zone': timeOrNull,
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/

function timeOrNull(value: unknown): Date | null {
  if (typeof value !== 'string' || !isoTime.test(value)) return null
  const time = new Date(value)
  return Number.isNaN(time.getTime()) ? null : time
}
