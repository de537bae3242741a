/** Statements in which a value passes from one table to another: by joins, from lists, or through NULL. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { quoteLiteral } from '../../parse/identifier.js'
import { type RandomTable, tableColumns } from '../random-tables.js'
import { type Rule, type RuleParts, type RuleTable, takes, unordered } from './rule-parts.js'

interface Pair {
  readonly one: RuleTable
  /** A table whose rows go by `p`, with its column of the other's type. */
  readonly name: string
  readonly column: string
  readonly given: readonly string[]
}

/** Two virtual tables with columns of one type. */
function pair(parts: RuleParts): Pair | undefined {
  const one = parts.table((column) => takes(column, /^=$/))
  if (one === undefined) return undefined
  const found = Object.entries(parts.tables).flatMap(([name, table]) =>
    table.keys === undefined
      ? []
      : tableColumns(table).flatMap(({ name: column, type, operators }) => {
          const isOwn = table.columns[column] !== undefined
          return type === one.column.type && isOwn && operators?.includes('=') === true
            ? [{ name, column, table }]
            : []
        }),
  )
  const other = parts.choices.pickAny(found)
  if (other === undefined) return undefined
  return { one, name: other.name, column: other.column, given: givenTo(parts, other.table) }
}

function givenTo(parts: RuleParts, { keys = {}, columns }: RandomTable): readonly string[] {
  return Object.entries(keys).flatMap(([name, { require }]) => {
    const type = columns[name]?.type
    return type === undefined || require === undefined || require === 'optional'
      ? []
      : [`p.${name} in (${parts.commonValues(type)})`]
  })
}

/** A value that is given for one column holds of another that equals it. */
const equal: Rule = (parts) => {
  const found = pair(parts)
  if (found === undefined) return undefined
  const { one, name, column, given } = found
  const key = `s.${one.column.name}`
  const link = parts.pick(`${key} = p.${column}`, `p.${column} = ${key}`)
  const value = parts.oneOf(
    () => `${key} = ${quoteLiteral(parts.value(one.column.type))}`,
    () => `p.${column} = ${quoteLiteral(parts.value(one.column.type))}`,
    () => `${key} in (${parts.typed(one.column.type)}, ${parts.typed(one.column.type)})`,
    () => `p.${column} = ${parts.typed(one.column.type)}`,
    () => `${key} = any (array[${parts.typed(one.column.type)}, ${parts.typed(one.column.type)}])`,
  )
  const list = parts.pick('s.*, p.*', `${key}, p.${column}`, 'count(*)')
  const join = parts.pick('left join', 'right join', 'full join', 'join')
  return unordered(
    parts.oneOf(
      () => `select ${list} from ${one.name} s join ${name} p on ${link}${parts.where(one, value, ...given)}`,
      () => `select ${list} from ${one.name} s, ${name} p${parts.where(one, value, link, ...given)}`,
      () =>
        `select ${list} from (select * from ${one.name} s${parts.where(one)}) s ${join} (select * from ${name} p${given.length === 0 ? '' : ` where ${given.join(' and ')}`}) p on ${link}${join === 'full join' ? '' : ` and ${value}`}`,
      () =>
        `select ${list} from (select * from ${one.name} s${parts.where(one)}) s ${join} (select * from ${name} p${given.length === 0 ? '' : ` where ${given.join(' and ')}`}) p on ${link} where ${value}`,
    ),
  )
}

/** A condition of an outer join that fails for some rows: for those that nothing matches, it is never computed. */
const failing: Rule = (parts) => {
  const found = pair(parts)
  if (found === undefined) return undefined
  const { one, name, column, given } = found
  const key = `s.${one.column.name}`
  const other = parts.choices.pickAny(one.columns) ?? one.column
  // Some rows are divided by zero, but seldom all of those that match.
  const failure = `1 / (hashtext(s.${other.name}::text) % ${parts.pick(3, 5, 7)})`
  const on = [`p.${column} = ${key}`, `${failure} <= 1`, ...given].join(' and ')
  const list = parts.pick(`distinct ${key}`, `${key}, p.${column}`, 's.*, p.*', 'count(*)')
  const join = parts.pick(`${one.name} s left join ${name} p`, `${name} p right join ${one.name} s`)
  return unordered(`select ${list} from ${join} on ${on}${parts.where(one)}`)
}

type UnlikePair = readonly [ColumnType, ColumnType, readonly [string, ...string[]]]

/** Columns of two types, of which one value equals several of the other type, or is spelt for one of them. */
const unlikePairs: readonly [UnlikePair, ...UnlikePair[]] = [
  ['bigint', 'double precision', ['9007199254740992', '9007199254740993', '1', '9007199254740992::float8']],
  ['date', 'timestamp with time zone', ["'2022-07-06 22:00-02'", "'2022-07-07 02:00+02'", "'2022-07-07'"]],
]

const unlike: Rule = (parts) => {
  const start = parts.choices.below(unlikePairs.length)
  const pairs = [...unlikePairs.slice(start), ...unlikePairs.slice(0, start)]
  for (const one of pairs) {
    const statement = ofUnlike(parts, one)
    if (statement !== undefined) return unordered(statement)
  }
  return undefined
}

function ofUnlike(parts: RuleParts, [one, other, values]: UnlikePair): string | undefined {
  const table = parts.table((column) => column.type === one && takes(column, /^=$/))
  const partners = Object.entries(parts.tables).flatMap(([name, random]) =>
    Object.entries(random.columns).flatMap(([column, { type }]) =>
      type === other && random.keys?.[column]?.operators.includes('=') === true
        ? [{ name, column, given: givenTo(parts, random) }]
        : [],
    ),
  )
  const partner = parts.choices.pickAny(partners)
  if (table === undefined || partner === undefined) return undefined
  const [key, link] = [`s.${table.column.name}`, `p.${partner.column}`]
  const value = parts.choices.pick(values)
  const condition = parts.pick(`${link} = ${value}`, `${link} = ${value}`, `${key} = ${value}`)
  return `select s.*, p.* from ${table.name} s join ${partner.name} p on ${parts.pick(`${key} = ${link}`, `${link} = ${key}`)}${parts.where(table, condition, ...partner.given)}`
}

/** A table that may be read without its key, which has a partner. */
function nullableKey(parts: RuleParts) {
  const table = parts.table(
    (column, { keys = {} }) => takes(column, /^=$/) && keys[column.name]?.require !== 'required',
  )
  if (table === undefined) return undefined
  const { name, column } = table
  return { table, name, column, key: `s.${column.name}`, ...parts.partner(column.type, table) }
}

/** NULL that an outer join makes, or that is there, beside IS NOT DISTINCT FROM and the like. */
const nulls: Rule = (parts) => {
  const found = nullableKey(parts)
  if (found === undefined) return undefined
  const { table, name, column, key, from, link, read } = found
  const same = parts.pick(
    `${key} is not distinct from ${link}`,
    `${link} is not distinct from ${key}`,
    `(${key} = ${link} or (${key} is null and ${link} is null))`,
    `not (${key} is distinct from ${link})`,
  )
  const rows = `(select * from ${name} s${parts.where(table)}) s`
  const constant = parts.pick('null', parts.typed(column.type), `null::${column.type}`)
  const values = `(values (${parts.typed(column.type)}), (null::${column.type})) v (x)`
  return unordered(
    parts.oneOf(
      () => `select ${read}, s.* from ${from} join ${rows} on ${same}`,
      () =>
        `select ${read}, s.* from ${from} left join ${values} on v.x = ${link} join ${rows} on ${key} is not distinct from v.x`,
      () => `select s.* from ${values} join ${rows} on ${key} is not distinct from v.x`,
      () => `select s.* from ${rows} where ${key} is not distinct from ${constant}`,
      () => `select ${read}, s.* from ${from} left join ${rows} on ${same}`,
      () => `select ${read} from ${from} where exists (select from ${name} s${parts.where(table, same)})`,
      () => `select s.* from ${rows} where ${key} is null or ${key} = ${parts.typed(column.type)}`,
      () =>
        `select ${read} from ${from} left join ${rows} on ${key} = ${link} where ${key} is ${parts.pick('null', 'not null')}`,
      () =>
        `select ${read} from ${from} left join ${rows} on ${key} = ${link} where ${key} is not distinct from ${constant}`,
      () =>
        `select ${read}, q.* from ${from} left join (select v.x, s.* from ${values} left join ${rows} on ${key} = v.x) q on q.x = ${link} where q.${column.name} is null`,
    ),
  )
}

/** Values of rows that an outer join makes, which no table has: what stands in their place is a value all the same. */
const filled: Rule = (parts) => {
  const found = nullableKey(parts)
  if (found === undefined) return undefined
  const { table, name, column, key, from, link, read } = found
  const rows = `(select * from ${name} s${parts.where(table)}) s`
  const value = () => parts.typed(column.type)
  const filling = parts.pick(
    `(values (${value()})) v (x)`,
    `(values (${value()}), (${value()})) v (x)`,
    `(select x from (values (${value()})) w (x) where x is null) v`,
  )
  const outer = parts.pick(`left join ${filling} on v.x = ${link}`, `left join ${filling} on v.x > ${link}`)
  const join = parts.pick('join', 'join', 'left join')
  const always = parts.pick(
    `coalesce(v.x, ${link}) = ${link}`,
    `${link} = coalesce(v.x, ${link})`,
    `(v.x is null) = (${link} is not null)`,
    `coalesce(v.x = ${link}, true) = true`,
  )
  const query = () =>
    parts.oneOf(
      () => `select ${read}, s.* from ${from} ${outer} ${join} ${rows} on ${key} = coalesce(v.x, ${value()})`,
      () =>
        `select ${read}, s.* from ${from} ${outer} ${join} ${rows} on ${key} = (case when v.x is null then ${value()} else ${link} end)`,
      () =>
        `select v.x, s.* from (select x from (values (${value()}), (${value()})) w (x) group by rollup (x)) v ${join} ${rows} on ${key} = coalesce(v.x, ${value()})`,
      () => `select ${read}, s.* from ${from} ${outer} ${join} ${rows} on ${key} = ${link} where ${always}`,
      () => `select ${read}, s.* from ${from} ${outer} ${join} ${rows} on ${key} = ${link} where ${always}`,
      () =>
        `select ${read} from ${from} ${outer} where exists (select from ${rows} where ${key} = coalesce(v.x, ${value()}))`,
    )
  return parts.choices.chance(40) ? parts.digests([query(), query()]) : unordered(query())
}

/** Several lists of values for one key, of which rows have what they have in common. */
const lists: Rule = (parts) => {
  const table = parts.table((column) => takes(column, /^=$/))
  if (table === undefined) return undefined
  const { name, column } = table
  const key = `s.${column.name}`
  const list = (count: number) => Array.from({ length: count }, () => parts.typed(column.type)).join(', ')
  const { from, link } = parts.partner(column.type, table)
  const some = () =>
    parts.oneOf(
      () => `${key} in (${list(3)})`,
      () => `${key} = any (array[${list(3)}])`,
      () => `${key} in (select ${link} from ${from})`,
      () => `(${key} = ${list(1)} or ${key} in (${list(2)}))`,
      () => `${key} in (${parts.commonValues(column.type)})`,
    )
  const first = `select * from ${name} s${parts.where(table, some(), some())}`
  return unordered(
    parts.oneOf(
      () => first,
      () => `select q.* from (${first}) q where ${some().replaceAll('s.', 'q.')}`,
      () => `select count(*) from (${first}) q`,
    ),
  )
}

/** Patterns, of which few are values. */
const patterns: Rule = (parts) => {
  const table = parts.table((column) => column.type === 'text' && takes(column, /^=$/))
  if (table === undefined) return undefined
  const key = `s.${table.column.name}`
  const pattern = parts.pick('t_', '_', '_1', 't1', 't_', 'T_', 't%', 't__', '%', 't\\_', '')
  return unordered(
    `select s.* from ${table.name} s${parts.where(table, `${key} ${parts.pick('like', 'like', 'like', '~~', 'not like')} ${quoteLiteral(pattern)}`)}`,
  )
}

/** USING that merges a column of a table which gives nothing else. */
const merged: Rule = (parts) => {
  const table = parts.freeTable()
  const { note } = parts.tables
  if (table === undefined || note === undefined) return undefined
  const notes = tableColumns(note)
  const shared = table.columns.filter(({ name }) => notes.some((column) => column.name === name))
  const link = parts.choices.pickAny(shared)
  const other = parts.choices.pickAny(shared.filter((column) => column !== link))
  if (link === undefined) return undefined
  const left = `(select ${link.name} from note) n left join ${table.name} s using (${link.name})`
  const all = notes.map(({ name }) => `m.${name}`).join(', ')
  return unordered(
    parts.oneOf(
      () =>
        other === undefined
          ? `select distinct ${link.name} from ${left}`
          : `select distinct n.${link.name}, ${parts.pick('m.*', all)} from ${left} ${parts.pick('join', 'left join')} note m using (${other.name})`,
      () =>
        other === undefined
          ? `select count(distinct ${link.name}) from ${left}`
          : `select distinct m.${other.name} from ${left} ${parts.pick('join', 'left join')} (select ${other.name} from note) m using (${other.name})`,
      () =>
        `select distinct ${link.name} from ${table.name} s ${parts.pick('right join', 'full join', 'left join')} (select ${link.name} from note) n using (${link.name})`,
      () =>
        `select distinct m.* from (select ${link.name} from note) n natural left join ${table.name} s natural join note m`,
    ),
  )
}

/** A key's values from columns that joins have merged, of which either side has some. */
const mergedKeys: Rule = (parts) => {
  const table = parts.freeTable((column) => takes(column, /^=$/))
  if (table === undefined) return undefined
  const { column } = table
  const { from, link } = parts.partner(column.type, table)
  const key = column.name
  const values = `(values (${parts.typed(column.type)}), (${parts.typed(column.type)})) v (${key})`
  const others = `(select ${link} as ${key} from ${from}) n`
  const merging = parts.oneOf(
    () => `${values} right join ${others} using (${key})`,
    () => `${values} full join ${others} using (${key})`,
    () => `${others} left join ${values} using (${key})`,
    () => `${others} full join ${values} using (${key})`,
    () => `${values} natural right join ${others}`,
    () => `${others} natural full join ${values}`,
  )
  const join = parts.pick('join', 'join', 'left join')
  return unordered(
    parts.oneOf(
      () => `select * from ${merging} ${join} ${table.name} s using (${key})`,
      () =>
        `select ${key}, count(s.*) from ${merging} ${join} ${table.name} s using (${key}) group by ${key}`,
      () =>
        `select q.*, s.* from (select ${key} as x from ${merging}) q ${join} ${table.name} s on s.${key} = q.x`,
      () =>
        `select x.* from (select ${key} from ${merging}) x where exists (select from ${table.name} s where s.${key} = x.${key})`,
    ),
  )
}

/** Stars over USING, whose columns are known by their places alone: those that are merged come first. */
const places: Rule = (parts) => {
  const table = parts.freeTable()
  if (table === undefined) return undefined
  const { column } = table
  const { from, link, read } = parts.partner(column.type, table)
  const other = `(select ${read} as w, ${link} as ${column.name} from ${from}) n`
  const names = Array.from({ length: table.columns.length + 1 }, (_, index) => `m${index}`)
  const place = () => parts.choices.pickAny(names) ?? 'm0'
  const join = parts.pick('join', 'left join', 'right join', 'full join')
  const star = `select * from ${other} ${join} ${table.name} s using (${column.name})`
  const turned = `select * from ${table.name} s ${join} ${other} using (${column.name})`
  return parts.digests(
    [star, turned, star].map(
      (rows) => `select q.${place()}, q.${place()} as other from (${rows}) q (${names.join(', ')})`,
    ),
  )
}

/** A name that something nearer has, of which only PostgreSQL knows what it has. */
const nearer: Rule = (parts) => {
  const table = parts.table((column) => takes(column, /^=$/))
  if (table === undefined) return undefined
  const { name, column } = table
  const key = `s.${column.name}`
  const list = (count: number) => Array.from({ length: count }, () => parts.value(column.type))
  const json = JSON.stringify(list(3).map((zz) => ({ zz })))
  const near = `json_to_recordset(${quoteLiteral(json)}) as f (zz ${column.type})`
  const far = `(values ${list(2)
    .map((value) => `(${quoteLiteral(value)}::${column.type})`)
    .join(', ')}) n (zz)`
  const where = parts.where(table, parts.pick(`${key} = zz`, `zz = ${key}`))
  return unordered(
    parts.oneOf(
      () => `select n.* from ${far} where exists (select from ${name} s, ${near}${where})`,
      () => `select n.*, (select count(*) from ${name} s, ${near}${where}) from ${far}`,
      () => `select n.*, q.* from ${far}, lateral (select s.* from ${near}, ${name} s${where}) q`,
    ),
  )
}

export const joinRules: readonly Rule[] = [
  unlike,
  unlike,
  nearer,
  nearer,

  equal,
  failing,
  equal,
  nulls,
  nulls,
  nulls,
  filled,
  filled,
  lists,
  lists,
  patterns,
  patterns,
  merged,
  places,
  places,
  mergedKeys,
  mergedKeys,
]
