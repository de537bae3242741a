/** Statements that need so many rows of a table and no more, or seem to. */
import type { ColumnType, Direction } from '@millrace/plugin-sdk'
import { quoteLiteral } from '../../parse/identifier.js'
import type { RandomTable, TableColumn } from '../random-tables.js'
import { boundOn } from './bound-rules.js'
import { columnsOf, type Rule, type RuleParts, type RuleTable, unordered } from './rule-parts.js'

/** Conditions of which a table can promise all, a part, or nothing. */
function condition(parts: RuleParts, table: RuleTable): string {
  const { column } = table
  const own = `s.${column.name}`
  const any = parts.any(table)
  if (parts.choices.chance(35)) return ''
  // A value that the column's type has not is asked of no API, as is known only when the statement runs.
  if (column.type === 'bigint' && parts.choices.chance(40)) {
    return `${own} ${parts.pick('<', '>', '<=', '>=')} ${parts.pick('1.5', '2.5', '0.5', '1.5::float8', '2.5::float8')}`
  }
  return parts.oneOf(
    () => `${own} = ${parts.typed(column.type)}`,
    () => `${own} = ${parts.typed(column.type)}`,
    () => `${own} in (${parts.typed(column.type)}, ${parts.typed(column.type)})`,
    () => `${any} is not null`,
    () => `upper(${any}::text) ${parts.pick('>=', '<')} 'B'`,
    () => `length(${any}::text) > ${parts.pick(1, 2, 3)}`,
    () => `(${own} = ${parts.typed(column.type)} or ${any} is null)`,
    () => boundOn(parts, own, column.type),
    () => boundOn(parts, own, column.type),
    () => `${own} = ${parts.typed(column.type)} and ${any} is not null`,
    () => `exists (select from (values (1)) v (x) where ${any} is not null)`,
  )
}

/** A query of which only the number of rows is certain, not which they are. */
function someRows(parts: RuleParts, table: RuleTable): string {
  const { name, column } = table
  const { from, link } = parts.partner(column.type, table)
  const where = parts.where(table, condition(parts, table))
  const key = `s.${column.name}`
  const first = parts.any(table)
  const limit = () =>
    parts.pick(
      'limit 2',
      'limit 1',
      'limit 3',
      'limit 1 offset 1',
      'limit 2 offset 2',
      'offset 2 limit 1',
      'limit 4',
      'limit 1 + 1',
      'limit 4 - 1',
      'limit 1 + 0',
    )
  return parts.oneOf(
    () => `select ${first} from ${name} s${where} ${limit()}`,
    () => `select from ${name} s${where} ${limit()}`,
    () => `select distinct ${first} from ${name} s${where} ${limit()}`,
    () => `select distinct ${first} from ${name} s${where} ${limit()}`,
    () => `select distinct ${key} from ${name} s${where} ${limit()}`,
    () => `select ${first} from ${name} s${where} group by ${first} ${limit()}`,
    () => `select ${first} from ${name} s${where} group by ${first} ${limit()}`,
    () => `select ${key} from ${name} s${where} group by ${key} ${limit()}`,
    () => `select count(*) from ${name} s${where} group by ${first} ${limit()}`,
    () => `select n.* from ${from} join ${name} s on ${key} = ${link}${where} ${limit()}`,
    () => `select n.* from ${from}, ${name} s${parts.where(table, `${key} = ${link}`)} ${limit()}`,
    () => `select from ${name} s, unnest(string_to_array(${first}::text, '1')) u${where} ${limit()}`,
    () =>
      `select from ${name} s, lateral (select 1 where ${first} is ${parts.pick('null', 'not null')}) q${where} ${limit()}`,
    () =>
      `select from ${name} s, lateral (select 1 where ${first} is ${parts.pick('null', 'not null')}) q${where} ${limit()}`,
    () =>
      `select from ${name} s cross join lateral (select 1 where ${first}::text ${parts.pick('>=', '<')} 't1') q${where} ${limit()}`,
    () => `select count(*) over () from ${name} s${where} ${limit()}`,
    () => `select generate_series(1, 2) from ${name} s${where} ${limit()}`,
    () => `select max(${first}::text) from ${name} s${where} ${limit()}`,
    () => `select 1 from ${name} s${where} having count(*) > 1 ${limit()}`,
    () =>
      `(select ${first} from ${name} s${where} ${limit()}) union (select ${first} from ${name} s${parts.where(table)})`,
  )
}

const counted: Rule = (parts) => {
  const hasKey = parts.choices.chance(60)
  const tables = parts.tablesOf(3, ({ operators }) => !hasKey || operators?.includes('=') === true)
  const [table = parts.table()] = tables
  if (table === undefined) return undefined
  if (tables.length > 1 && parts.choices.chance(70)) {
    return parts.counts(tables.map((one) => someRows(parts, one)))
  }
  const { name, column } = table
  const { from, link } = parts.partner(column.type, table)
  const key = `s.${column.name}`
  const limit = parts.pick('limit 2', 'limit 1', 'limit 3', 'limit 1 offset 1', 'offset 2 limit 1')
  const rows = someRows(parts, table)
  return unordered(
    parts.oneOf(
      () => `select count(*) from (${rows}) q`,
      () => `select count(*) from (${rows}) q`,
      () =>
        `select n.*, (select count(*) from (select ${parts.any(table)} from ${name} s${parts.where(table, `${key} = ${link}`)} ${limit}) q) from ${from}`,
      () =>
        `select n.* from ${from} where exists (select from ${name} s${parts.where(table, `${key} = ${link}`, condition(parts, table))} ${limit})`,
    ),
  )
}

/** How many different values, or groups, or rows after some, the first ones are. */
const fewer: Rule = (parts) => {
  const tables = parts.tablesOf(3, () => true)
  if (tables.length === 0) return undefined
  return parts.counts(
    tables.map((table) => {
      const { name } = table
      const first = parts.any(table)
      const where = parts.where(table, parts.choices.chance(70) ? '' : condition(parts, table))
      return parts.oneOf(
        () =>
          `select distinct ${first} from ${name} s${where} ${parts.pick('limit 2', 'limit 3', 'limit 4')}`,
        () => `select ${first} from ${name} s${where} group by ${first} ${parts.pick('limit 2', 'limit 3')}`,
        () =>
          `select from ${name} s${where} ${parts.pick('limit 1 offset 1', 'limit 2 offset 2', 'offset 3 limit 1')}`,
        () => `select from ${name} s${where} limit ${parts.pick('1 + 0', '2 + 1', '4 - 2', '5 - 1')}`,
        () => `select from ${name} s${where} limit ${parts.pick('1 + 0', '2 + 1', '4 - 2', '5 - 1')}`,
      )
    }),
  )
}

/**
 * The first rows with one of several texts of a key, of which not all are texts that a value has: a table that is asked for
 * too much does not count by itself.
 */
const texts: Rule = (parts) => {
  const isWanted =
    (type: ColumnType) =>
    (column: TableColumn, { keys = {} }: RandomTable) =>
      column.type === type && keys[column.name]?.valuesPerCall !== undefined
  const table =
    parts.table(isWanted('inet')) ?? parts.table(isWanted('bigint')) ?? parts.table(isWanted('uuid'))
  if (table === undefined) return counted(parts)
  const { name, column } = table
  const key = `s.${column.name}`
  const value = () => parts.value(column.type)
  // The zeros of an address may be written in several ways, of which PostgreSQL writes one.
  const text = () =>
    quoteLiteral(
      column.type === 'inet'
        ? parts.pick(value(), value(), '2001:db8:0::1', '2001:db8:0::1', `${value().split('/')[0]}/32`)
        : parts.pick(value(), value(), ` ${value()}`, `0${value()}`),
    )
  const made =
    column.type === 'inet' ? parts.pick(`abbrev(${key})`, `abbrev(${key})`, `${key}::text`) : `${key}::text`
  const condition = `${made} in (${text()}, ${text()}, ${text()})`
  return parts.counts([
    `select ${key} from ${name} s${parts.where(table, condition)} limit ${parts.pick(1, 2, 3)}`,
  ])
}

/** Types by whose order a table may yield its first rows. */
const orderedTypes: ReadonlySet<ColumnType> = new Set([
  'bigint',
  'double precision',
  'date',
  'timestamp with time zone',
])

/** A condition that drops the first of the rows that come by the bound which follows from it. */
function widened(parts: RuleParts, key: string, type: ColumnType, direction: Direction): string {
  const isRising = direction === 'asc'
  switch (type) {
    case 'bigint':
      return isRising ? `${key} / 2 >= ${parts.pick(1, 2)}` : `${key} / 2 <= ${parts.pick(0, 1)}`
    case 'double precision':
      return isRising ? `floor(${key}) >= 1` : `floor(${key}) <= 0`
    case 'date':
      return isRising ? `${key} + 1 >= date '2022-07-08'` : `${key} + 1 <= date '2022-07-07'`
    default:
      return isRising
        ? parts.pick(`${key}::date >= '2022-07-07'`, `date_trunc('hour', ${key}) >= '2022-07-06 21:00Z'`)
        : parts.pick(`${key}::date <= '2022-07-06'`, `date_trunc('hour', ${key}) <= '2022-07-06 20:00Z'`)
  }
}

/** The first rows of a table that can yield them, by conditions that bound the same column, or another one. */
const ordered: Rule = (parts) => {
  const tables = parts.tablesOf(
    3,
    ({ name, type }, { orders = {} }) => orders[name] !== undefined && orderedTypes.has(type),
  )
  const [table] = tables
  if (table === undefined) return counted(parts)
  return parts.choices.chance(60)
    ? parts.digests(tables.map((one) => orderedRows(parts, one)))
    : unordered(`select * from (${orderedRows(parts, table)}) q`)
}

function orderedRows(parts: RuleParts, table: RuleTable): string {
  const { name, column } = table
  const key = `s.${column.name}`
  const direction = parts.choices.pickAny(table.orders[column.name] ?? []) ?? 'asc'
  const other = parts.any(table)
  const where = () =>
    parts.oneOf(
      () => parts.where(table, widened(parts, key, column.type, direction)),
      () => parts.where(table, widened(parts, key, column.type, direction)),
      () => parts.where(table, boundOn(parts, key, column.type)),
      () => parts.where(table, condition(parts, { ...table, column })),
      () => parts.where(table, `upper(${other}::text) >= 'B'`),
      () => parts.where(table, `${other} is not null`),
      () => parts.where(table),
      () => parts.where(table),
    )
  const limit = () =>
    parts.pick(
      'limit 1',
      'limit 2',
      'limit 3',
      'limit 1 offset 1',
      'fetch first 1 rows with ties',
      'offset 1 limit 2',
    )
  const all = columnsOf(table).join(', ')
  const by = (item: string) => `order by ${item} ${direction}`
  return parts.oneOf(
    () => `select s.* from ${name} s${where()} ${by(key)}, ${all} ${limit()}`,
    () => `select ${key} from ${name} s${where()} ${by(key)} ${limit()}`,
    () => `select ${key} as x from ${name} s${where()} ${by('x')} ${limit()}`,
    () => `select ${key} as x from ${name} s${where()} ${by('1')} ${limit()}`,
    () => `select ${other} as ${column.name} from ${name} s${where()} ${by(column.name)} ${limit()}`,
    () => `select ${other} as ${column.name} from ${name} s${where()} ${by(column.name)} ${limit()}`,
    () => `select distinct ${key} from ${name} s${where()} ${by(key)} ${limit()}`,
    () => `select ${key}, count(*) from ${name} s${where()} group by ${key} ${by(key)} ${limit()}`,
    () => `select from ${name} s${where()} ${by(key)} ${limit()}`,
    () => `select ${key}, count(*) over () from ${name} s${where()} ${by(key)} ${limit()}`,
  )
}

/** Numbers of another type than the key's, whose conditions stay with PostgreSQL, and so does LIMIT. */
const keptNumbers: Readonly<Partial<Record<ColumnType, readonly [string, ...string[]]>>> = {
  bigint: ['9007199254740992::float8', '2::float8, 9007199254740992::float8', '1, 9007199254740992::float8'],
  numeric: ['2.5::float8', '2::float8', '1::float8, 2.5::float8'],
  'double precision': ["'NaN'", "'NaN', '1'", '9007199254740993'],
}

const kept: Rule = (parts) => {
  const tables = parts.tablesOf(
    2,
    ({ name, type }, { keys = {} }) =>
      keptNumbers[type] !== undefined &&
      keys[name]?.valuesPerCall !== undefined &&
      (keys[name]?.require ?? 'optional') === 'optional',
  )
  const queries = tables.map((table) => {
    const key = `s.${table.column.name}`
    const list = parts.choices.pickAny(keptNumbers[table.column.type] ?? []) ?? '1'
    const shown = parts.pick(key, '', parts.any(table))
    return `select ${shown} from ${table.name} s${parts.where(table, `${key} in (${list})`)} limit ${parts.pick(1, 2, 3)}`
  })
  return queries.length === 0 ? costly(parts) : parts.counts(queries)
}

/** More values than are worth their calls, whose conditions then stay with PostgreSQL. */
const costly: Rule = (parts) => {
  const table = parts.table((column, { keys = {} }) => keys[column.name]?.valuesPerCall !== undefined)
  const other = table?.columns.find(
    (column) =>
      column.name !== table.column.name &&
      parts.tables[table.name]?.keys?.[column.name]?.valuesPerCall !== undefined,
  )
  if (table === undefined || other === undefined) return counted(parts)
  const list = ({ name, type }: typeof other) => {
    const made: Readonly<Partial<Record<ColumnType, string>>> = {
      bigint: `select generate_series(${parts.pick(0, 1, 3)}, 40)`,
      numeric: `select generate_series(${parts.pick(0, 1, 2)}, 30, 0.5)`,
      'double precision': `select generate_series(${parts.pick(0, 1)}, 30)::float8`,
      text: "select 't' || generate_series(1, 40)",
      date: "select generate_series(timestamp '2022-07-05', '2022-08-20', '1 day')::date",
    }
    const many = made[type]
    return many === undefined ? `s.${name} in (${parts.commonValues(type)})` : `s.${name} in (${many})`
  }
  const rows = `from ${table.name} s${parts.where(table, list(table.column), list(other))}`
  return unordered(
    parts.oneOf(
      () => `select count(*) from (select ${rows} limit ${parts.pick(1, 2, 3)}) q`,
      () => `select s.* ${rows}`,
    ),
  )
}

export const limitRules: readonly Rule[] = [
  fewer,
  fewer,
  counted,
  counted,
  counted,
  counted,
  texts,
  texts,
  ordered,
  ordered,
  ordered,
  costly,
  costly,
  kept,
  kept,
]
