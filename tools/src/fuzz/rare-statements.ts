/** Random statements, of which those are taken that are made of what others have had least of. */
import { Choices } from '@millrace/sql-engine/testing/choices'
import { mutatedQuery } from '@millrace/sql-engine/testing/mutate-query'
import {
  type RandomQuery,
  randomNarrow,
  randomQuery,
  randomReport,
  randomRule,
} from '@millrace/sql-engine/testing/random-query'
import { ruleCount } from '@millrace/sql-engine/testing/random-rules'
import type { RandomTables } from '@millrace/sql-engine/testing/random-tables'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'

/**
 * `report`: a small one of the shapes that BI tools write; `narrow`: one that turns on a condition; `rule`: one that aims at
 * a rule of the planner; `any`: whatever the generator can write.
 */
export const kinds = ['report', 'narrow', 'rule', 'any'] as const
export type StatementKind = (typeof kinds)[number]

const writers = { report: randomReport, narrow: randomNarrow, rule: randomRule, any: randomQuery } as const

/** So many of a hundred statements are of each kind, */
const shares: readonly (readonly [StatementKind, number])[] = [
  ['rule', 54],
  ['narrow', 11],
  ['report', 27],
  ['any', 8],
]

/** and so many of a hundred of these are mutated: what aims at a rule is to meet it. */
const mutated: Readonly<Record<StatementKind, number>> = { report: 40, narrow: 40, rule: 12, any: 40 }

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
  readonly #only: StatementKind | undefined
  /** Rules take turns. */
  #rule: number

  /** @param only the kind of all of them; of each kind some, if undefined */
  constructor(seed: number, only?: StatementKind) {
    this.#random = new SeededRandom(seed)
    this.#only = only
    this.#rule = this.#random.below(ruleCount)
  }

  next(tables: RandomTables): FuzzStatement {
    const kind = this.#kind()
    // Of rules, the first number says which; most of their statements take few others.
    const start = kind === 'rule' ? [++this.#rule % ruleCount] : []
    const drawn = Array.from({ length: candidates }, () => {
      const numbers = [...start, ...this.#numbers(20 + this.#random.below(180))]
      const statement = statementOf({ kind, numbers, mutation: [] }, tables)
      return { statement, pieces: piecesOf(statement.query.text) }
    })
    const rated = drawn.map((one) => ({ ...one, rarity: this.#rarity(one.pieces) }))
    const [best] = rated.sort((left, right) => right.rarity - left.rarity)
    if (best === undefined) throw new Error('no statement was drawn')
    for (const piece of best.pieces) this.#seen.set(piece, (this.#seen.get(piece) ?? 0) + 1)
    // The parser of mutations is slow.
    const isShort = best.statement.query.text.length < 700
    const mutation = isShort && this.#random.below(100) < mutated[kind] ? this.#numbers(120) : []
    return mutation.length === 0 ? best.statement : statementOf({ ...best.statement, mutation }, tables)
  }

  #kind(): StatementKind {
    let left = this.#random.below(100)
    for (const [kind, share] of shares) {
      if (left < share) return this.#only ?? kind
      left -= share
    }
    return this.#only ?? 'any'
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
