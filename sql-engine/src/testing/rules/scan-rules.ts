/** Statements that scan one table more than once, each time in another way. */
import { boundOn } from './bound-rules.js'
import { columnsOf, type Rule, unordered } from './rule-parts.js'

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

export const scanRules: readonly Rule[] = [twice, twice]
