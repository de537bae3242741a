/** Statements of which an order decides what is seen: the first rows, or their numbers. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { columnsOf, type Rule, type RuleParts, type RuleTable, rotated, unordered } from './rule-parts.js'

const fewValues: ReadonlySet<ColumnType> = new Set(['boolean', 'uuid', 'cidr', 'date'])

/** Some items with ties, before all columns, by which no rows are left in one place but those that are alike. */
function items(parts: RuleParts, table: RuleTable): readonly string[] {
  const all = [...rotated(parts, table)]
  // Rows that are in one place so far, for the others to decide.
  const few = table.columns.find(({ type }) => fewValues.has(type))
  if (few !== undefined && parts.choices.chance(50)) all.unshift(`s.${few.name}`)
  const turned = all.map(
    (item) => `${item}${parts.pick('', '', ' desc', ' desc nulls last', ' nulls first')}`,
  )
  const [first] = turned
  const start = parts.oneOf(
    () => '',
    () => '',
    () => `${parts.any(table)} is null`,
    () => `length(${parts.any(table)}::text)`,
    () => `sp_connection_name`,
    () => fails(parts, table),
  )
  const place = parts.choices.below(3)
  const whole = [...turned.slice(0, place), ...(start === '' ? [] : [start]), ...turned.slice(place)]
  return first === undefined ? [start] : whole
}

function fails(parts: RuleParts, table: RuleTable): string {
  return `1 / (length(${parts.any(table)}::text) - ${parts.pick(25, 30, 1, 2, 3)})`
}

/** First rows, of which one column or two are read, whichever items stand before it. */
const firstRows: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const order = items(parts, table)
  const bare = order.map((item) => item.replace(/ (desc|nulls).*/, ''))
  // The column of a later item, and one of none.
  const read = parts.oneOf(
    () => bare.find((item, index) => index >= 2 && item.startsWith('s.')) ?? parts.any(table),
    () => bare.find((item, index) => index >= 1 && item.startsWith('s.')) ?? parts.any(table),
    () => parts.any(table),
    () => bare.find((item) => item.startsWith('s.')) ?? parts.any(table),
  )
  const condition = parts.choices.chance(30) ? `${parts.any(table)} is not null` : ''
  const from = `${name} s${parts.where(table, condition)} order by ${order.join(', ')}`
  const limit = parts.pick(
    'limit 2',
    'limit 3',
    'limit 1',
    'limit 2 offset 1',
    'offset 2',
    'fetch first 2 rows with ties',
    'fetch first 1 rows with ties',
  )
  return unordered(
    parts.oneOf(
      () => `select * from (select ${read} from ${from} ${limit}) q`,
      () => `select q.x from (select ${read} as x, s.* from ${from} ${limit}) q`,
      () =>
        `select q.x, q.y from (select ${read} as x, ${parts.any(table)} as y, s.* from ${from} ${limit}) q`,
      () => `select q.x from (select ${read}::text as x, s.* from ${from} ${limit}) q`,
      () => `select count(*), max(q.x::text) from (select ${read} as x from ${from} ${limit}) q`,
      () => `select q.x from (select ${read} as x, generate_series(1, 2) from ${from} ${limit}) q`,
      () =>
        `select distinct q.x from (select ${read} as x, ${parts.any(table)} as y from ${from} ${limit}) q`,
      () => `select q.sp_connection_name, q.x from (select s.*, ${read} as x from ${from} ${limit}) q`,
    ),
  )
}

/** What makes several rows of one and may fail is computed for no more rows than LIMIT takes, the first by the whole order. */
const severalRows: Rule = (parts) => {
  const table = parts.table(({ type }) => fewValues.has(type)) ?? parts.table()
  if (table === undefined) return undefined
  const { name, column } = table
  const all = rotated(parts, table).join(', ')
  const failure = parts.failure(parts.choices.pickAny(table.columns) ?? column)
  const several = parts.pick(
    `generate_series(1, 2 + ${failure})`,
    `unnest(array[1, 2 + ${failure}])`,
    `string_to_table((10 + ${failure})::text, '1')`,
  )
  const rows = `select s.${column.name} as x, ${several} from ${name} s${parts.where(table)} order by s.${column.name}, ${all} ${parts.pick('limit 1', 'limit 2')}`
  return unordered(`select ${parts.pick('q.x', 'count(*)', 'max(q.x::text)')} from (${rows}) q`)
}

/** WITH TIES: each item that is left out leaves more rows. */
const ties: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const [first = '1', second = '1', third = '1'] = parts.some(table, 3)
  const order = parts.pick(`${first}, ${second}`, `${first}, ${second}, ${third}`, first)
  const rows = `from ${table.name} s${parts.where(table)} order by ${order} fetch first ${parts.pick(1, 2, 3)} rows with ties`
  return unordered(
    parts.oneOf(
      () => `select count(*) from (select ${first} ${rows}) q`,
      () => `select q.x from (select ${first} as x ${rows}) q`,
      () => `select q.x from (select ${second} as x ${rows}) q`,
      () => `select count(*) from (select ${rows}) q`,
      () => `select distinct q.x from (select ${first} as x ${rows}) q`,
      () => `select distinct q.x from (select ${third} as x ${rows}) q`,
    ),
  )
}

/** Sorting that fails, by what an output shows or what stands in the order only. */
const failing: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const [first = '1'] = parts.some(table, 1)
  const failure = parts.choices.chance(60)
    ? parts.failure(parts.choices.pickAny(table.columns) ?? table.column)
    : `1 / (length(${parts.any(table)}::text) - ${parts.pick(1, 2, 3, 4, 0)})`
  const where = parts.where(table)
  const limit = parts.pick('limit 2', 'limit 100', 'offset 1', 'limit 1')
  return unordered(
    parts.oneOf(
      () =>
        `select count(*) from (select ${failure} as x from ${name} s${where} order by ${parts.pick('x', '1')} ${limit}) q`,
      () =>
        `select count(*) from (select ${failure} as x from ${name} s${where} order by ${parts.pick('x', '1')} ${limit}) q`,
      () =>
        `select q.y from (select ${failure} as x, ${first} as y from ${name} s${where} order by y, x ${limit}) q`,
      () => `select q.y from (select ${first} as y from ${name} s${where} order by y, ${failure} ${limit}) q`,
      () => `select count(*) from (select from ${name} s${where} order by ${failure} ${limit}) q`,
      () =>
        `select q.y, q.n from (select ${first} as y, row_number() over (order by ${first}, ${failure}) as n from ${name} s${where}) q`,
      () =>
        `select q.y, q.n from (select ${first} as y, row_number() over (order by ${first}, ${failure}) as n from ${name} s${where}) q`,
      () =>
        `select max(q.n) from (select row_number() over (order by ${failure}) as n from ${name} s${where}) q`,
    ),
  )
}

/** Rows that an outer join makes up, among those that it does not. */
const madeUp: Rule = (parts) => {
  const table = parts.freeTable()
  if (table === undefined) return undefined
  const { column, name } = table
  const { from, link, read } = parts.partner(column.type, table)
  const own = `${parts.any(table)}${parts.pick(' desc', ' desc', ' nulls first', '')}`
  const joined = `${from} left join ${name} s on s.${column.name} = ${link}${parts.choices.chance(50) ? ` and ${parts.any(table)} is not null` : ''}`
  const start = parts.pick(
    `${read} is null`,
    `${link} is null`,
    `${link} is not null or ${link} is null`,
    `length(${read}::text) > 3`,
  )
  const limit = parts.pick('limit 1', 'limit 2', 'limit 3', 'offset 1')
  return unordered(
    parts.oneOf(
      () =>
        `select q.sp_connection_name from (select s.sp_connection_name from ${joined} order by ${start}, ${own}, s.sp_connection_name ${limit}) q`,
      () =>
        `select count(q.x) from (select s.sp_connection_name as x from ${joined} order by ${start}, ${own}, 1 ${limit}) q`,
      () =>
        `select q.x, q.n from (select s.sp_connection_name as x, row_number() over (order by ${start}, ${own}, s.sp_connection_name) as n from ${joined}) q`,
    ),
  )
}

/** Numbers of rows, of which some columns are read with them. */
const numbered: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const where = parts.where(table)
  const order = items(parts, table)
  const bare = order
    .map((item) => item.replace(/ (desc|nulls).*/, ''))
    .filter((item) => item.startsWith('s.'))
  const read = parts.oneOf(
    () => bare[0] ?? parts.any(table),
    () => bare[1] ?? parts.any(table),
    () => bare[2] ?? parts.any(table),
    () => parts.any(table),
  )
  // What the items fix, although none of them is the column.
  const isMade = parts.choices.chance(30)
  const listed = isMade ? order.map((item) => item.replace(read, `(${read}::text)`)) : order
  const partition = parts.choices.chance(40) ? `partition by ${parts.any(table)} ` : ''
  const numbers = parts.pick(
    'row_number()',
    'row_number()',
    'row_number()',
    'rank()',
    'dense_rank()',
    'count(*)',
  )
  const window = `${numbers} over (${partition}order by ${listed.join(', ')})`
  const condition = parts.pick('', ' where q.n = 1', ' where q.n <= 2', ' where q.n > 1')
  const rows = parts.pick(
    `select ${window} as n, ${read} as x, s.* from ${name} s${where}`,
    `select ${read} as x, ${window} as n, s.* from ${name} s${where}`,
  )
  return unordered(
    parts.oneOf(
      () => `select q.n, q.x from (${rows}) q${condition}`,
      () => `select q.x, q.n from (${rows}) q${condition}`,
      () => `select q.x from (${rows}) q${condition || ' where q.n = 1'}`,
      () => `select q.n from (${rows}) q${condition}`,
      () =>
        `select q.x, q.y, q.n from (select ${read} as x, ${parts.any(table)} as y, ${window} as n from ${name} s${where}) q${condition}`,
      () => `select max(q.n), q.x from (${rows}) q group by q.x`,
      // Of a row that becomes several, the number comes several times.
      () =>
        `select q.x, q.n from (select ${read} as x, ${window} as n, generate_series(1, length(${parts.any(table)}::text) % 4) as g from ${name} s${where}) q${condition}`,
      () => `select q.n, q.x::text from (${rows}) q${condition}`,
    ),
  )
}

/** Types whose equal values are all the same, and of which rows have few. */
const alike: ReadonlySet<ColumnType> = new Set([
  'text',
  'boolean',
  'bigint',
  'inet',
  'cidr',
  'uuid',
  'date',
  'timestamp with time zone',
])

/** Numbers beside an order of its own, or beside first rows whose number no order leaves open. */
const sortedNumbers: Rule = (parts) => {
  const table = parts.table(({ type }) => alike.has(type)) ?? parts.table()
  if (table === undefined) return undefined
  const { name, column } = table
  const first = `s.${column.name}`
  const [second = '1', third = '1'] = parts.some(table, 2)
  const all = [first, ...rotated(parts, table)].join(', ')
  const numbers = `row_number() over (order by ${all}) as n`
  const from = `${name} s${parts.where(table)}`
  return parts.choices.chance(75)
    ? {
        text: `select ${first} as x, ${numbers} from ${from} order by ${second}, ${third} desc, 1, 2`,
        isOrdered: true,
      }
    : unordered(
        `select q.x, q.n from (select ${first} as x, ${numbers} from ${from} order by ${second} fetch first ${parts.pick(1, 2)} rows with ties) q`,
      )
}

/** Integers beside numbers of more digits, which are all numbers of the latter kind, and are spelt in several ways. */
const speltBeside: Rule = (parts) => {
  const table = parts.table(({ type }) => type === 'bigint')
  if (table === undefined) return spelt(parts)
  const { name, column } = table
  const next = parts.any(table)
  const [type, two, one] = parts.pick(
    ['numeric', '2.0', '1.00'] as const,
    ['numeric', '2.00', '3.0'] as const,
    ['numeric', '2.000', '1'] as const,
  )
  const own = `select s.${column.name} as x, ${next}::text as y from ${name} s${parts.where(table)}`
  const others = `select '${two}'::${type}, 'm' union all select '${one}'::${type}, 'm' union all select '${two}'::${type}, '1.5'`
  const query = () => {
    const rows = parts.pick(
      `(${own} union all ${others}) p`,
      `(${own} union all ${others}) p`,
      `(${others} union all ${own}) p (x, y)`,
    )
    const order = parts.pick('p.x, p.y', 'p.x desc, p.y', 'p.x, p.y desc')
    return parts.oneOf(
      () => `select q.x, q.n from (select p.x, row_number() over (order by ${order}) as n from ${rows}) q`,
      () =>
        `select q.x from (select p.x, row_number() over (order by ${order}) as n from ${rows}) q where q.n <= ${parts.pick(2, 3, 4)}`,
      () => `select q.x from (select p.x from ${rows} order by ${order} limit ${parts.pick(1, 2, 3, 4)}) q`,
    )
  }
  return unordered(query())
}

/** Equal values of several spellings, of which the order leaves them in one place. */
const spelt: Rule = (parts) => {
  const table = parts.table()
  if (table === undefined) return undefined
  const { name } = table
  const [one, other, type] = parts.pick(
    ['2.0', '2', 'numeric'] as const,
    ['-0', '0', 'float8'] as const,
    ['1.0', '1', 'jsonb'] as const,
    ['1.50', '1.5', 'numeric'] as const,
  )
  const [tie = '1', next = '1'] = parts.some(table, 2)
  const test = parts.pick(`${tie} is null`, `length(${tie}::text) > 2`, `${tie}::text >= 't1'`)
  const all = columnsOf(table)
    .filter((column) => column !== next)
    .map((column) => `p.${column.slice(2)}`)
  const order = ['p.x', `p.${next.slice(2)}${parts.pick('', ' desc')}`, ...all].join(', ')
  const rows = `(select s.*, (case when ${test} then '${one}' else '${other}' end)::${type} as x from ${name} s${parts.where(table)}) p`
  const limit = parts.pick('limit 1', 'limit 2', 'limit 3', 'offset 1')
  const compared = type === 'jsonb' ? `q.x = '1'` : `q.x = ${other}`
  return unordered(
    parts.oneOf(
      () => `select q.x from (select p.x from ${rows} order by ${order} ${limit}) q`,
      () => `select q.x::text from (select p.x from ${rows} order by ${order} ${limit}) q`,
      () => `select q.x, q.n from (select p.x, row_number() over (order by ${order}) as n from ${rows}) q`,
      () =>
        `select q.x from (select p.x, row_number() over (order by ${order}) as n from ${rows}) q where q.n <= 2`,
      () =>
        `select q.x ${type === 'jsonb' ? `-> 'a' is null` : '+ 0'} as y, q.x${type === 'jsonb' ? ` || '[]'` : ' * 1'} as z from (select p.x from ${rows} order by ${order} ${limit}) q`,
      () => `select count(*) from (select p.x from ${rows} order by ${order} ${limit}) q where ${compared}`,
      () =>
        `select count(*) from (select p.x from ${rows} order by ${order} ${limit}) q where q.x::text = '${one}'`,
    ),
  )
}

export const orderRules: readonly Rule[] = [
  firstRows,
  firstRows,
  firstRows,
  severalRows,
  severalRows,
  ties,
  failing,
  failing,
  madeUp,
  numbered,
  numbered,
  numbered,
  sortedNumbers,
  spelt,
  spelt,
  speltBeside,
  speltBeside,
]
