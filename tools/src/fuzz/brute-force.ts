/**
 * What the planner might have known, by brute force: a statement is run over many small databases that are made for it.
 * What changes none of its answers was not needed.
 */

import { Choices } from '@millrace/sql-engine/testing/choices'
import type { Call } from '@millrace/sql-engine/testing/counting-plugin'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import type { RandomRows, RandomTables } from '@millrace/sql-engine/testing/random-tables'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import type { Answer, Database, Judge } from './judge.js'
import { type ColumnOfTable, RandomDatabases } from './random-databases.js'

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

/** @returns columns that were fetched although no answer depends on them; undefined where nothing tells */
export async function needlessColumns(
  { judge, tables, rows }: Judged,
  query: RandomQuery,
  calls: readonly Call[],
): Promise<{ readonly asked: number; readonly needless: readonly string[] } | undefined> {
  const databases = await RandomDatabases.of(query, tables, judge)
  const telling = new Map<string, number>()
  const fetched = new Map<string, ColumnOfTable>()
  for (const { table, columns } of calls) {
    telling.set(table, 0)
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
      const empty = [...telling].flatMap(([table, times]) =>
        times >= leastTelling ? [] : [{ table, database: { ...base, [table]: [] } }],
      )
      return { base, changes, empty }
    })
    const all = questions.flatMap(({ base, changes, empty }) => [
      base,
      ...changes.map(({ database }) => database),
      ...empty.map(({ database }) => database),
    ])
    const answers = await answersOf(judge, query, all)
    if (answers === undefined) return undefined
    for (const { base, changes, empty } of questions) {
      const answer = answers(base)
      if (answer.kind === 'error') continue
      for (const { name, database } of changes) if (!isSame(answer, answers(database))) fetched.delete(name)
      for (const { table, database } of empty) {
        if (!isSame(answer, answers(database))) telling.set(table, (telling.get(table) ?? 0) + 1)
      }
    }
  }
  const isUnknown = ({ table }: ColumnOfTable) => (telling.get(table) ?? 0) < leastTelling
  const left = [...fetched]
  const unknown = left.filter(([, place]) => isUnknown(place)).length
  if (asked === unknown) return undefined
  return {
    asked: asked - unknown,
    needless: left.filter(([, place]) => !isUnknown(place)).map(([name]) => name),
  }
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
    const answers = await answersOf(
      judge,
      query,
      questions.flatMap(({ base, empty, fresh }) => [base, ...empty, ...fresh]),
    )
    if (answers === undefined) return undefined
    for (const { base, empty, fresh } of questions) {
      const answer = answers(base)
      if (answer.kind === 'error') continue
      if (fresh.some((one) => !isSame(answer, answers(one)))) return false
      if (empty.some((one) => !isSame(answer, answers(one)))) telling++
    }
  }
  return telling < leastTelling ? undefined : true
}

/** The same choices each time. */
function choicesOfRound(round: number): Choices {
  const known =
    roundNumbers.get(round) ?? new SeededRandom(round).numbers(numbersPerRound, greatestRoundNumber)
  roundNumbers.set(round, known)
  return new Choices(known)
}

const greatestRoundNumber = 2 ** 31
const numbersPerRound = 3000
const roundNumbers = new Map<number, readonly number[]>()

async function answersOf(
  judge: Judge,
  query: RandomQuery,
  databases: readonly Database[],
): Promise<((database: Database) => Answer) | undefined> {
  const answers = await judge.answers(query, databases)
  if (answers === undefined) return undefined
  const byDatabase = new Map(databases.map((database, index) => [database, answers[index]] as const))
  return (database) => byDatabase.get(database) ?? { kind: 'error', sqlState: 'none' }
}

function isSame(one: Answer, other: Answer): boolean {
  if (one.kind === 'error' || other.kind === 'error') return one.kind === other.kind
  return one.count === other.count && one.digest === other.digest
}
