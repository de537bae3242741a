/**
 * Whether rows fulfil quals, as PostgreSQL will decide it, for tables that count rows to know when they have enough.
 */
import type { Columns, ColumnType, Row } from './column.js'
import type { ComparisonOperator, Qual, Quals } from './qual.js'

/**
 * Whether a row certainly fulfils every qual. False where only PostgreSQL can decide: for patterns, the order of
 * texts, and types whose values can be written in several ways.
 * @param row with the columns that the quals are on
 */
export function isSureToFulfil<TableColumns extends Columns>(
  row: Row<TableColumns>,
  quals: Quals<TableColumns>,
  columns: TableColumns,
): boolean {
  return Object.entries<readonly Qual[] | undefined>(quals).every(([column, ofColumn = []]) => {
    const type = columns[column]?.type
    return type !== undefined && ofColumn.every((qual) => fulfils(row[column], type, qual))
  })
}

function fulfils(value: unknown, type: ColumnType, qual: Qual): boolean {
  const isNull = value === null || value === undefined
  if (qual.operator === 'is null' || qual.operator === 'is not null') {
    return isNull === (qual.operator === 'is null')
  }
  const own = isNull ? undefined : comparable(value, type)
  if (own === undefined) return false
  switch (qual.operator) {
    case '=':
      return qual.values.includes(own)
    case '<>':
      return own !== qual.value
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isWithin(own, qual.operator, qual.value)
    default:
      return false
  }
}

/** Whether a value is within a bound. For texts, that depends on their collation. */
function isWithin(own: unknown, operator: ComparisonOperator, bound: unknown): boolean {
  if (typeof own !== 'bigint' || typeof bound !== 'bigint') return false
  if (own === bound) return operator === '<=' || operator === '>='
  return own < bound === (operator === '<' || operator === '<=')
}

/** A row's value in the form of quals; undefined where equal values may look different. */
function comparable(value: unknown, type: ColumnType): string | boolean | bigint | undefined {
  switch (type) {
    case 'text':
      return typeof value === 'string' ? value : undefined
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'bigint':
      if (typeof value === 'bigint') return value
      return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined
    case 'timestamp with time zone':
      return microseconds(value)
    default:
      return undefined
  }
}

const isoTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/

function microseconds(value: unknown): bigint | undefined {
  const [, seconds, fraction = '', zone] = (typeof value === 'string' && isoTime.exec(value)) || []
  const milliseconds =
    value instanceof Date ? value.getTime() : seconds === undefined ? Number.NaN : Date.parse(seconds + zone)
  if (Number.isNaN(milliseconds)) return undefined
  return BigInt(milliseconds) * 1000n + BigInt(fraction.padEnd(6, '0'))
}
