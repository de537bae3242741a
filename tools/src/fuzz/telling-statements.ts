/** Random statements with what PostgreSQL answers: where that is no row, another statement may tell more. */

import { type KnownAnswer, tellingSets } from './compare-answers.js'
import { type FuzzHarness, workers } from './fuzz-harness.js'
import { inWorkers } from './in-workers.js'
import type { FuzzStatement, RareStatements } from './rare-statements.js'

/** After which rows that were kept are forgotten, so that few statements come before a mismatch. */
export const statementsTogether = 8 * workers

export interface AnsweredStatement {
  readonly statement: FuzzStatement
  readonly answers: readonly KnownAnswer[]
}

/** How often a statement that no row answers is replaced by another. */
const mostReplacements = 2

/**
 * The same ones each time, whichever worker is the quickest: all answers are waited for before others are drawn.
 * @param first of the turns that the statements are for; turns are shared among workers
 */
export async function tellingStatements(
  harness: FuzzHarness,
  random: RareStatements,
  first: number,
  count: number,
): Promise<readonly AnsweredStatement[]> {
  const turns = Array.from({ length: count }, (_, index) => first + index)
  const chosen = new Map<number, AnsweredStatement>()
  for (let left = mostReplacements; left >= 0; left--) {
    const drawn = turns.flatMap((turn) =>
      chosen.has(turn) ? [] : [{ turn, statement: random.next(harness.tables) }],
    )
    await inWorkers(
      drawn,
      ({ turn }) => turn % workers,
      async ({ turn, statement }) => {
        // Those that share rows that are kept are asked over the same sets.
        const group = Math.floor(turn / statementsTogether)
        const answers = await tellingSets(harness, statement.query, turn % workers, group)
        if (left === 0 || answers.some(({ expected: { rows } }) => rows === undefined || rows.length > 0))
          chosen.set(turn, { statement, answers })
      },
    )
  }
  return turns.flatMap((turn) => chosen.get(turn) ?? [])
}
