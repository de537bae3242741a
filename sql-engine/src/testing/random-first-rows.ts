/** Writes random queries for the first rows of a table that can yield them. */
import type { ColumnType } from '@millrace/plugin-sdk'
import type { Choices } from './choices.js'
import type { ExpressionWriter, Scope } from './random-expression.js'
import { type RandomTable, type RandomTables, requiredKeys, tableColumns } from './random-tables.js'
import type { WrittenQuery } from './written-query.js'

export interface FirstRowsContext {
  readonly tables: RandomTables
  readonly expressions: ExpressionWriter
  newName(prefix: string): string
}

/** @returns undefined where no table has an order */
export function firstRowsQuery(
  choices: Choices,
  { tables, expressions, newName }: FirstRowsContext,
  outer: Scope | undefined,
  depth: number,
): WrittenQuery | undefined {
  const names = Object.keys(tables).filter((name) => orderedColumns(tables[name]).length > 0)
  const name = choices.pickAny(names)
  const table = name === undefined ? undefined : tables[name]
  const sorted = table && choices.pickAny(orderedColumns(table))
  if (table === undefined || sorted === undefined) return undefined
  const alias = newName('f')
  const columns = tableColumns(table)
  const scope: Scope = { sources: [{ alias, columns }], outer }
  const conditions = requiredKeys(table, choices).map((key) =>
    expressions.equality(`${alias}.${key.name}`, key.type, { sources: [], outer }, depth),
  )
  for (let left = choices.below(3); left > 0; left--) conditions.push(expressions.condition(scope, 0))
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const others = Array.from({ length: choices.below(3) }, () => expressions.ownColumn(scope) ?? sorted)
  const targets: readonly { readonly text: string; readonly type: ColumnType }[] = [
    { text: `${alias}.${sorted.name}`, type: sorted.type },
    ...others.map(({ type }) => ({ text: expressions.value(type, scope, 0), type })),
  ]
  const output = targets.map(({ type }) => ({ name: newName('x'), type }))
  const list = targets.map(({ text }, index) => `${text} as ${output[index]?.name}`)
  const first = choices.pick(['1', output[0]?.name ?? '1', `${alias}.${sorted.name}`, sorted.name])
  const direction = choices.pick(['', ' desc', ' desc nulls last', ' asc nulls first'])
  const withTies = choices.chance(25)
  // What rows share in all that is shown decides nothing; nor do those that come for a tie.
  const rest = withTies ? '' : targets.map((_, index) => `, ${index + 1}`).join('')
  const count = choices.pick(['1', '2', '3', '0', "'2'"])
  const limit = withTies ? ` fetch first ${count} rows with ties` : ` limit ${count}`
  // Which of the rows in one place OFFSET leaves out, no order says.
  const offset = withTies ? '' : choices.pick(['', '', ' offset 1'])
  return {
    text: `select ${list.join(', ')} from ${name} ${alias}${where} order by ${first}${direction}${rest}${offset}${limit}`,
    columns: output,
  }
}

function orderedColumns(
  table: RandomTable | undefined,
): readonly { readonly name: string; readonly type: ColumnType }[] {
  if (table === undefined) return []
  return tableColumns(table).filter(({ name }) => table.orders?.[name] !== undefined)
}
