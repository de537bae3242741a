/**
 * What the planner might have known, by brute force: a statement is run over many small databases that are made for it.
 * What changes none of its answers was not needed.
 */

import type { Call } from '@millrace/sql-engine/testing/counting-plugin'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import type { RandomRows, RandomTables } from '@millrace/sql-engine/testing/random-tables'
import { withoutIdleConditions } from './idle-conditions.js'
import { type Database, isSameAnswer, type Judge } from './judge.js'
import { type ColumnOfTable, RandomDatabases } from './random-databases.js'
import { choicesOfRound } from './round-choices.js'
import { isNeededAfterAll } from './second-look.js'

/** A batch's tables, and whom to ask. */
export interface Judged {
  readonly judge: Judge
  readonly tables: RandomTables
  /** Sets of rows for the tables, beside those that are made for a statement. */
  readonly rows: readonly RandomRows[]
}

/** Databases that are tried at most. */
const mostRounds = 240
/** How many are tried at once. */
const roundsAtOnce = 10
/** Over so many of them the rows of a table must matter, or nothing is to be learnt of it. */
const leastTelling = 12

export interface Needless {
  readonly asked: number
  /** Columns that were fetched although no answer depends on them. */
  readonly needless: readonly string[]
  /** If there are any, the statement without conditions that decide nothing; undefined where each decides something. */
  readonly plainer: RandomQuery | undefined
}

/** @returns undefined where nothing tells */
export async function needlessColumns(
  { judge, tables, rows }: Judged,
  query: RandomQuery,
  calls: readonly Call[],
): Promise<Needless | undefined> {
  const databases = await RandomDatabases.of(query, tables, judge)
  /** By table, databases over which its rows matter. */
  const telling = new Map<string, Database[]>()
  const fetched = new Map<string, ColumnOfTable>()
  for (const { table, columns } of calls) {
    telling.set(table, [])
    for (const column of columns) fetched.set(`${table}.${column}`, { table, column })
  }
  const asked = fetched.size
  for (let round = 0; round < mostRounds && fetched.size > 0; round += roundsAtOnce) {
    const questions = Array.from({ length: roundsAtOnce }, (_, index) => {
      const choices = choicesOfRound(round + index)
      const own = rows[round + index]
      const base = own === undefined ? databases.draw(choices, [...fetched.values()]) : databases.ofRows(own)
      const changes = [...fetched].map(([name, place]) => ({
        name,
        database: databases.changed(base, place, choices),
      }))
      const empty = [...telling].flatMap(([table, known]) =>
        known.length >= leastTelling ? [] : [{ table, database: { ...base, [table]: [] } }],
      )
      return { base, changes, empty }
    })
    const all = questions.flatMap(({ base, changes, empty }) => [
      base,
      ...changes.map(({ database }) => database),
      ...empty.map(({ database }) => database),
    ])
    const answers = await judge.answersOf(query, all)
    if (answers === undefined) return undefined
    for (const { base, changes, empty } of questions) {
      const answer = answers(base)
      if (answer.kind === 'error') continue
      for (const { name, database } of changes)
        if (!isSameAnswer(answer, answers(database))) fetched.delete(name)
      for (const { table, database } of empty) {
        if (!isSameAnswer(answer, answers(database))) telling.get(table)?.push(base)
      }
    }
  }
  let unknown = 0
  const needless = new Map<string, ColumnOfTable>()
  const looking = { judge, query, databases }
  for (const [name, place] of fetched) {
    const known = telling.get(place.table) ?? []
    if (known.length < leastTelling) unknown++
    else if (!(await isNeededAfterAll(looking, place, known))) needless.set(name, place)
  }
  if (asked === unknown) return undefined
  const places = [...needless.values()]
  const known = new Set(places.flatMap(({ table }) => telling.get(table) ?? []))
  const plainer = places.length === 0 ? undefined : await withoutIdleConditions(looking, places, [...known])
  return { asked: asked - unknown, needless: [...needless.keys()], plainer }
}

/**
 * Whether no row of a table matters but those whose keys are values that the statement or other tables have, so that
 * they could have been asked for. Undefined where nothing tells.
 */
export async function isKeyBounded(
  { judge, tables, rows }: Judged,
  query: RandomQuery,
  table: string,
): Promise<boolean | undefined> {
  const databases = await RandomDatabases.of(query, tables, judge)
  let telling = 0
  for (let round = 0; round < mostRounds; round += roundsAtOnce) {
    const questions = Array.from({ length: roundsAtOnce }, (_, index) => {
      const choices = choicesOfRound(round + index)
      const own = rows[round + index]
      const base = own === undefined ? databases.draw(choices, []) : databases.ofRows(own)
      const empty = telling >= leastTelling ? [] : [{ ...base, [table]: [] }]
      const fresh = [1, 2].map(() => databases.withFreshRows(base, table, choices))
      return { base, empty, fresh }
    })
    const answers = await judge.answersOf(
      query,
      questions.flatMap(({ base, empty, fresh }) => [base, ...empty, ...fresh]),
    )
    if (answers === undefined) return undefined
    for (const { base, empty, fresh } of questions) {
      const answer = answers(base)
      if (answer.kind === 'error') continue
      if (fresh.some((one) => !isSameAnswer(answer, answers(one)))) return false
      if (empty.some((one) => !isSameAnswer(answer, answers(one)))) telling++
    }
  }
  return telling < leastTelling ? undefined : true
}
