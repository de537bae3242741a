/** Statements that scan one table more than once, each time in another way. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { quoteLiteral } from '../../parse/identifier.js'
import type { RandomTable, TableColumn } from '../random-tables.js'
import { boundOn } from './bound-rules.js'
import { columnsOf, type Rule, type RuleParts, type RuleTable, unordered } from './rule-parts.js'

const twice: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name, column } = table
  const key = `s.${column.name}`
  const condition = () =>
    parts.oneOf(
      () => '',
      () => `${key} = ${parts.typed(column.type)}`,
      () => boundOn(parts, key, column.type),
      () => `${parts.any(table)} is not null`,
      () => `${key} <> ${parts.typed(column.type)}`,
    )
  const [first, second] = [parts.where(table, condition()), parts.where(table, condition())]
  const same = parts.choices.chance(50) ? first : second
  const all = columnsOf(table).join(', ')
  const limit = parts.pick('limit 1', 'limit 2', 'limit 3')
  // Up to a limit, and all of them.
  if (parts.choices.chance(30)) {
    const few = `select ${key} from ${name} s${first} ${limit}`
    return unordered(
      `select (select count(*) from (${few}) q), (select sum(hashtext(${key}::text)) from ${name} s${first})`,
    )
  }
  return unordered(
    parts.oneOf(
      () => `select (select count(*) from ${name} s${first}), (select count(*) from ${name} s${second})`,
      () =>
        `select (select count(*) from (select from ${name} s${first} ${limit}) q), (select count(*) from ${name} s${same})`,
      () =>
        `select (select count(*) from (select ${key} from ${name} s${first} ${limit}) q), (select count(*) from (select ${key} from ${name} s${same}) q)`,
      () =>
        `select (select max(${parts.any(table)}::text) from ${name} s${first}), (select max(${parts.any(table)}::text) from ${name} s${same})`,
      () => `(select ${key} from ${name} s${first}) union all (select ${key} from ${name} s${second})`,
      () =>
        `select * from (select ${key} from ${name} s${first} order by ${all} limit 2) q union all (select ${key} from ${name} s${same})`,
      () =>
        `with c as (select * from ${name} s${first}) select p.* from c p, c q where ${boundOn(parts, key, column.type).replaceAll('s.', 'q.')}`,
    ),
  )
}

/** Types whose ranges a cache can divide: their order is the same everywhere. */
const rangeTypes: ReadonlySet<ColumnType> = new Set([
  'bigint',
  'double precision',
  'timestamp with time zone',
])

function keepsRanges({ name, type, operators = [] }: TableColumn, { keys = {} }: RandomTable): boolean {
  return (
    rangeTypes.has(type) &&
    keys[name]?.inherent === true &&
    keys[name]?.immutable === true &&
    operators.filter((operator) => /^[<>]=?$/.test(operator)).length > 1
  )
}

/** A table with a column of whose ranges a cache keeps parts, if there is one. */
function rangeTable(parts: RuleParts): RuleTable | undefined {
  return parts.table(keepsRanges) ?? parts.table(({ type }) => rangeTypes.has(type))
}

/** What conditions on a range are made of, for one column of a table. */
function rangeWriter(parts: RuleParts, { column, columns }: RuleTable) {
  const key = `s.${column.name}`
  const value = () => parts.typed(column.type)
  const other = parts.choices.pickAny(columns.filter(({ operators }) => operators?.includes('=') === true))
  const lower = () => `${key} ${parts.pick('>', '>=')} ${value()}`
  const upper = () => `${key} ${parts.pick('<', '<=')} ${value()}`
  return {
    key,
    value,
    lower,
    upper,
    both: () => `${lower()} and ${upper()}`,
    beside: (bound: () => string) =>
      other === undefined ? bound() : `${bound()} and s.${other.name} = ${parts.typed(other.type)}`,
    listed: () => `${key} in (${value()}, ${value()}) and ${parts.pick(lower(), upper())}`,
  }
}

/** Overlapping ranges of one column, of which one may hold another, or a part of it, with its ends and without. */
const ranges: Rule = (parts) => {
  const table = rangeTable(parts)
  if (table === undefined) return undefined
  const { name } = table
  const { key, value, lower, upper, both, beside, listed: list } = rangeWriter(parts, table)
  const condition = () =>
    parts.oneOf(
      both,
      both,
      lower,
      upper,
      () => `${lower()} and ${key} is not null`,
      () => `${lower()} and ${lower()}`,
      list,
      () => beside(lower),
      () => `${key} = ${value()}`,
    )
  const listed = parts.pick('s.*', key, 's.*')
  const queries = Array.from(
    { length: 6 },
    () =>
      `select ${parts.pick(listed, listed, parts.any(table))} from ${name} s${parts.where(table, condition())}`,
  )
  return parts.digests(queries)
}

/** A range that begins with the first value of another one, which has been read by then: what a cache has of it is not asked for. */
const rangeAfter: Rule = (parts) => {
  const table = rangeTable(parts)
  if (table === undefined) return undefined
  const { name } = table
  const { key, value, lower, upper, both, beside, listed } = rangeWriter(parts, table)
  const known = () => parts.oneOf(both, lower, upper, upper, listed, () => beside(upper))
  const edge = (aggregate: string) =>
    `(select ${aggregate}(${key}) from ${name} s${parts.where(table, known())})`
  const fromEdge = () => `${key} ${parts.pick('>', '>=')} ${edge('min')}`
  const toEdge = () => `${key} ${parts.pick('<', '<=')} ${edge('max')}`
  const bounds = parts.oneOf(
    () => `${fromEdge()} and ${upper()}`,
    () => `${toEdge()} and ${lower()}`,
    fromEdge,
    toEdge,
    () => `${fromEdge()} and ${toEdge()}`,
    () => `${fromEdge()} and ${toEdge()}`,
    () => `${lower()} and ${fromEdge()}`,
    () => `${toEdge()} and ${upper()}`,
    () => `${fromEdge()} and ${key} in (${value()}, ${value()})`,
  )
  return parts.digests([`select ${key} from ${name} s${parts.where(table, bounds)}`])
}

/** Types whose greatest value max() finds. */
const hasGreatest: ReadonlySet<ColumnType> = new Set([...rangeTypes, 'text', 'numeric', 'date', 'inet'])

const sameValueOperators = ['=', '<', '<=', '>', '>='] as const

/** Conditions at one value, with it and without it: of two scans, one has all that the other needs, but for that value. */
const edges: Rule = (parts) => {
  const tables = parts.tablesOf(
    3,
    ({ type, operators = [] }) =>
      rangeTypes.has(type) && sameValueOperators.every((operator) => operators.includes(operator)),
  )
  if (tables.length === 0) return twice(parts)
  const queries = tables.flatMap((table) => {
    const { name, column } = table
    const key = `s.${column.name}`
    const [value, other] = [parts.typed(column.type), parts.typed(column.type)]
    const end = parts.pick('<', '>')
    const without = `${key} ${end} ${value}`
    const within = parts.pick(`${key} ${end}= ${value}`, `${key} in (${value}, ${other})`)
    const pair = parts.choices.chance(50) ? [without, within] : [within, without]
    const listed = parts.pick('s.*', key)
    return pair.map((condition) => `select ${listed} from ${name} s${parts.where(table, condition)}`)
  })
  return parts.digests(queries)
}

/** Values that many rows have, from the least on. */
const risingValues: Readonly<Partial<Record<ColumnType, readonly [string, string, string, string]>>> = {
  bigint: ['0', '1', '2', '3'],
  'double precision': ['0.1', '0.5', '1', '1.0000000000000002'],
  'timestamp with time zone': [
    '2022-07-06T20:38:08.999999Z',
    '2022-07-06T20:38:09Z',
    '2022-07-06T20:38:09.001Z',
    '2022-07-07T00:00:00Z',
  ],
}

/** A value that is known only when something else has been read. */
function onceRead(value: string, from: string): string {
  return `coalesce((select max(${value}) from ${from}), ${value})`
}

/** Ranges that have been read when one is asked for that holds parts of them. */
const dividedRange: Rule = (parts) => {
  const queries = parts.tablesOf(3, keepsRanges).flatMap((table) => {
    const { name, column } = table
    const rising = risingValues[column.type]?.map((value) => `${quoteLiteral(value)}::${column.type}`)
    if (rising === undefined) return []
    const key = `s.${column.name}`
    const [first = '', second = '', third = '', last = ''] = rising
    const earlier = parts.pick(
      [`${key} >= ${third} and ${key} >= ${second}`],
      [`${key} >= ${second} and ${key} >= ${third}`],
      [`${key} >= ${third} and ${key} >= ${first}`],
      [`${key} <= ${second} and ${key} <= ${third}`],
      [`${key} <= ${third} and ${key} <= ${second}`],
      [`${key} > ${second}`],
      [`${key} < ${third}`],
      [`${key} >= ${first} and ${key} in (${third}, ${last})`],
      [`${key} in (${second}, ${first}) and ${key} <= ${last}`],
      [`${key} >= ${third} and ${key} <= ${last}`, `${key} >= ${second} and ${key} <= ${third}`],
      [`${key} >= ${first} and ${key} <= ${second}`, `${key} >= ${second} and ${key} <= ${third}`],
    )
    const after = (value: string, condition: string | undefined) =>
      condition === undefined ? value : onceRead(value, `${name} s${parts.where(table, condition)}`)
    const range = `${key} >= ${after(first, earlier[0])} and ${key} <= ${after(last, earlier[1])}`
    return [`select ${key} from ${name} s${parts.where(table, range)}`]
  })
  return queries.length === 0 ? ranges(parts) : parts.digests(queries)
}

/** All rows after so many of the same, of whose scan they are no part. */
const limitedFirst: Rule = (parts) => {
  const queries = parts
    .tablesOf(
      3,
      ({ name, type }, { keys = {} }) => keys[name]?.valuesPerCall !== undefined && hasGreatest.has(type),
    )
    .map((table) => {
      const { name, column } = table
      const key = `s.${column.name}`
      const value = parts.typed(column.type)
      const few = `select ${key} from ${name} s${parts.where(table, `${key} = ${value}`)} limit 1`
      const all = `${key} = ${onceRead(value, `(${few}) q`)}`
      return `select ${key} from ${name} s${parts.where(table, all)}`
    })
  return queries.length === 0 ? undefined : parts.counts(queries)
}

/** Lists of a key's values that have some in common, beside conditions on another column. */
const keyLists: Rule = (parts) => {
  const table = parts.table(
    ({ name, operators }, { keys = {} }) =>
      operators?.includes('=') === true && keys[name]?.valuesPerCall !== undefined,
  )
  if (table === undefined) return twice(parts)
  const { name, column } = table
  const key = `s.${column.name}`
  const others = table.columns.filter(
    ({ name: other, operators = [] }) => other !== column.name && operators.length > 0,
  )
  const other = parts.choices.pickAny(others)
  const bare = { ...table, needed: table.needed.filter((needed) => needed.name !== column.name) }
  const queries = Array.from({ length: 5 }, () => {
    const count = parts.pick(1, 2, 3)
    const list = Array.from({ length: count }, () => parts.typed(column.type)).join(', ')
    const more =
      other !== undefined && parts.choices.chance(35)
        ? parts.pick(`s.${other.name} = ${parts.typed(other.type)}`, `s.${other.name} is not null`)
        : ''
    return `select ${parts.pick('s.*', key, parts.any(table))} from ${name} s${parts.where(bare, `${key} in (${list})`, more)}`
  })
  return parts.digests(queries)
}

export const scanRules: readonly Rule[] = [
  twice,
  twice,
  limitedFirst,
  ranges,
  rangeAfter,
  rangeAfter,
  dividedRange,
  dividedRange,
  dividedRange,
  edges,
  keyLists,
]
