/** Which rows of a part count, in SQL. */
import type { QualValue } from '@millrace/plugin-sdk'
import { escapeIdentifier, escapeLiteral } from 'pg'
import type { CatalogColumn } from '../../catalog/virtual-table.js'
import type { CountedPart } from './cache-request.js'
import type { Interval } from './interval.js'

/** @returns a condition on a column; undefined where all rows count */
export function countedRows(
  { name, databaseType }: CatalogColumn,
  counted: CountedPart | undefined,
): string | undefined {
  if (counted === undefined) return undefined
  const column = escapeIdentifier(name)
  if (counted.kind === 'range') return inRange(column, databaseType, counted.interval)
  // Compared by bytes: a collation might make two keys equal, and the row of one would stand for both.
  const compared = databaseType === 'text' ? `${column} COLLATE "C"` : column
  const values = counted.values.map((value) => literal(value, databaseType))
  return `${compared} = ANY (ARRAY[${values.join(', ')}])`
}

function inRange(column: string, type: string, { lower, upper }: Interval): string {
  const conditions: string[] = []
  if (lower !== undefined)
    conditions.push(`${column} ${lower.isIn ? '>=' : '>'} ${literal(lower.value, type)}`)
  if (upper !== undefined)
    conditions.push(`${column} ${upper.isIn ? '<=' : '<'} ${literal(upper.value, type)}`)
  return conditions.join(' AND ')
}

/** Instants are microseconds since 1970 here; whole seconds and the rest are added exactly. */
function literal(value: QualValue, type: string): string {
  if (type !== 'timestamp with time zone') return `${escapeLiteral(String(value))}::${type}`
  const microseconds = BigInt(value)
  const rest = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = (microseconds - rest) / 1_000_000n
  return `(to_timestamp(${seconds}) + interval '${rest} microseconds')`
}
