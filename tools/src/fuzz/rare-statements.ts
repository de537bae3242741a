/** Random statements, of which those are taken that are made of what others have had least of. */
import { Choices } from '@millrace/sql-engine/testing/choices'
import { mutatedQuery } from '@millrace/sql-engine/testing/mutate-query'
import {
  type RandomQuery,
  randomNarrow,
  randomQuery,
  randomReport,
} from '@millrace/sql-engine/testing/random-query'
import type { RandomTables } from '@millrace/sql-engine/testing/random-tables'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'

/**
 * `report`: a small one of the shapes that BI tools write; `narrow`: one that turns on a condition; `any`: whatever the
 * generator can write.
 */
export type StatementKind = 'report' | 'narrow' | 'any'

const writers = { report: randomReport, narrow: randomNarrow, any: randomQuery } as const

/** Numbers that make the same statement each time; `mutation` is empty where the statement stays as it is written. */
export interface StatementNumbers {
  readonly kind: StatementKind
  readonly numbers: readonly number[]
  readonly mutation: readonly number[]
}

export interface FuzzStatement extends StatementNumbers {
  readonly query: RandomQuery
  readonly isMutated: boolean
}

/** As many as one statement may take. */
export const mostNumbers = 400
export const greatestNumber = 9999

/** Among how many each statement is chosen. */
const candidates = 4

export function statementOf(
  { kind, numbers, mutation }: StatementNumbers,
  tables: RandomTables,
): FuzzStatement {
  const query = writers[kind](new Choices(numbers), tables)
  const mutated = mutation.length === 0 ? undefined : mutatedQuery(query.text, new Choices(mutation))
  const isMutated = mutated !== undefined && mutated !== query.text
  return { kind, numbers, mutation, isMutated, query: isMutated ? { ...query, text: mutated } : query }
}

/** The same ones each time for a seed, as long as tables are asked for in the same order. */
export class RareStatements {
  readonly #random: SeededRandom
  /** How often a piece of a statement came before. */
  readonly #seen = new Map<string, number>()

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  next(tables: RandomTables): FuzzStatement {
    const share = this.#random.below(100)
    const kind = share < 40 ? 'narrow' : share < 75 ? 'report' : 'any'
    const drawn = Array.from({ length: candidates }, () => {
      const statement = statementOf(
        { kind, numbers: this.#numbers(20 + this.#random.below(180)), mutation: [] },
        tables,
      )
      return { statement, pieces: piecesOf(statement.query.text) }
    })
    const rated = drawn.map((one) => ({ ...one, rarity: this.#rarity(one.pieces) }))
    const [best] = rated.sort((left, right) => right.rarity - left.rarity)
    if (best === undefined) throw new Error('no statement was drawn')
    for (const piece of best.pieces) this.#seen.set(piece, (this.#seen.get(piece) ?? 0) + 1)
    // The parser of mutations is slow.
    const isShort = best.statement.query.text.length < 700
    const mutation = isShort && this.#random.below(100) < 40 ? this.#numbers(120) : []
    return mutation.length === 0 ? best.statement : statementOf({ ...best.statement, mutation }, tables)
  }

  /** Of long statements less is expected than of short ones, which are quicker and tell more. */
  #rarity(pieces: ReadonlySet<string>): number {
    let sum = 0
    for (const piece of pieces) sum += 1 / (1 + (this.#seen.get(piece) ?? 0))
    return sum / (pieces.size + 20)
  }

  #numbers(count: number): readonly number[] {
    return this.#random.numbers(count, greatestNumber + 1)
  }
}

/** Three words after one another, whatever the names and the values are. */
function piecesOf(text: string): ReadonlySet<string> {
  const words = text.match(/'(?:[^']|'')*'|\$\d+|[a-z_]\w*|\d[\d.e]*|[^\s\w]+/gi) ?? []
  const plain = words.map((word) =>
    /^['$\d]/.test(word) ? '?' : /^(?:\w\d+|virtual_\d+|[mn]\d)$/.test(word) ? 'name' : word,
  )
  return new Set(plain.slice(2).map((word, index) => `${plain[index]} ${plain[index + 1]} ${word}`))
}
