/** Which picture fits a result, from the types of its columns. */
import type { Column } from '../../protocol/messages.js'
import { isJson, isNumber, isTime } from '../result/column-kinds.js'

export type ChartKind = 'bars' | 'line' | 'dots'

export interface Chart {
  readonly kind: ChartKind
  /** Columns' places. */
  readonly x: number
  /** Undefined for the number of rows. */
  readonly y: number | undefined
}

export const chartKinds: readonly ChartKind[] = ['bars', 'line', 'dots']

/** @returns undefined where no column can be drawn */
export function pickChart(columns: readonly Column[]): Chart | undefined {
  const places = columns.map((column, index) => ({ column, index }))
  const time = places.find(({ column }) => isTime(column))
  const measures = places.filter(
    ({ column }) => isNumber(column) && !/(?:^|_)(?:id|latitude|longitude)$/.test(column.name),
  )
  const label = places.find(({ column }) => !isNumber(column) && !isTime(column) && !isJson(column))
  // A count, a sum or an average stands behind what it is of.
  const measure = measures.at(-1)?.index
  if (time !== undefined) return { kind: measure === undefined ? 'bars' : 'line', x: time.index, y: measure }
  if (label !== undefined) return { kind: 'bars', x: label.index, y: measure }
  const [first, second] = measures
  if (first === undefined) return undefined
  return second === undefined
    ? { kind: 'bars', x: first.index, y: undefined }
    : { kind: 'dots', x: first.index, y: second.index }
}
