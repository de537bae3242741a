/**
 * A second look at columns that seem needless, over databases near to those in which the table's rows matter: a random
 * one seldom fulfils all conditions and has rows in one place of an order too.
 */
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import { type Database, isSameAnswer, type Judge } from './judge.js'
import { nearDatabase } from './near-databases.js'
import type { ColumnOfTable, RandomDatabases } from './random-databases.js'
import { choicesOfRound } from './round-choices.js'

const mostRounds = 600
const roundsAtOnce = 20
const changesPerRound = 3
/** Databases that are kept to go on from. */
const mostKept = 60
/** Questions that took too long, after which no more are asked. */
const mostLate = 3
/** Rounds of other numbers than those of the first look. */
const firstRound = 1000

export interface Looking {
  readonly judge: Judge
  readonly query: RandomQuery
  readonly databases: RandomDatabases
}

/** @param telling databases over which the rows of the column's table matter */
export async function isNeededAfterAll(
  { judge, query, databases }: Looking,
  place: ColumnOfTable,
  telling: readonly Database[],
): Promise<boolean> {
  const kept = [...telling]
  let late = 0
  for (let round = 0; round < mostRounds && late < mostLate; round += roundsAtOnce) {
    const questions = Array.from({ length: roundsAtOnce }, (_, index) => {
      const choices = choicesOfRound(firstRound + round + index)
      const like = choices.chance(75) ? choices.pickAny(kept) : undefined
      const from = like ?? databases.draw(choices, [place])
      const base = nearDatabase(from, choices.pickAny(kept) ?? from, place, databases, choices)
      const changes = Array.from({ length: changesPerRound }, () => databases.changed(base, place, choices))
      return { base, changes, empty: { ...base, [place.table]: [] }, choices }
    })
    const answers = await judge.answersOf(
      query,
      questions.flatMap(({ base, changes, empty }) => [base, ...changes, empty]),
    )
    if (answers === undefined) {
      late++
      continue
    }
    for (const { base, changes, empty, choices } of questions) {
      const answer = answers(base)
      if (answer.kind === 'error') continue
      if (changes.some((database) => !isSameAnswer(answer, answers(database)))) return true
      if (isSameAnswer(answer, answers(empty))) continue
      if (kept.length < mostKept) kept.push(base)
      else kept[choices.below(mostKept)] = base
    }
  }
  return false
}
