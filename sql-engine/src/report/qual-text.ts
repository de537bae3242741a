/** Conditions that an API is asked with, as SQL would write them. */
import type { ColumnType, Operator, Qual, QualValue } from '@millrace/plugin-sdk'
import type { VirtualTable } from '../catalog/virtual-table.js'
import type { ScanQuals } from '../fetch/scan-quals.js'
import { quoteLiteral } from '../parse/identifier.js'

/** The most values of a list that are written out; of longer lists, only their number is shown. */
const mostValues = 10

const patternNames: Readonly<Partial<Record<Operator, string>>> = {
  '~~': 'LIKE',
  '~~*': 'ILIKE',
  '!~~': 'NOT LIKE',
  '!~~*': 'NOT ILIKE',
  'is null': 'IS NULL',
  'is not null': 'IS NOT NULL',
}

/** An operator's name as most people know it: `~~` is LIKE. */
export function operatorName(operator: Operator): string {
  return patternNames[operator] ?? operator
}

/** All conditions of a scan. */
export function qualTexts(quals: ScanQuals, { columns }: VirtualTable): string[] {
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  return Object.entries(quals).flatMap(([column, ofColumn]) =>
    ofColumn.map((qual) => qualText(column, qual, types.get(column) ?? 'text')),
  )
}

export function qualText(column: string, qual: Qual<QualValue>, type: ColumnType): string {
  if (qual.operator === '=')
    return equalText(
      column,
      qual.values.map((value) => valueText(value, type)),
    )
  const name = operatorName(qual.operator)
  return 'value' in qual ? `${column} ${name} ${valueText(qual.value, type)}` : `${column} ${name}`
}

/** @param values as SQL */
export function equalText(column: string, values: readonly string[]): string {
  const [only, second] = values
  if (only !== undefined && second === undefined) return `${column} = ${only}`
  const more = values.length - mostValues
  const listed = values.slice(0, mostValues).join(', ')
  return `${column} IN (${listed}${more > 0 ? `, and ${more} more` : ''})`
}

export function valueText(value: QualValue, type: ColumnType): string {
  if (typeof value === 'bigint' && type === 'timestamp with time zone')
    return quoteLiteral(instantText(value))
  const isBare = typeof value === 'bigint' || typeof value === 'boolean' || Number.isFinite(value)
  return isBare ? String(value) : quoteLiteral(String(value))
}

/** @param microseconds since 1970 */
export function instantText(microseconds: bigint): string {
  const fraction = ((microseconds % 1000n) + 1000n) % 1000n
  const milliseconds = Number((microseconds - fraction) / 1000n)
  const text = new Date(milliseconds).toISOString()
  return fraction === 0n ? text : text.replace('Z', `${String(fraction).padStart(3, '0')}Z`)
}
