/** Statements that turn on one condition on a key as it stands, beside values that rows have. */
import { type Rule, type RuleParts, type RuleTable, takes, unordered } from './rule-parts.js'

/** Conditions of so many kinds: what one says is said of the key's values, of those beside them, and of no others. */
function conditionsOn(parts: RuleParts, table: RuleTable, count: number): readonly string[] {
  const { column } = table
  const key = `s.${column.name}`
  const value = () => parts.typed(column.type)
  const other = parts.choices.pickAny(table.columns) ?? column
  const second = `s.${other.name}`
  const row = () => `(${value()}, ${parts.typed(other.type)})`
  const bound = () => `${key} ${parts.pick('<', '<=', '>', '>=')} ${value()}`
  const sign = parts.pick('<', '<=', '>', '>=')
  return parts.someOf(count, [
    () => `${key} between ${value()} and ${value()}`,
    () => `${key} between ${value()} and ${value()}`,
    () => `${key} between symmetric ${value()} and ${value()}`,
    () => `not (${key} not between ${value()} and ${value()})`,
    () => `${key} >= ${value()} and ${key} <= ${value()}`,
    () => `(${key} <= ${value()} or ${key} is null)`,
    bound,
    () => `not (${bound()})`,
    () => `not (${bound()} and ${second} is not null)`,
    () => `not (${bound()} or ${second} is null)`,
    () => `${value()} ${sign} ${key}`,
    () => `(${key}, ${second}) ${sign} ${row()}`,
    () => `${row()} ${sign} (${key}, ${second})`,
    () => `(${key}, ${second}) in (${row()}, ${row()})`,
    () => `${key} not in (${value()}, ${value()})`,
    () => `${key} <> all (array[${value()}, ${value()}])`,
    () => `${key} <> any (array[${value()}, ${value()}])`,
    () => `${key} ${sign} any (array[${value()}, ${value()}])`,
    () => `(${key} = ${value()} or ${key} = ${value()} or ${second} is null)`,
    () => `(${key} = ${value()} or ${key} in (${value()}, ${value()}))`,
    () => `(${bound()} or ${bound()})`,
    () => `not (${key} is ${parts.pick('null', 'not null')})`,
    () =>
      `(${key} = ${value()}) ${parts.pick('is true', 'is not true', 'is false', 'is not false', 'is unknown')}`,
    // Of NULL, which some rows have.
    () => `(${bound()}) is not ${parts.pick('true', 'false')}`,
    () => `(${key} = ${value()}) is not true`,
    () => `(${key} ${parts.pick('=', '<>')} ${value()}) ${parts.pick('= false', '= true', '<> true')}`,
    () => `${key} is ${parts.pick('', 'not ')}distinct from ${value()}`,
    () => `case when ${bound()} then ${bound()} else true end`,
    () => `coalesce(${key}, ${value()}) ${sign} ${value()}`,
  ])
}

const plain: Rule = (parts) => {
  const bounding = parts.choices.chance(60) ? /^[<>]=?$/ : /./
  const table = parts.table((column) => takes(column, bounding)) ?? parts.table()
  if (table === undefined) return undefined
  if (parts.choices.chance(45)) {
    return parts.ofEach(table, conditionsOn(parts, table, 5))
  }
  const [condition = 'true'] = conditionsOn(parts, table, 1)
  const { from, link, read } = parts.partner(table.column.type, table)
  const rows = `(select * from ${table.name} s${parts.where(table)}) s`
  const outer = parts.pick('left join', 'right join', 'join')
  return unordered(
    parts.oneOf(
      () => `select s.* from ${table.name} s${parts.where(table, condition)}`,
      () => `select s.* from ${table.name} s${parts.where(table, condition)}`,
      () => `select s.* from ${rows} where ${condition}`,
      () =>
        `select ${read}, s.* from ${from} ${outer} ${rows} on s.${table.column.name} = ${link} and ${condition}`,
      () =>
        `select ${read}, s.* from ${from} ${outer} ${rows} on s.${table.column.name} = ${link} where ${condition}`,
      () =>
        `select ${read} from ${from} where exists (select from ${table.name} s${parts.where(table, condition)})`,
    ),
  )
}

export const conditionRules: readonly Rule[] = [plain, plain, plain, plain, plain]
