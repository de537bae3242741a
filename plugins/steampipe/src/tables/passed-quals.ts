/**
 * Which conditions of a scan a plugin is given, and how. The SDK and many plugins misread what Steampipe itself never
 * sends them, so only this is passed: of each column one condition, or one bound on each side; of all columns one with
 * several values; times to the second, and widened. PostgreSQL checks all conditions again.
 */
import type { ColumnType, Qual, Quals, QualValue } from '@millrace/plugin-sdk'
import type { PluginQual, PluginValue } from '../protocol/execute-request.js'
import { pluginValue } from './plugin-value.js'

type AnyQual = Qual<QualValue>

/** What one column's conditions come to. */
export type PassedColumn =
  | { readonly kind: 'equal'; readonly column: string; readonly values: readonly QualValue[] }
  | { readonly kind: 'other'; readonly column: string; readonly quals: readonly PluginQual[] }

export interface PassingColumn {
  readonly type: ColumnType
  /** The operators that the plugin takes. */
  readonly operators: readonly string[]
}

/**
 * @param columns those that may be passed, by name
 * @returns a member for each column that has something to pass
 */
export function passedColumns(
  quals: Quals,
  columns: ReadonlyMap<string, PassingColumn>,
): readonly PassedColumn[] {
  return [...columns].flatMap(([column, passing]) => {
    const ofColumn: readonly AnyQual[] = quals[column] ?? []
    const passed = passedOf(column, ofColumn, passing)
    return passed === undefined ? [] : [passed]
  })
}

function passedOf(
  column: string,
  quals: readonly AnyQual[],
  { type, operators }: PassingColumn,
): PassedColumn | undefined {
  const equal = quals.find((qual) => qual.operator === '=')
  if (equal !== undefined && operators.includes('=')) {
    const isExact = type !== 'timestamp with time zone' || equal.values.every(isWholeSecond)
    if (isExact) return { kind: 'equal', column, values: equal.values }
  }
  const bounds = boundsOf(column, quals, type, operators)
  if (bounds.length > 0) return { kind: 'other', column, quals: bounds }
  for (const qual of quals) {
    if (qual.operator === '=' || isBound(qual)) continue
    const values = 'value' in qual ? [pluginValue(type, qual.value)] : []
    if (values.some((value) => value === undefined)) continue
    const known = values.filter((value) => value !== undefined)
    return { kind: 'other', column, quals: [{ column, operator: qual.operator, values: known }] }
  }
  return undefined
}

type BoundOperator = '<' | '<=' | '>' | '>='

function isBound(qual: AnyQual): qual is Extract<AnyQual, { operator: BoundOperator }> {
  return ['<', '<=', '>', '>='].includes(qual.operator)
}

/** The tightest bound on each side; of times that equal one of several, the range that holds them. */
function boundsOf(
  column: string,
  quals: readonly AnyQual[],
  type: ColumnType,
  operators: readonly string[],
): PluginQual[] {
  const lower: (bigint | number)[] = []
  const upper: (bigint | number)[] = []
  for (const qual of quals) {
    if (isBound(qual)) {
      if (typeof qual.value === 'bigint' || typeof qual.value === 'number') {
        ;(qual.operator.startsWith('>') ? lower : upper).push(qual.value)
      }
    } else if (qual.operator === '=' && type === 'timestamp with time zone') {
      const times = qual.values.filter((value) => typeof value === 'bigint')
      lower.push(times.reduce((least, time) => (time < least ? time : least)))
      upper.push(times.reduce((most, time) => (time > most ? time : most)))
    }
  }
  const most = lower.length === 0 ? undefined : lower.reduce((one, other) => (other > one ? other : one))
  const least = upper.length === 0 ? undefined : upper.reduce((one, other) => (other < one ? other : one))
  return [
    bound(column, type, ['>=', '>'], operators, most),
    bound(column, type, ['<=', '<'], operators, least),
  ].filter((qual) => qual !== undefined)
}

/** A bound by the operator that holds its own value, or, where the plugin has only the other one, a little farther out. */
function bound(
  column: string,
  type: ColumnType,
  [inclusive, exclusive]: readonly [BoundOperator, BoundOperator],
  operators: readonly string[],
  value: bigint | number | undefined,
): PluginQual | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined
  const operator = [inclusive, exclusive].find((one) => operators.includes(one))
  if (operator === undefined) return undefined
  const side = inclusive === '>=' ? -1 : 1
  const outer = widened(type, value, side, operator === exclusive)
  const passed = outer === undefined ? undefined : pluginValue(type, outer)
  return passed === undefined ? undefined : { column, operator, values: [passed] }
}

const second = 1_000_000n
const largestInteger = 2n ** 63n - 1n

function widened(
  type: ColumnType,
  value: bigint | number,
  side: -1 | 1,
  isExclusive: boolean,
): bigint | number | undefined {
  if (typeof value === 'number') return isExclusive ? undefined : value
  if (type !== 'timestamp with time zone') {
    const outer = isExclusive ? value + BigInt(side) : value
    return outer > largestInteger || outer < -largestInteger ? undefined : outer
  }
  const rest = ((value % second) + second) % second
  const floor = value - rest
  const whole = rest === 0n || side === -1 ? floor : floor + second
  return isExclusive ? whole + BigInt(side) * second : whole
}

function isWholeSecond(value: QualValue): boolean {
  return typeof value === 'bigint' && value % second === 0n
}

/** The passed form of an equality's values; those that cannot be passed are left out, as no row of the API has them. */
export function equalQual(
  column: string,
  type: ColumnType,
  values: readonly QualValue[],
): PluginQual | undefined {
  const passed = values.map((value) => pluginValue(type, value))
  if (passed.length === 0 || passed.some((value) => value === undefined)) return undefined
  return {
    column,
    operator: '=',
    values: passed.filter((value): value is PluginValue => value !== undefined),
  }
}
