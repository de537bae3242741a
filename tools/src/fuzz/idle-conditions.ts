/**
 * Conditions that decide nothing, as a generator writes them: `x = 1 AND x = 2`, `x <> 'a' OR x < 'b'`, a comparison with a
 * value that no row has. What only they read, or only rows that they let through, a planner could do without if it knew.
 */

import { type ConditionPath, PlainerStatement } from '@millrace/sql-engine/testing/plainer-statements'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import { type Database, isSameAnswer } from './judge.js'
import { nearDatabase } from './near-databases.js'
import type { ColumnOfTable } from './random-databases.js'
import { choicesOfRound } from './round-choices.js'
import type { Looking } from './second-look.js'

/** Databases over which a statement must answer as the one without a condition does. */
const databasesTried = 160
/** Statements that are tried at most. */
const mostTries = 120
/** Rounds of other numbers than those of the looks before. */
const firstRound = 3000

/**
 * The same without conditions that decide nothing over many databases; undefined where each decides something.
 * @param places columns that seem needless
 * @param telling databases over which the rows of their tables matter
 */
export async function withoutIdleConditions(
  { judge, query, databases }: Looking,
  places: readonly ColumnOfTable[],
  telling: readonly Database[],
): Promise<RandomQuery | undefined> {
  const tried = Array.from({ length: databasesTried }, (_, index) => {
    const choices = choicesOfRound(firstRound + index)
    const [like, other, place] = [choices.pickAny(telling), choices.pickAny(telling), choices.pickAny(places)]
    const isNear = like !== undefined && other !== undefined && place !== undefined && choices.chance(60)
    return isNear ? nearDatabase(like, other, place, databases, choices) : databases.draw(choices, places)
  })
  const all = [...telling, ...tried]
  const answers = await judge.answersOf(query, all)
  if (answers === undefined) return undefined
  const isSame = async (text: string) => {
    const plainer = await judge.answersOf({ ...query, text }, all)
    return plainer !== undefined && all.every((one) => isSameAnswer(answers(one), plainer(one)))
  }
  let plainest = PlainerStatement.of(query.text)
  const replaced: ConditionPath[] = []
  let tries = 0
  for (const path of plainest?.conditions() ?? []) {
    if (replaced.some((outer) => outer.every((step, index) => step === path[index]))) continue
    // Of rows that never come, no key is missing.
    for (const truth of [false, true]) {
      const plainer = tries++ < mostTries ? plainest?.with(path, truth) : undefined
      if (plainer === undefined || !(await isSame(plainer.text))) continue
      plainest = plainer
      replaced.push(path)
      break
    }
  }
  return plainest === undefined || replaced.length === 0 ? undefined : { ...query, text: plainest.text }
}
