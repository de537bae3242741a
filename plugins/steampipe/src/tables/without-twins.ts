/**
 * Rows of a call whose condition has several values. An API may take two of them for the same one, such as "x" and "X",
 * or search for what begins with a value: then the plugin, which asks for each value by itself, yields rows twice. Such
 * rows cannot be told from others that are alike; for their values, the plugin is asked once more, for each alone.
 */
import type { ColumnType, QualValue, Row } from '@millrace/plugin-sdk'
import { equalityTest } from './equality.js'

export type Batches = AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>

export interface ListOfValues {
  readonly column: string
  readonly type: ColumnType
  readonly values: readonly QualValue[]
}

/**
 * @param columns by which rows are alike
 * @param rowsOf asks for the rows of one value alone
 */
export async function* withoutTwins(
  batches: Batches,
  { column, type, values }: ListOfValues,
  columns: readonly string[],
  rowsOf: (value: QualValue) => Batches,
): AsyncGenerator<readonly Row[]> {
  const seen = new Set<string>()
  const doubtful = new Set<string>()
  for await (const batch of batches) {
    const rows = batch.filter((row) => {
      const key = keyOf(row, columns)
      if (!seen.has(key)) {
        seen.add(key)
        return true
      }
      doubtful.add(key)
      return false
    })
    if (rows.length > 0) yield rows
  }
  if (doubtful.size === 0) return
  for (const value of values) {
    const isOfValue = equalityTest(type, [value])
    if (![...doubtful].some((key) => isOfValue(valueIn(key, columns.indexOf(column))))) continue
    const counts = new Map<string, number>()
    for await (const batch of rowsOf(value)) {
      const more = batch.filter((row) => {
        const key = keyOf(row, columns)
        const count = (counts.get(key) ?? 0) + 1
        counts.set(key, count)
        // The first of each was yielded before.
        return count > 1 || !seen.has(key)
      })
      if (more.length > 0) yield more
    }
  }
}

function keyOf(row: Row, columns: readonly string[]): string {
  return JSON.stringify(
    columns.map((column) => {
      const value = row[column]
      return typeof value === 'bigint' ? { integer: String(value) } : (value ?? null)
    }),
  )
}

function valueIn(key: string, index: number): unknown {
  const value: unknown = (JSON.parse(key) as unknown[])[index]
  return value instanceof Object && 'integer' in value ? value.integer : value
}
