/** Statements with outputs that nobody reads: what they are made of may be left out, or may not. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { mayBeNull } from '../random-tables.js'
import { columnsOf, type Rule, type RuleParts, type RuleTable, rotated, unordered } from './rule-parts.js'

/** What may fail for values of a column, by functions and operators that fail for none of another kind. */
function failing(parts: RuleParts, table: RuleTable): string {
  const { column } = table
  const key = `s.${column.name}`
  const byType: Readonly<Partial<Record<ColumnType, readonly [string, ...string[]]>>> = {
    bigint: [`ln(${key})`, `sqrt(${key})`, `int4(${key})`, `1 / ${key}`],
    numeric: [`sqrt(${key})`, `ln(${key})`, `1 / (${key} - 2)`],
    'double precision': [`sqrt(${key})`, `ln(${key})`, `1 / (${key} - 1)`],
    text: [`parse_ident(${key})`, `pg_size_bytes(${key})`, `${key}::bigint`, `date(${key})`],
    jsonb: [`jsonb_array_length(${key})`, `jsonb_array_length(${key} -> 'b')`],
    boolean: [`1 / length(${key}::text)`],
  }
  const division = `1 / (length(${key}::text) - ${parts.pick(1, 2, 3, 4)})`
  return parts.oneOf(
    () => parts.choices.pick(byType[column.type] ?? [division]),
    () => parts.choices.pick(byType[column.type] ?? [division]),
    () => division,
    () => `length((${division})::text)`,
    () => `upper((${division})::text)`,
    () => `coalesce(${division}, 0)`,
    () => `case when ${division} > 0 then 1 end`,
    () => `(${division})::text`,
  )
}

/** A query whose rows PostgreSQL computes in full, whatever is read of them. */
function computed(parts: RuleParts, rows: string, read: string): string {
  return parts.oneOf(
    () => `with c as materialized (${rows}) select ${read} from c q`,
    () => `with c as materialized (${rows}) select ${read} from c q`,
    () => `with c as (${rows}) select ${read}, (select count(*) from c) from c q`,
    () => `with recursive c as (${rows}) select ${read} from c q, c`,
    () => `select ${read} from (${rows}) q`,
    () => `select ${read} from (${rows} offset 0) q`,
    () => `select ${read} from ((${rows}) union all (${rows})) q`,
  )
}

const failingOutput: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const failure = failing(parts, table)
  const where = parts.where(table, parts.choices.chance(40) ? `${parts.any(table)} is not null` : '')
  const rows = parts.oneOf(
    () => `select ${failure} as x, ${parts.any(table)} as y from ${name} s${where}`,
    () => `select ${failure} as x, ${parts.any(table)} as y from ${name} s${where}`,
    () => `select distinct ${failure} as x, 1 as y from ${name} s${where}`,
    () => `select ${parts.any(table)} as y, ${failure} as x from ${name} s${where} order by 1, 2`,
  )
  return unordered(computed(parts, rows, parts.pick('q.y', 'count(*)', 'max(q.y::text)')))
}

/** A pattern that is a value of a row may be none. */
const failingPattern: Rule = (parts) => {
  const table = parts.table(({ type }) => type === 'text')
  if (table === undefined) return undefined
  const key = `s.${table.column.name}`
  const match = `${parts.pick("'t1'", key, `${parts.any(table)}::text`)} ${parts.pick('~', '~*', '!~', '!~*')} ${key}`
  const rows = `select ${match} as x, ${parts.any(table)} as y from ${table.name} s${parts.where(table)}`
  return unordered(computed(parts, rows, parts.pick('q.y', 'count(*)', 'max(q.y::text)')))
}

/** Aggregates and windows, which may fail by what they are given. */
const failingAggregate: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const failure = failing(parts, table)
  const any = parts.any(table)
  const other = parts.any(table)
  const made = parts.oneOf(
    () => `max((${failure})::text)`,
    () => `count(${failure})`,
    () => `min(length(${any}::text)) filter (where (${failure})::text > '0')`,
    () => `count(*) filter (where (${failure})::text > '0')`,
    () => `max(${any}::text) filter (where (${failure}) is not null)`,
    () => `json_object_agg(${any}, ${other})`,
    () => `jsonb_object_agg(${any}, 1)`,
    () => `json_object_agg(${any}, ${any})`,
    () =>
      `sum(${failure.includes('::text') || failure.includes('(s.') ? 'length(' : '('}(${failure})::text${failure.includes('::text') || failure.includes('(s.') ? ')' : ')::int'})`,
    () => `bool_or((${failure}) is null)`,
    () => `array_agg(${any} order by ${failure})::text`,
    () => `string_agg(${any}::text, ',' order by (${failure})::text)`,
  )
  const grouped = parts.choices.chance(40)
  const rows = `select ${made} as x, count(*) as y from ${name} s${parts.where(table)}${grouped ? ` group by ${other}` : ''}`
  return unordered(computed(parts, rows, 'q.y'))
}

/** Aggregates that fail by NULL, of columns that have none. */
const failingByNull: Rule = (parts) => {
  const table = parts.table((column, random) => !mayBeNull(random, column.name))
  if (table === undefined) return failingAggregate(parts)
  const key = `s.${table.column.name}`
  const name = parts.pick('json_object_agg', 'jsonb_object_agg')
  const value = parts.pick('1', key, parts.any(table))
  const grouped = parts.choices.chance(40) ? ` group by ${parts.any(table)}` : ''
  const rows = `select ${name}(${key}, ${value}) as x, count(*) as y from ${table.name} s${parts.where(table)}${grouped}`
  return unordered(computed(parts, rows, 'q.y'))
}

/** Windows of WINDOW, by which nothing is made. */
const unusedWindow: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const failure = failing(parts, table)
  const items = parts.pick(`order by ${failure}`, `partition by ${failure}`)
  const shown = parts.any(table)
  const rows = `select ${shown} as y from ${name} s${parts.where(table)} window w as (${items})`
  return unordered(
    parts.oneOf(
      () => rows,
      () => `select count(*) from (${rows}) q`,
      () => computed(parts, rows, 'q.y'),
    ),
  )
}

/** Windows of so many rows as other rows say. */
const framedWindow: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const where = parts.where(table)
  const longest = `(select max(length(${parts.any(table)}::text)) from ${name} s${where})`
  const frame = parts.pick(
    `rows between ${longest} preceding and current row`,
    `rows between current row and ${longest} following`,
    `groups between ${longest} preceding and ${longest} following`,
  )
  const made = parts.pick('count(*)', 'row_number()', 'rank()', 'dense_rank()')
  const window = `${made} over (order by ${parts.any(table)} ${frame})`
  const rows = `select ${window} as x, ${parts.any(table)} as y from ${name} s${where}`
  return unordered(computed(parts, rows, parts.pick('q.y', 'count(*)')))
}

const failingWindow: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const failure = failing(parts, table)
  const any = parts.any(table)
  const all = rotated(parts, table).join(', ')
  const where = parts.where(table)
  const distance = parts.pick(
    `(select count(${any}) from ${name} s${where})`,
    `(select count(*) - 1 from ${name} s${where})`,
    `(select max(length(${any}::text)) from ${name} s${where})`,
    `(select max(length(${any}::text)) - 4 from ${name} s${where})`,
    '1',
  )
  const frame = parts.pick(
    ` rows between ${distance} preceding and current row`,
    ` rows between current row and ${distance} following`,
    '',
  )
  const window = parts.oneOf(
    () => `count(*) over (order by ${all}${frame})`,
    () => `row_number() over (order by ${all}${frame})`,
    () => `rank() over (order by ${all}${frame})`,
    () => `count(*) over (order by ${failure})`,
    () => `row_number() over (partition by ${failure} order by ${all})`,
    () => `ntile(length(${any}::text) - ${parts.pick(1, 4)}) over (order by ${all})`,
    () => `count(*) over (w${frame})`,
  )
  const named = window.includes('(w')
    ? ` window w as (order by ${all})`
    : parts.pick('', '', ` window w as (order by ${failure})`)
  const rows = `select ${window} as x, ${parts.any(table)} as y from ${name} s${where}${named}`
  return unordered(computed(parts, rows, parts.pick('q.y', 'count(*)')))
}

/** What an EXISTS makes of all rows together, which PostgreSQL computes, though no more is seen than that there is a row. */
const failingInExists: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name, column } = table
  const { from } = parts.partner(column.type, table)
  const failure = failing(parts, table)
  const made = parts.pick(
    `max((${failure})::text)`,
    `max((${failure})::text)`,
    `count(${failure})`,
    `count(*) filter (where (${failure}) is null)`,
    `row_number() over (order by ${failure})`,
  )
  const rows = `select ${parts.pick('', '1, ')}${made} from ${name} s${parts.where(table)}`
  return unordered(`select n.* from ${from} where ${parts.pick('', 'not ')}exists (${rows})`)
}

/** Outputs that make several rows of one, or none. */
const severalRows: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const any = parts.any(table)
  const several = parts.oneOf(
    () => `string_to_table(${any}::text, '1')`,
    () => `unnest(string_to_array(${any}::text, '.'))`,
    () => `generate_series(1, length(${any}::text) % 4)`,
    () => `unnest(array[${any}::text, 'more'])`,
    () => `regexp_split_to_table(${any}::text, '[1-]')`,
    () => `generate_series(length(${any}::text), 6)`,
  )
  const rows = `select ${several} as x, ${parts.any(table)} as y from ${name} s${parts.where(table)}`
  return unordered(
    parts.oneOf(
      () => `select q.y from (${rows}) q`,
      () => `select count(*) from (${rows}) q`,
      () => `select count(*) from (${rows} limit ${parts.pick(3, 5, 8)}) q`,
      () => `select q.y from (${rows} order by ${columnsOf(table).join(', ')} limit 100) q`,
      () => computed(parts, rows, 'q.y'),
      () => `select q.y from (select distinct * from (${rows}) p) q`,
    ),
  )
}

/** Set operations, DISTINCT, HAVING and USING, which compare what nobody reads. */
const comparing: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const [first = '1', second = '1', third = '1'] = parts.some(table, 3)
  const where = parts.where(table)
  const rows = `select ${first} as x, ${second} as y from ${name} s${where}`
  const other = `select ${first} as x, ${second} as y from ${name} s${parts.where(table, `${third} is not null`)}`
  return unordered(
    parts.oneOf(
      () =>
        `select ${parts.pick('q.x', 'count(*)')} from ((${rows}) ${parts.pick('union', 'intersect', 'except', 'except all')} (${other})) q`,
      () =>
        `select ${parts.pick('q.x', 'count(*)')} from (select distinct ${first} as x, ${second} from ${name} s${where}) q`,
      () =>
        `select q.x from (select ${first} as x, ${second} from ${name} s${where} group by 1, 2 having ${second} is not null) q`,
      () =>
        `select q.x from (select ${first} as x, max(${third}::text) as z from ${name} s${where} group by 1 having max(${second}::text) > 't1') q`,
      () =>
        `select count(*) from (select ${first}, count(*) from ${name} s${where} group by ${first}, ${second}) q`,
      () =>
        `select count(*) from (select distinct on (${first}) ${second} from ${name} s${where} order by ${first}, ${second}) q`,
      () => `select count(*) from (select distinct on (${first}, ${third}) 1 from ${name} s${where}) q`,
      () =>
        `select p.${first.slice(2)} from (select * from ${name} s${where}) p join (select * from ${name} s${where}) q using (${first.slice(2)})`,
      () =>
        `select count(*) from (select * from ${name} s${where}) p natural join (select ${first}, ${second} from ${name} s${where}) q`,
      () => `select (s.row_to_json)::text from ${name} s${where}`,
      () => `select s.to_jsonb from ${name} s${where}`,
      () => `select (q).${first.slice(2)} from (select * from ${name} s${where}) q`,
    ),
  )
}

export const unreadRules: readonly Rule[] = [
  failingOutput,
  failingOutput,
  failingAggregate,
  failingAggregate,
  failingAggregate,
  failingPattern,
  failingByNull,
  failingByNull,
  failingWindow,
  unusedWindow,
  framedWindow,
  framedWindow,
  failingInExists,
  severalRows,
  comparing,
  comparing,
]
