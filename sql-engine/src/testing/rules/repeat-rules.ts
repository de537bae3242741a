/**
 * Statements to which repeats of rows make no difference, or do: an outer join gives nothing else, or whoever reads a
 * subquery drops them.
 */
import type { ColumnType } from '@millrace/plugin-sdk'
import { quoteLiteral } from '../../parse/identifier.js'
import { type Rule, type RulePartner, type RuleParts, type RuleTable, unordered } from './rule-parts.js'

const comparable: ReadonlySet<ColumnType> = new Set([
  'text',
  'bigint',
  'inet',
  'numeric',
  'timestamp with time zone',
  'date',
])

interface Repeating extends RulePartner {
  readonly table: RuleTable
  /** Notes with each of their rows as often as rows of the table match. */
  readonly joined: string
  readonly on: string
}

function repeating(parts: RuleParts): Repeating | undefined {
  const table = parts.freeTable()
  if (table === undefined) return undefined
  const { name, column } = table
  const partner = parts.partner(column.type, table)
  const given = table.needed.every((one) => one.name === column.name)
  const on = parts.pick(
    `s.${column.name} = ${partner.link}`,
    `${partner.link} = s.${column.name}`,
    given && table.needed.length === 0 ? 'true' : `s.${column.name} = ${partner.link}`,
    `s.${column.name} = ${parts.typed(column.type)}`,
  )
  const joined = parts.pick(
    `${partner.from} left join ${name} s on ${on}`,
    `${partner.from} left join ${name} s on ${on}`,
    `${name} s right join ${partner.from} on ${on}`,
  )
  return { ...partner, table, joined, on }
}

/** Something to which each repeat makes a difference. */
const counting: Rule = (parts) => {
  const one = repeating(parts)
  if (one === undefined) return undefined
  const { joined, read, link } = one
  return unordered(
    parts.oneOf(
      () => `select ${read} from ${joined}`,
      () => `select count(${read}), max(${link}::text) from ${joined}`,
      () => `select ${read}, count(${link}) from ${joined} group by ${read}`,
      () => `select string_agg(${read}::text, ',' order by ${read}::text) from ${joined}`,
      () => `select ${read}, json_arrayagg(1)::text from ${joined} group by ${read}`,
      () => `select json_objectagg('a' value 1)::text, max(${read}::text) from ${joined}`,
      () => `select max(${read}::text) over (partition by ${link}) from ${joined}`,
      () => `select bool_or(${read} is null) over () from ${joined}`,
      () => `select ${read}, max(${link}::text) over () from ${joined}`,
      () => `select ${read}, (select max(x) from (values (1), (2)) v (x)) from ${joined}`,
      () => `select ${read}, (select count(distinct x) from (values (1), (2)) v (x)) from ${joined}`,
      () => `select ${read}, exists (select max(1) from (values (1)) v (x) where x = 1) from ${joined}`,
      () => `select ${read} from ${joined} order by (select max(x) from (values (1), (2)) v (x))`,
      () => `select count(*) from (select distinct ${read}, random() as x from ${joined}) q`,
      () => `select count(*) from (select ${read} from ${joined} group by ${read}, random()) q`,
    ),
  )
}

/** The first rows: a repeat of the first one may be the second. */
const firsts: Rule = (parts) => {
  const one = repeating(parts)
  if (one === undefined) return undefined
  const { joined, read } = one
  const limit = parts.pick(
    'limit 1 offset 1',
    'limit 1 offset 1',
    'fetch first 1 rows with ties',
    'fetch first 1 rows with ties',
    'limit 2',
    'offset 1',
    'limit 1',
  )
  const more = parts.pick('limit 2', 'limit 3', 'offset 1', 'limit 1 offset 1')
  return unordered(
    parts.oneOf(
      () => `select ${read} from ${joined} order by ${read} ${limit}`,
      () => `select count(*) from (select ${read} from ${joined} order by ${read} ${limit}) q`,
      () => `select (select count(*) from (select ${read} from ${joined} order by 1 ${limit}) q), 1`,
      () => `select ${read} from ${joined} order by ${read} desc ${limit}`,
      () => `select distinct q.x from (select ${read} as x from ${joined} order by ${read} desc ${more}) q`,
      () => `select max(q.x::text) from (select ${read} as x from ${joined} order by ${read} ${more}) q`,
    ),
  )
}

/** Readers that drop repeats, of queries in which a repeat may be another row. */
const passing: Rule = (parts) => {
  const one = repeating(parts)
  if (one === undefined) return undefined
  const { joined, read, link, from, on, table } = one
  const outer = from.replace(/ n( \(x, y\))?$/, ' m$1')
  const outerLink = link.replace(/^n\./, 'm.')
  const rows = parts.oneOf(
    () => `select from ${joined} where ${link} = ${outerLink} offset 1`,
    () => `select from ${joined} where ${link} = ${outerLink} offset 1`,
    () => `select from ${joined} where ${link} = ${outerLink} order by ${read} limit 1 offset 1`,
    () => `select ${read} from ${joined} where ${link} = ${outerLink} group by ${read} having count(*) > 1`,
    () => `select from ${joined} where ${link} = ${outerLink} limit 2 offset 1`,
    () => `select count(*) from ${joined} where ${link} = ${outerLink} having count(${read}) > 1`,
  )
  return unordered(
    parts.oneOf(
      () => `select m.* from ${outer} where ${parts.pick('', 'not ')}exists (${rows})`,
      () => `select m.* from ${outer} where ${parts.pick('', 'not ')}exists (${rows})`,
      () =>
        `select m.* from ${outer} where 2 ${parts.pick('in', '= any', '<= any', '> all')} (select count(*) from ${joined} group by ${read})`,
      () => `select distinct q.c from (select count(*) as c from ${joined} group by ${read}) q`,
      () =>
        `with c as (select ${read} as x from ${joined}) select d.x, (select count(*) from c) from (select distinct x from c) d`,
      () => `with c as (select ${read} as x from ${joined}) select count(*), exists (select from c) from c`,
      () =>
        `with c as (select ${read} as x from ${joined}) select (select max(x::text) from c), (select count(*) from c)`,
      () =>
        `with c as (select ${read} as x from ${joined}) select distinct x from c union all select x from c`,
      () =>
        `select distinct q.x from (select ${read} as x, ${link} as y from ${joined}) q join ${table.name} s on ${on.replace(link, 'q.y')}`,
      () =>
        `(select ${read} from ${joined}) ${parts.pick('union', 'intersect', 'except', 'union all', 'except all')} (select ${read} from ${from})`,
    ),
  )
}

/** Joins that something looks at, although the rows that they give are only repeats. */
const looking: Rule = (parts) => {
  const one = repeating(parts)
  if (one === undefined) return undefined
  const { joined, read, from, link, table, on } = one
  const any = parts.any(table)
  const bareAny = any.slice(2)
  const bare = `${from.startsWith(table.name) ? 's.' : ''}sp_connection_name`
  const distinct = parts.pick('distinct ', 'distinct ', '')
  const fails = `1 / (length(${parts.pick(any, link)}::text) - ${parts.pick(1, 2, 3)}) >= 0`
  return unordered(
    parts.oneOf(
      () => `select distinct ${read} from ${joined} where ${any} is ${parts.pick('null', 'not null')}`,
      () => `select distinct ${read} from ${joined} where ${any}::text >= 't1'`,
      () => `select distinct ${read} from ${from} left join ${table.name} s on ${on} and ${fails}`,
      () => `select ${read} from ${from} left join ${table.name} s on ${fails} group by ${read}`,
      () => `select distinct * from ${joined}`,
      () =>
        `select distinct q.w, q.${bareAny} from (select * from (select ${link} as w from ${from}) n left join ${table.name} s on s.${table.column.name} = n.w) q`,
      () =>
        `select q.w, max(q.${bareAny}::text) from (select * from (select ${link} as w from ${from}) n left join ${table.name} s on s.${table.column.name} = n.w) q group by q.w`,
      () => `select distinct s.* from ${joined}`,
      () => `select distinct s::text, ${read} from ${joined}`,
      () => `select ${read} from ${joined} group by ${read} order by max(${any}::text), ${read}`,
      () => `select ${read} from ${joined} group by ${read} having count(${any}) > 0`,
      () => `select ${read}, ${any} from ${joined} group by ${read}, ${any}`,
      () =>
        `select distinct ${read} from ${from} full join ${table.name} s on s.${table.column.name} = ${link}`,
      () =>
        `select max(${read}::text), min(${read}::text), bool_or(${read} is null) from ${table.name} s full join ${from} on s.${table.column.name} = ${link}`,
      () =>
        `select distinct ${read} from ${joined}, json_to_record('{"zz": 1}') j (zz int) where ${bare} is ${parts.pick('null', 'not null')}`,
      () =>
        `select distinct ${read} from ${from}, json_to_record('{"zz": 1}') j (zz int) left join ${table.name} s on true where ${bare} is null or ${read} is null`,
      () =>
        `select ${distinct}${read} from ${joined} where exists (select from (values (1)) v (x) where ${any} is not null)`,
    ),
  )
}

/** A table that seems to give nothing: by another name, to a join that does not spell it out, or where its rows are all. */
const hidden: Rule = (parts) => {
  const table = parts.freeTable()
  if (table === undefined) return undefined
  const { name, column } = table
  const key = `s.${column.name}`
  const { from, link, read } = parts.partner(column.type, table)
  const shown = `j.${parts.any(table).slice(2)}`
  const bare = `((select ${link} as w from ${from}) n left join ${name} s on ${key} = n.w)`
  const joined = `${bare} j`
  const merged = parts.choices.pickAny(table.columns) ?? column
  const fields = quoteLiteral(JSON.stringify({ [merged.name]: parts.value(merged.type) }))
  // Its columns are not known before it runs.
  const record = `json_table(jsonb ${fields}, '$' columns (${merged.name} ${merged.type} path '$.${merged.name}')) r`
  const few = parts.pick('false', `${link} is null`, `${link} = ${parts.typed(column.type)}`)
  const filtered = `(select ${read} as w from ${from} where ${few}) n`
  const rows = table.needed.length === 0 ? `${filtered} full join ${name} s on true` : joined
  const other = table.needed.length === 0 ? 'n.w' : shown
  return unordered(
    parts.oneOf(
      () => `select distinct ${shown} from ${joined}`,
      () => `select distinct n.w from ${bare} join ${record} using (${merged.name})`,
      () => `select distinct n.w from ${bare} join ${record} using (${merged.name})`,
      () => `select distinct ${other} from ${rows}`,
      () => `select distinct ${other} from ${rows}`,
      () => `select ${other} from ${rows} group by ${other}`,
    ),
  )
}

/** GROUP BY and DISTINCT within whoever ignores repeats. */
const groups: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name, column } = table
  const key = `s.${column.name}`
  const { from, link, read } = parts.partner(column.type, table)
  const [first = key, second = key] = parts.some(table, 2)
  const isLinked = parts.choices.chance(60)
  const where = parts.where(table, isLinked ? `${key} = ${link}` : '')
  const fails = `1 / (length(${first}::text) - ${parts.pick(2, 1, 3)})`
  const otherFails = parts.failure(table.columns.find((one) => `s.${one.name}` === second) ?? column)
  const rows = parts.oneOf(
    () => `select from ${name} s${where} group by ${first} having count(*) > 1`,
    () => `select from ${name} s${where} group by ${first} having count(*) ${parts.pick('>', '=')} 1`,
    () => `select distinct ${first} from ${name} s${where} offset 1`,
    () => `select distinct ${first}, ${second} from ${name} s${where} limit 1 offset 1`,
    () => `select ${first} from ${name} s${where} group by ${first} offset 1`,
    () => `select 1 from ${name} s${where} group by ${fails}`,
    () => `select distinct ${fails} from ${name} s${where}`,
    () => `select from ${name} s${where} group by ${first}, ${second} having max(${second}::text) is null`,
  )
  return unordered(
    parts.oneOf(
      () => `select n.* from ${from} where ${parts.pick('', '', 'not ')}exists (${rows})`,
      () => `select n.* from ${from} where ${parts.pick('', '', 'not ')}exists (${rows})`,
      () => `select n.* from ${from} where exists (${rows})`,
      () =>
        `select distinct q.c from (select count(*) as c from ${name} s${parts.where(table)} group by ${first}) q`,
      () =>
        `select ${read} from ${from} where ${parts.pick('1', '2', '3')} ${parts.pick('in', '= any', '< all')} (select count(*) from ${name} s${where} group by ${first})`,
      () =>
        `select distinct q.c from (select rank() over (order by ${first}) as c from ${name} s${parts.where(table)} group by ${first}) q`,
      () =>
        `select max(q.c) from (select count(*) as c from ${name} s${parts.where(table)} group by ${first}, ${second}) q`,
      () =>
        `select distinct q.x from (select ${first} as x, count(*) as c from ${name} s${parts.where(table)} group by ${first}, ${second}) q where q.c ${parts.pick('>', '=')} 1`,
      // What divides groups may fail, and so may what is made of each group.
      () =>
        `select distinct q.x from (select ${first} as x from ${name} s${parts.where(table)} group by ${first}, ${otherFails}) q`,
      () =>
        `select max(q.x::text) from (select ${first} as x from ${name} s${parts.where(table)} group by ${parts.pick(`${otherFails}, 1`, `1, ${otherFails}`)}) q`,
      () =>
        `select distinct q.x from (select ${first} as x from ${name} s${parts.where(table)} group by ${first}, ${otherFails}) q`,
      () =>
        `select max(q.x::text) from (select ${first} as x from ${name} s${parts.where(table)} group by ${parts.pick(`${otherFails}, 1`, `1, ${otherFails}`)}) q`,
      () =>
        `with c as materialized (select ${first} as x, 1 / (count(*) - ${parts.pick(1, 2, 3)}) as y from ${name} s${parts.where(table)} group by ${first}, ${second}) select distinct x from c`,
      () =>
        `with c as materialized (select ${first} as x, 1 / (count(*) - ${parts.pick(1, 2, 3)}) as y from ${name} s${parts.where(table)} group by 1, ${second}) select max(x::text) from c`,
      () =>
        `select distinct q.x from (select distinct ${first} as x, ${second} from ${name} s${parts.where(table)}) q`,
      () =>
        `select count(distinct q.x) from (select distinct on (${first}) ${first}, ${second} as x from ${name} s${parts.where(table)} order by ${first}, ${second}) q`,
    ),
  )
}

/** The first of several different rows, of which not all columns are read. */
const cutRepeats: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const [first = '1', second = '2'] = parts.some(table, 2)
  const from = `${table.name} s${parts.where(table)}`
  const order = `order by 1${parts.pick('', ' desc')}, 2 ${parts.pick('limit 2', 'limit 3', 'limit 4', 'offset 1', 'offset 2')}`
  const rows = parts.oneOf(
    () => `select distinct ${first} as x, ${second} as y from ${from} ${order}`,
    () => `select ${first} as x, ${second} as y from ${from} group by 1, 2 ${order}`,
  )
  return unordered(
    parts.oneOf(
      () => `select distinct q.x from (${rows}) q`,
      () => `select max(q.x::text), min(q.x::text), count(distinct q.x) from (${rows}) q`,
      () => `select q.x from (${rows}) q group by q.x`,
    ),
  )
}

/** Tables that are NULL where others are, or on both sides. */
const nested: Rule = (parts) => {
  const table = parts.freeTable(({ type }) => comparable.has(type)) ?? parts.freeTable()
  if (table === undefined) return undefined
  const { name, column } = table
  const key = `s.${column.name}`
  const { from, link, read } = parts.partner(column.type, table)
  const values = `(values (${parts.typed(column.type)}), (${parts.typed(column.type)})) v (x)`
  const join = parts.pick('join', 'join', 'left join', 'right join', 'full join')
  const inner = parts.oneOf(
    () => `${from} left join (${values} ${join} ${name} s on ${key} = v.x) on v.x = ${link}`,
    () => `${from} left join (${values} cross join ${name} s) on v.x = ${link}`,
    () => `(${name} s join ${values} on true) right join ${from} on v.x = ${link}`,
    () => `(${values} ${join} ${name} s on ${key} = v.x) right join ${from} on v.x = ${link}`,
    () => `${from} full join ${name} s on ${key} = ${link} left join ${values} on v.x = ${link}`,
    () => `${name} s left join ${values} on v.x = ${key} right join ${from} on ${key} = ${link}`,
    () => `${from} left join ${values} on v.x = ${link} left join ${name} s on ${key} = v.x`,
  )
  return unordered(
    parts.oneOf(
      () => `select distinct ${read}, v.x from ${inner}`,
      () => `select distinct ${read}, v.x from ${inner}`,
      () => `select ${read}, max(v.x::text) from ${inner} group by ${read}`,
      () => `select v.x, count(distinct ${read}) from ${inner} group by v.x`,
    ),
  )
}

export const repeatRules: readonly Rule[] = [
  counting,
  counting,
  counting,
  firsts,
  firsts,
  passing,
  passing,
  passing,
  looking,
  looking,
  looking,
  hidden,
  hidden,
  hidden,
  groups,
  groups,
  groups,
  groups,
  cutRepeats,
  cutRepeats,
  nested,
  nested,
]
