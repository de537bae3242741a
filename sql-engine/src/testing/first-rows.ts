import type { ColumnType, Row, ScanOrder } from '@millrace/plugin-sdk'
import { compareValues } from './exact-filter.js'

/** The first rows by an order, with those that have the last one's value, the last in the order first. */
export function firstRows(
  rows: readonly Row[],
  { column, direction }: ScanOrder,
  type: ColumnType,
  limit: number,
): readonly Row[] {
  const sign = direction === 'asc' ? 1 : -1
  const compare = (left: Row, right: Row) => sign * compareValues(type, left[column], right[column])
  const sorted = [...rows].sort(compare)
  const last = sorted[limit - 1]
  return last === undefined ? rows : sorted.filter((row) => compare(row, last) <= 0).reverse()
}
