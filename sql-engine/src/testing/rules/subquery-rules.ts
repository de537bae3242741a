/** Conditions on what a subquery gives, which may pass into it, or must not. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { boundOn } from './bound-rules.js'
import { columnsOf, type Rule, type RuleParts, type RuleTable, takes, unordered } from './rule-parts.js'

/** A condition on an output that has a key's values, or others. */
function conditionOn(parts: RuleParts, output: string, type: ColumnType): string {
  const value = () => parts.typed(type)
  return parts.oneOf(
    () => `${output} = ${value()}`,
    () => `${output} in (${value()}, ${value()})`,
    () => `${output} ${parts.pick('<', '>', '<=', '>=', '<>')} ${value()}`,
    () => `not (${output} = ${value()})`,
    () => `${output} is ${parts.pick('null', 'not null')}`,
    () => boundOn(parts, output, type),
    () => `${output} is not distinct from ${parts.pick(value(), `null::${type}`)}`,
  )
}

/** Rows of which a condition must not choose before the subquery has. */
function rowsOf(parts: RuleParts, table: RuleTable): string {
  const { name, column } = table
  const key = `s.${column.name}`
  const [first = key, second = key] = parts.some(table, 2)
  const all = columnsOf(table).join(', ')
  const where = parts.where(table)
  const from = `${name} s${where}`
  return parts.oneOf(
    () => `select distinct on (${first}) s.* from ${from} order by ${first}, ${all}`,
    () => `select distinct on (${first}) s.* from ${from} order by ${first}, ${all}`,
    () => `select distinct on (${first}, ${key}) s.* from ${from} order by ${first}, ${key}, ${all}`,
    () => `select s.*, row_number() over (partition by ${first} order by ${all}) as n from ${from}`,
    () => `select s.*, count(*) over (partition by ${first}, ${second}) as n from ${from}`,
    () => `select s.*, sum(1) over (order by ${all}) as n from ${from}`,
    () =>
      `select distinct on (${key}) s.* from ${from} order by ${key}, count(*) over (partition by ${first}) ${parts.pick('', 'desc')}, ${all}`,
    () =>
      `select distinct on (${key}) s.* from ${from} order by ${key}, row_number() over (partition by ${first} order by ${all}) ${parts.pick('', 'desc')}, ${all}`,
    () =>
      `select distinct on (${key}) s.* from ${from} order by ${key}, row_number() over (partition by ${second} order by ${all}) ${parts.pick('', 'desc')}, ${all}`,
    () =>
      `select distinct on (${key}) s.* from ${from} order by ${key}, max(${second}::text) over (partition by ${first}), ${all}`,
    () => `select ${first} as x, max(${key}::text)::${column.type} as ${column.name} from ${from} group by 1`,
    () => `select ${key}, count(*) as n from ${from} group by rollup (${key})`,
    () =>
      `select ${key}, count(*) as n from ${from} group by ${key} having count(*) ${parts.pick('> 1', '= 1', '> 0')}`,
    () => `select ${key}, count(*) as n from ${from} group by ${key}, ${first}`,
    () => `select * from ${from} order by ${all} limit ${parts.pick(3, 4, 5)}`,
    () => `select * from ${from} order by ${all} offset ${parts.pick(1, 2)}`,
    () => `select s.*, generate_series(1, 2) as n from ${from}`,
    () => `select distinct ${key}, ${first} as x from ${from}`,
    () => `select ${key}, (select count(*) from ${from}) as n from ${from}`,
    () =>
      `select ${key}, n.x from (values (${parts.typed(column.type)}, 1)) n (x, y) left join (select * from ${from}) s on ${key} = n.x`,
  )
}

/** So many subqueries are asked in one statement. */
const together = 3

const passing: Rule = (parts) => {
  const tables = parts.tablesOf(together, (column) => takes(column, /./))
  const [table] = tables
  if (table === undefined) return undefined
  const { column } = table
  if (parts.choices.chance(60)) {
    return parts.digests(
      tables.map(
        (one) =>
          `select * from (${rowsOf(parts, one)}) q where ${conditionOn(parts, `q.${one.column.name}`, one.column.type)}`,
      ),
    )
  }
  const rows = rowsOf(parts, table)
  const condition = conditionOn(parts, `q.${column.name}`, column.type)
  return unordered(
    parts.oneOf(
      () => `select * from (${rows}) q where ${condition}`,
      () => `with q as (${rows}) select * from q where ${condition}`,
      () =>
        `with q as (${rows}) select (select count(*) from q where ${condition}), (select count(*) from q)`,
      () => `select q.${column.name} from (select * from (${rows}) p) q where ${condition}`,
    ),
  )
}

/** Types of which many rows have one value. */
const fewValues: ReadonlySet<ColumnType> = new Set(['boolean', 'uuid', 'cidr', 'date'])

/** The first rows of each value of a key, by an order that counts rows of other values, too. */
const countedOrder: Rule = (parts) => {
  const tables = parts.tablesOf(3, (column) => fewValues.has(column.type) && takes(column, /^=$/))
  if (tables.length === 0) return passing(parts)
  return parts.digests(
    tables.map((table) => {
      const { name, column } = table
      const key = `s.${column.name}`
      const all = columnsOf(table).join(', ')
      const partition = `partition by ${parts.any(table)}`
      const window = parts.oneOf(
        () => `row_number() over (${partition} order by ${all}) desc`,
        () => `count(*) over (${partition}) ${parts.pick('', 'desc')}`,
        () => `row_number() over (order by ${all}) % 2`,
        () => `row_number() over (order by ${all}) % 3`,
      )
      const rows = `select distinct on (${key}) s.* from ${name} s${parts.where(table)} order by ${key}, ${window}, ${all}`
      return `select * from (${rows}) q where q.${column.name} = ${parts.typed(column.type)}`
    }),
  )
}

/** Rows that have NULL in a key's place, which no row of the table need have, beside conditions that are true of NULL. */
const nullsMade: Rule = (parts) => {
  const tables = parts.tablesOf(together, (column) => takes(column, /^is null$/))
  return tables.length === 0
    ? passing(parts)
    : parts.digests(tables.map((table) => withNullsMade(parts, table)))
}

function withNullsMade(parts: RuleParts, table: RuleTable): string {
  const { name, column } = table
  const key = `s.${column.name}`
  const where = parts.where(table)
  const other = parts.any(table)
  const rows = () =>
    parts.oneOf(
      () => `select ${key}, count(*) as n from ${name} s${where} group by rollup (${key})`,
      () => `select ${key}, count(*) as n from ${name} s${where} group by rollup (${other}, ${key})`,
      () => `select ${key}, count(*) as n from ${name} s${where} group by cube (${key})`,
      () => `select ${key}, count(*) as n from ${name} s${where} group by grouping sets ((${key}), ())`,
      () =>
        `select ${key}, n.x as n from (values (${parts.typed(column.type)}, 1), (${parts.typed(column.type)}, 2)) n (y, x) left join (select * from ${name} s${where}) s on ${key} = n.y`,
    )
  const condition = () => {
    const own = `q.${column.name}`
    return parts.oneOf(
      () => `${own} is null`,
      () => `${own} is null`,
      () => `${own} is not distinct from null`,
      () => `not (${own} is not null)`,
      () => `(${own} is null or ${own} = ${parts.typed(column.type)})`,
      () => `${own} = ${parts.typed(column.type)}`,
    )
  }
  if (parts.choices.chance(35)) {
    const groups = parts.pick(`rollup (${key})`, `cube (${key}, ${other})`, `grouping sets ((${key}), ())`)
    const having = condition().replaceAll('q.', 's.')
    return `select ${key}, count(*) as n from ${name} s${where} group by ${groups} having ${having}`
  }
  return `select * from (${rows()}) q where ${condition()}`
}

/** Outputs that are made of a key, and have values of its type which are not the key's. */
const made: Readonly<Partial<Record<ColumnType, readonly [string, ...string[]]>>> = {
  bigint: ['k + 1', 'k / 2', '3 - k', 'abs(k)', 'coalesce(k, 2)', 'k % 2'],
  numeric: ['floor(k)', 'k + 1', '-1 * k', 'round(k)', 'coalesce(k, 2)'],
  'double precision': ['floor(k)', 'k + 0.5', '1 - k', 'coalesce(k, 1)'],
  text: ["k || '1'", 'lower(k)', 'left(k, 1)', "coalesce(k, 'a')", 'k::varchar(1)'],
  'timestamp with time zone': [
    "date_trunc('day', k)",
    "k + interval '1 microsecond'",
    "date_trunc('second', k)",
  ],
  date: ['k + 1', 'k - 1', "coalesce(k, date '2022-07-06')"],
  boolean: ['not k', 'coalesce(k, false)', 'k is null'],
  inet: ['set_masklen(k, 8)', "coalesce(k, '1.1.1.1')", 'network(k)::inet'],
  cidr: ['set_masklen(k, 8)::cidr', "coalesce(k, '10.0.0.0/8')"],
}

const computed: Rule = (parts) => {
  const table = parts.table((column) => made[column.type] !== undefined && takes(column, /./))
  const expressions = table && made[table.column.type]
  if (table === undefined || expressions === undefined) return undefined
  const { name, column } = table
  const rows = () => {
    const expression = parts.choices.pick(expressions).replace(/\bk\b/g, `s.${column.name}`)
    return `select s.*, ${expression} as x from ${name} s${parts.where(table)}`
  }
  const condition = () => conditionOn(parts, 'q.x', column.type)
  return unordered(
    parts.oneOf(
      () => `select * from (${rows()}) q where ${condition()}`,
      () => `select q.x from (${rows()}) q where ${condition()}`,
      () => `with q as (${rows()}) select count(*) from q where ${condition()}`,
      () => `select q.${column.name} from (select p.* from (${rows()}) p) q where ${condition()}`,
    ),
  )
}

/** Values of one type beside those of another, which PostgreSQL turns into one. */
const beside: Readonly<Partial<Record<ColumnType, readonly [string, ...string[]]>>> = {
  bigint: ['2.5::numeric', '2.5::float8', '9007199254740992::float8', '2::int4'],
  numeric: ['2.5::float8', '2::bigint', "'NaN'::float8"],
  'double precision': ['0.1::numeric', '1::bigint', '0.1::float4'],
  inet: ["'10.0.0.0/8'::cidr"],
  cidr: ["'10.0.0.1/8'::inet", "'10.0.0.0/8'::inet"],
  date: ["timestamptz '2022-07-06 12:00Z'", "timestamp '2022-07-06 12:00'"],
  'timestamp with time zone': ["date '2022-07-06'", "timestamp '2022-07-06 20:38:09'"],
  text: ["'t1'::varchar", "'a'::char(3)", "'t1'"],
}

const ofArms: Rule = (parts) => {
  const table = parts.table((column) => beside[column.type] !== undefined && takes(column, /^([<>]=?|=)$/))
  const others = table && beside[table.column.type]
  if (table === undefined || others === undefined) return undefined
  const { name, column } = table
  const own = `select s.${column.name} as x from ${name} s${parts.where(table)}`
  const query = () => {
    const other = parts.choices.pick(others)
    const word = parts.pick('union all', 'union all', 'union', 'except', 'intersect')
    const union = parts.pick(`${own} ${word} select ${other}`, `select ${other} as x ${word} ${own}`)
    const value = parts.pick(other, other, parts.typed(column.type))
    const sign = parts.pick('=', '<', '>', '<=', '>=', '<>')
    return `select * from (${union}) q where q.x ${sign} ${value}`
  }
  return unordered(query())
}

export const subqueryRules: readonly Rule[] = [
  passing,
  passing,
  passing,
  nullsMade,
  nullsMade,
  countedOrder,
  countedOrder,
  computed,
  computed,
  ofArms,
  ofArms,
]
