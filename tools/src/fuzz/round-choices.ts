import { Choices } from '@millrace/sql-engine/testing/choices'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'

/** The same choices each time. */
export function choicesOfRound(round: number): Choices {
  const known =
    roundNumbers.get(round) ?? new SeededRandom(round).numbers(numbersPerRound, greatestRoundNumber)
  roundNumbers.set(round, known)
  return new Choices(known)
}

const greatestRoundNumber = 2 ** 31
const numbersPerRound = 3000
const roundNumbers = new Map<number, readonly number[]>()
