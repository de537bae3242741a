/** Statements that turn on a bound, which follows from a condition on something that is made of a key. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { quoteLiteral } from '../../parse/identifier.js'
import type { TableColumn } from '../random-tables.js'
import { numberBounds } from './number-bounds.js'
import { type Rule, type RuleParts, type RuleTable, takes, unordered } from './rule-parts.js'
import { addressBounds, textBounds } from './text-bounds.js'
import { dayBounds, timeBounds } from './time-bounds.js'

const bounding = /^[<>]=?$/

const boundTypes: ReadonlySet<ColumnType> = new Set([
  'timestamp with time zone',
  'date',
  'bigint',
  'numeric',
  'double precision',
])

/** Conditions on what is made of a column, by which an API may be bounded: so many, of several kinds. */
export function boundsOn(
  parts: RuleParts,
  column: string,
  type: ColumnType,
  count: number,
): readonly string[] {
  switch (type) {
    case 'timestamp with time zone':
      return timeBounds(parts, column, count)
    case 'date':
      return dayBounds(parts, column, count)
    case 'bigint':
      return numberBounds(parts, column, true, count)
    case 'numeric':
    case 'double precision':
      return numberBounds(parts, column, false, count)
    case 'text':
      return textBounds(parts, column, count)
    case 'inet':
    case 'cidr':
      return addressBounds(parts, column, type, count)
    default:
      return []
  }
}

/** One of them. */
export function boundOn(parts: RuleParts, column: string, type: ColumnType): string {
  return boundsOn(parts, column, type, 1)[0] ?? `${column} = ${quoteLiteral(parts.value(type))}`
}

/** So many conditions are asked in one statement. */
const together = 8

function over(parts: RuleParts, table: RuleTable | undefined) {
  if (table === undefined) return undefined
  const { name, column } = table
  if (parts.choices.chance(80)) {
    const conditions = boundsOn(parts, `s.${column.name}`, column.type, together)
    return parts.ofEach(table, conditions)
  }
  const condition = boundOn(parts, `s.${column.name}`, column.type)
  return unordered(
    parts.oneOf(
      () => `select s.* from ${name} s${parts.where(table, condition)}`,
      () => `select s.${column.name}, ${parts.any(table)} from ${name} s${parts.where(table, condition)}`,
      () =>
        `select q.* from (select * from ${name} s${parts.where(table)}) q where ${condition.replaceAll(`s.${column.name}`, `q.${column.name}`)}`,
      () => `select count(*) from ${name} s${parts.where(table, condition)}`,
    ),
  )
}

/** Mostly over a column that is bounded on both sides. */
function ofType(...types: readonly ColumnType[]): Rule {
  return (parts) => {
    const bounded = parts.choices.chance(80)
      ? parts.table((column) => types.includes(column.type) && takes(column, /^<=$/) && takes(column, /^>=$/))
      : undefined
    return over(
      parts,
      bounded ??
        parts.table((column) => types.includes(column.type) && takes(column, bounding)) ??
        anyBound(parts),
    )
  }
}

function anyBound(parts: RuleParts): RuleTable | undefined {
  return parts.table((column) => boundTypes.has(column.type) && takes(column, bounding))
}

/** The rows of one condition, or how many there are of each. */
function withEach(parts: RuleParts, table: RuleTable, conditions: readonly string[]) {
  const [first = 'true'] = conditions
  if (parts.choices.chance(70)) return parts.ofEach(table, conditions)
  return unordered(`select s.* from ${table.name} s${parts.where(table, first)}`)
}

/** Equality with what no value of the key's type is, or what several are. */
const otherTypes: Readonly<Partial<Record<ColumnType, readonly [string, ...string[]]>>> = {
  bigint: [
    '2.5',
    '2.0',
    '1.5::numeric',
    "'2'::numeric",
    '9007199254740992::float8',
    '2::float8',
    '0.5',
    '3.0',
  ],
  numeric: ['2::bigint', '2.5::float8', '1000::float8', '2.50', '1::int2'],
  'double precision': ['1::bigint', '0.5', '0.1::numeric', "'NaN'::float4"],
  date: [
    "timestamp '2022-07-06'",
    "timestamp '2022-07-07'",
    "timestamp '2022-07-06 12:00'",
    "timestamptz '2022-07-06 00:00Z'",
  ],
  'timestamp with time zone': [
    "date '2022-07-07'",
    "'infinity'::timestamptz",
    "timestamp '2022-07-07 00:00'",
    "'-infinity'::timestamptz",
  ],
}

const ofOtherTypes: Rule = (parts) => {
  const isTaken = (column: TableColumn) =>
    otherTypes[column.type] !== undefined && takes(column, /^(<>|[<>]=?|=)$/)
  const dated = parts.choices.chance(25)
    ? parts.table((column) => column.type === 'date' && isTaken(column))
    : undefined
  const table = dated ?? parts.table(isTaken)
  const values = table && otherTypes[table.column.type]
  if (table === undefined || values === undefined) return undefined
  const key = `s.${table.column.name}`
  const value = () => parts.choices.pick(values)
  const own = () => quoteLiteral(parts.value(table.column.type))
  const operator = () => parts.pick('<>', '<', '>', '<=', '>=', '=')
  const conditions = parts.someOf(4, [
    () => `${key} ${operator()} ${value()}`,
    () => `${key} ${operator()} ${value()}`,
    () => `${key} = ${value()}`,
    () => `${key} <> ${value()}`,
    () => `${value()} ${operator()} ${key}`,
    () => `${key} in (${own()}, ${value()})`,
    () => `${key} not in (${value()}, ${value()})`,
    () => `(${key} = ${value()} or ${key} = ${own()})`,
    () => `${key} = any (array[${value()}, ${own()}::${table.column.type}])`,
  ])
  return withEach(parts, table, conditions)
}

/** NaN is greater than all numbers, also where what is made of it falls. */
const noNumber: Rule = (parts) => {
  const table = parts.table((column) => column.type === 'double precision' && takes(column, /^[<>]=?$/))
  if (table === undefined) return undefined
  const key = `s.${table.column.name}`
  const falling = () => parts.pick(`10 - ${key}`, `5 - floor(${key})`, `1 - ${key} * 2`, `3 - (${key} + 1)`)
  const conditions = parts.someOf(4, [
    () => `${falling()} > 3`,
    () => `${falling()} >= 0`,
    () => `not (${falling()} < 2)`,
    () => `8 <= ${falling()}`,
    () => `${falling()} > -1 and ${key}::text = 'NaN'`,
  ])
  return withEach(parts, table, conditions)
}

/** Numbers beyond those that floating point tells apart. */
const wide: Rule = (parts) => {
  const table = parts.table((column) => column.type === 'bigint' && takes(column, /^([<>]=?|=)$/))
  if (table === undefined) return undefined
  const key = `s.${table.column.name}`
  const big = () => parts.pick('9007199254740992', '9007199254740993', '9007199254740992::float8')
  const conditions = parts.someOf(6, [
    () =>
      `${key} in (${parts.parameter('double precision', '1')}, ${parts.parameter('bigint', '9007199254740993')})`,
    () =>
      `${key} in (${parts.parameter('bigint', '9007199254740992')}, ${parts.parameter('double precision', '2')})`,
    () =>
      `(${key} in (${parts.parameter('double precision', '1')}, ${parts.parameter('bigint', '2')}) or ${key} in (3, ${parts.typed('bigint')}))`,
    () => `${key} in (1e0::float8, ${big()})`,
    () =>
      `${key} in (${parts.pick("'9007199254740993'", "'9007199254740992'")}, ${parts.pick('1::int4', '2::int2')})`,
    () => `${key} in (${big()}, 1e0::float8, 2)`,
    () => `${key} = ${big()}`,
    () => `${key} = 9007199254740992::float8`,
    () => `${key} ${parts.pick('>=', '<=', '=')} 9007199254740992::float8`,
    () => `${key} = any (array[${big()}, 2::float8])`,
    () => `${key} < ${parts.pick('2.5', '1.5', '0.5', '3.5')}`,
    () => `${key} <> ${parts.pick('2.5', '1.5', '3.0')}`,
  ])
  return withEach(parts, table, conditions)
}

export const boundRules: readonly Rule[] = [
  ofType('timestamp with time zone'),
  ofType('timestamp with time zone'),
  ofType('timestamp with time zone'),
  ofType('date', 'timestamp with time zone'),
  ofType('bigint'),
  ofType('bigint'),
  ofType('numeric'),
  ofType('double precision', 'numeric'),
  (parts) =>
    over(
      parts,
      parts.table((column) => column.type === 'text' && takes(column, bounding)),
    ),
  (parts) =>
    over(
      parts,
      parts.table((column) => column.type === 'text' && takes(column, /^=$/)),
    ),
  (parts) =>
    over(
      parts,
      parts.table(
        ({ type, ...column }) => (type === 'inet' || type === 'cidr') && takes({ type, ...column }, /^=$/),
      ),
    ),
  (parts) =>
    over(
      parts,
      parts.table(
        ({ type, ...column }) => (type === 'inet' || type === 'cidr') && takes({ type, ...column }, /^=$/),
      ),
    ),
  ofOtherTypes,
  ofOtherTypes,
  ofOtherTypes,
  noNumber,
  noNumber,
  wide,
  wide,
]
