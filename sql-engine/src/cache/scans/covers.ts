/** Whether the rows of one scan hold all rows of another. */
import type { Key, Qual, QualValue } from '@millrace/plugin-sdk'
import type { ScanQuals } from '../../fetch/scan-quals.js'

/** What a scan of a table was asked for. */
export interface ScanShape {
  /** Names of the columns that are filled. */
  readonly columns: ReadonlySet<string>
  readonly quals: ScanQuals
}

type KeyQual = Qual<QualValue>
type Keys = Readonly<Record<string, Key | undefined>>

/**
 * Whether a later scan can be answered from the rows of an earlier one. PostgreSQL checks the statement's conditions
 * again, so that needless rows do no harm. When in doubt, the answer is no.
 */
export function covers(earlier: ScanShape, later: ScanShape, keys: Keys): boolean {
  for (const column of later.columns) if (!earlier.columns.has(column)) return false
  for (const [column, quals] of Object.entries(earlier.quals)) {
    const known = later.quals[column] ?? []
    if (!quals.every((qual) => implies(known, qual))) return false
  }
  // A column that only repeats what was asked for is empty in rows that were fetched without asking for it.
  return Object.keys(later.quals).every(
    (column) => column in earlier.quals || keys[column]?.inherent === true,
  )
}

/** Whether rows that fulfil all known conditions on a column also fulfil another one on it. */
function implies(known: readonly KeyQual[], wanted: KeyQual): boolean {
  return known.some((qual) => impliedBy(wanted, qual))
}

function impliedBy(wanted: KeyQual, known: KeyQual): boolean {
  if (wanted.operator === 'is not null') return known.operator !== 'is null'
  if (known.operator === '=' && wanted.operator === '=') {
    // There may be thousands of them.
    const values = new Set(wanted.values)
    return known.values.every((value) => values.has(value))
  }
  if (known.operator === '=') return known.values.every((value) => fulfils(value, wanted))
  if (!('value' in wanted) || !('value' in known)) return wanted.operator === known.operator
  if (wanted.operator === known.operator && wanted.value === known.value) return true
  return isUpper(wanted) === isUpper(known) && isTighter(known, wanted)
}

/** Whether a value certainly fulfils a condition. */
function fulfils(value: QualValue, qual: KeyQual): boolean {
  switch (qual.operator) {
    case '=':
      return qual.values.includes(value)
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const order = compare(value, qual.value)
      if (order === undefined) return false
      if (order === 0) return qual.operator === '<=' || qual.operator === '>='
      return order < 0 === isUpper(qual)
    }
    case '<>': {
      const order = compare(value, qual.value)
      return order !== undefined && order !== 0
    }
    // Only PostgreSQL decides what a pattern means.
    default:
      return false
  }
}

const isUpper = ({ operator }: KeyQual) => operator === '<' || operator === '<='

/** Whether one bound lets through no more than another in the same direction. */
function isTighter(bound: KeyQual, other: KeyQual): boolean {
  if (!isBound(bound) || !isBound(other)) return false
  const order = compare(bound.value, other.value)
  if (order === undefined) return false
  if (order === 0)
    return other.operator === '<=' || other.operator === '>=' || bound.operator === other.operator
  return order < 0 === isUpper(bound)
}

function isBound(qual: KeyQual): qual is Extract<KeyQual, { operator: '<' | '<=' | '>' | '>=' }> {
  return ['<', '<=', '>', '>='].includes(qual.operator)
}

/** Compares values; undefined for those that only PostgreSQL can order: texts have collations, NaN is the greatest. */
function compare(left: QualValue, right: QualValue): number | undefined {
  const isOrdered =
    (typeof left === 'bigint' && typeof right === 'bigint') ||
    (typeof left === 'number' && typeof right === 'number')
  if (!isOrdered || Number.isNaN(left) || Number.isNaN(right)) return undefined
  return left < right ? -1 : left > right ? 1 : 0
}
