/** Statements for rows that nothing matched, beside rows that matched and have NULL themselves. */
import { type Rule, unordered } from './rule-parts.js'

const unmatched: Rule = (parts) => {
  const table = parts.freeTable()
  if (table === undefined) return undefined
  const { name, column, columns } = table
  const { from, link, read } = parts.partner(column.type, table)
  const key = `s.${column.name}`
  const shown = parts.pick('s.*', `${key}, ${parts.any(table)}`, parts.any(table))
  const other = parts.choices.pickAny(columns) ?? column
  const values = `(values (${parts.typed(column.type)}), (${parts.typed(column.type)})) v (x)`
  const on = parts.pick('true', `${parts.any(table)} is not null`, `${key} = ${link}`)
  const test = parts.pick(`${key} is null`, `${key} is null`, `${key} is not distinct from null`)
  return unordered(
    parts.oneOf(
      () =>
        `select ${read}, ${shown} from ${from} left join ${name} s on ${on} left join ${values} on v.x = ${key} where ${test}`,
      () =>
        `select ${read}, ${shown} from ${from} left join ${name} s on ${on} full join ${values} on v.x = ${key} where ${test}`,
      () => `select ${read}, ${shown} from ${from} left join ${name} s on ${on} where ${test}`,
      () =>
        `select ${read}, ${shown} from ${from} left join (${name} s left join ${values} on v.x = ${key}) on ${on} where ${test}`,
      () =>
        `select ${read}, ${shown} from ${from} left join (${name} s join ${values} on v.x = ${key} or ${key} is null) on ${on} where ${test}`,
      () =>
        `select ${read}, q.* from ${from} left join (select s.*, o.${other.name} as z from ${name} s left join ${name} o on o.${column.name} = ${key}) q on true where q.z is null`,
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

export const unmatchedRules: readonly Rule[] = [unmatched, unmatched, withoutKey]
