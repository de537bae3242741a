/** Statements for rows that nothing matched, beside rows that matched and have NULL themselves. */
import { type Rule, type RuleParts, unordered } from './rule-parts.js'

/** Conditions of WHERE that leave what nothing matched, or all else. */
function testsOf(parts: RuleParts, key: string, others: readonly string[]): readonly (() => string)[] {
  return [
    () => `${key} is null`,
    () => `not (${key} is not null)`,
    () => `(${key} is null) is ${parts.pick('true', 'not false')}`,
    () => `${key} is not distinct from null`,
    () => `${key} is not null`,
    () => `not (${key} is null)`,
    () => `(${key} is null) is ${parts.pick('false', 'not true')}`,
    () => `${key} is distinct from null`,
    ...others.map((other) => () => `${key} is not distinct from ${other}`),
  ]
}

/** Several of them, of each of which another column is shown: what one scan has left out would be in another. */
const tested: Rule = (parts) => {
  const table = parts.freeTable()
  if (table === undefined) return undefined
  const { name, column } = table
  const { from, link, read } = parts.partner(column.type, table)
  const key = `s.${column.name}`
  const joined = () =>
    parts.oneOf(
      () => `${from} left join ${name} s on ${key} = ${link}`,
      () => `${from} left join ${name} s on ${key} = ${link}`,
      () => `${name} s right join ${from} on ${link} = ${key}`,
      () => `${from} full join ${name} s on ${key} = ${link}`,
      () => `${name} s full join ${from} on ${key} = ${link}`,
      () => `${from} left join ${name} s on ${key} is not distinct from ${link}`,
      () => `${from} left join ${name} s on ${key} is not distinct from ${link}`,
      () => `${from} left join ${name} s on ${key} is null`,
      () => `${from} left join ${name} s on ${key} is not null`,
    )
  const tests = parts.someOf(5, testsOf(parts, key, [link, parts.typed(column.type)]))
  const shown = parts.some(table, table.columns.length).filter((one) => one !== key)
  // Within an expression, a query is not known to be made of its last rows.
  const queries = tests.map(
    (test, index) =>
      `select ${read}::text as x, ${shown[index] ?? key}::text as y, ${index} as n from ${joined()} where ${test}`,
  )
  return unordered(queries.join(' union all '))
}

const unmatched: Rule = (parts) => {
  const table = parts.freeTable()
  if (table === undefined) return undefined
  const { name, column, columns } = table
  const { from, link, read } = parts.partner(column.type, table)
  const key = `s.${column.name}`
  const shown = parts.pick('s.*', `${key}, ${parts.any(table)}`, parts.any(table))
  const other = parts.choices.pickAny(columns) ?? column
  const values = `(values (${parts.typed(column.type)}), (${parts.typed(column.type)})) v (x)`
  const loose = parts.pick('true', `${parts.any(table)} is not null`)
  const on = parts.oneOf(
    () => `${key} = ${link}`,
    () => loose,
    () => `${key} is ${parts.pick('', 'not ')}distinct from ${link}`,
    () => `${key} is null`,
    () => `${key} is not null`,
    () => `(${key} = ${link} or ${key} is null)`,
  )
  const [test = 'true'] = parts.someOf(1, testsOf(parts, key, []))
  const list = `${read}, ${shown}`
  return unordered(
    parts.oneOf(
      () => `select ${list} from ${from} left join ${name} s on ${on} where ${test}`,
      () => `select ${list} from ${from} left join ${name} s on ${on} where ${test}`,
      () => `select ${list} from ${from} left join ${name} s on ${on} where ${test}`,
      () => `select ${list} from ${from} full join ${name} s on ${key} = ${link} where ${test}`,
      () => `select ${list} from ${name} s full join ${from} on ${key} = ${link} where ${test}`,
      () =>
        `select ${list} from ${from} left join ${name} s on ${loose} left join ${values} on v.x = ${key} where ${test}`,
      () =>
        `select ${list} from ${from} left join ${name} s on ${loose} full join ${values} on v.x = ${key} where ${test}`,
      () =>
        `select ${list} from ${from} left join (${name} s left join ${values} on v.x = ${key}) on ${on} where ${test}`,
      () =>
        `select ${list} from ${from} left join (${name} s join ${values} on v.x = ${key} or ${key} is null) on ${loose} where ${test}`,
      () =>
        `select ${read}, q.* from ${from} left join (select s.*, o.${other.name} as z from ${name} s left join ${name} o on o.${column.name} = ${key}) q on true where q.z is null`,
      () =>
        `select ${read}, q.* from ${from} left join (select ${key} as z, max(s.${other.name}::text) as y from ${name} s where ${key} is not null group by rollup (${key})) q on true where q.z is null`,
      () =>
        `select ${read}, q.y from ${from} left join (select ${key} as z, max(s.${other.name}::text) as y from ${name} s where ${key} is not null group by grouping sets ((${key}), ())) q on true where q.z is null`,
    ),
  )
}

/** A key that no row of its table lacks, beside columns of what was joined with none of its rows. */
const withoutKey: Rule = (parts) => {
  const keyed = parts.table((column, { keys = {} }) => {
    const key = keys[column.name]
    return key?.require === 'required' && key.inherent !== true
  })
  const table = parts.freeTable()
  if (keyed === undefined || table === undefined) return unmatched(parts)
  const { from, read } = parts.partner(table.column.type, table)
  const value = () => parts.typed(keyed.column.type)
  const given = keyed.needed
    .filter(({ name }) => name !== keyed.column.name)
    .map(({ name, type }) => ` and u.${name} in (${parts.commonValues(type)})`)
  const joined = `${table.name} s left join ${keyed.name} u on u.${keyed.column.name} = ${value()}${given.join('')} and ${parts.pick('true', `${parts.any(table)} is not null`, 'false')}`
  return unordered(
    parts.oneOf(
      () =>
        `select ${read}, q.* from ${from} left join (select s.*, u.${keyed.column.name} as z from ${joined}) q on true where q.z is null`,
      () =>
        `select ${read}, q.y from ${from} left join (select ${parts.any(table)} as y, u.${keyed.column.name} as z from ${joined}) q on true where q.z is null`,
      () => `select s.*, u.* from ${joined} where u.${keyed.column.name} is null`,
    ),
  )
}

export const unmatchedRules: readonly Rule[] = [
  tested,
  tested,
  tested,
  unmatched,
  unmatched,
  unmatched,
  unmatched,
  withoutKey,
]
