/**
 * What the planner might have known, by brute force: a statement is run over ordinary tables that are otherwise than
 * they are, and what changes no answer over many sets of rows was not needed.
 */
import { valueChanges } from '@millrace/sql-engine/testing/changed-tables'
import type { Call } from '@millrace/sql-engine/testing/counting-plugin'
import type { Outcome } from '@millrace/sql-engine/testing/property-world'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import type { Change } from '@millrace/sql-engine/testing/row-sets-world'
import type { FuzzWorld } from './fuzz-world.js'
import { isSameOutcome } from './outcome-kind.js'

/** Of those asked for, how many were needless, with the shortest statements that show it. */
export class Share {
  asked = 0
  needless = 0
  readonly #examples: string[] = []

  /** @param needless the columns, or the table, of one statement */
  add(asked: number, needless: readonly string[], query: RandomQuery): void {
    this.asked += asked
    this.needless += needless.length
    if (needless.length === 0) return
    this.#examples.push(`${needless.join(', ')} in ${query.text}${parametersOf(query)}`)
    this.#examples.sort((left, right) => left.length - right.length).splice(shown)
  }

  describe(what: string): string {
    const percent = this.asked === 0 ? 0 : (100 * this.needless) / this.asked
    return `${this.needless} of ${this.asked} ${what} (${percent.toFixed(1)} %)`
  }

  get examples(): readonly string[] {
    return this.#examples
  }
}

const shown = 12

/** @returns columns that were fetched although no answer depends on them; undefined where nothing tells */
export async function needlessColumns(
  world: FuzzWorld,
  query: RandomQuery,
  calls: readonly Call[],
): Promise<{ readonly asked: number; readonly needless: readonly string[] } | undefined> {
  const fetched = new Set(
    calls.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`)),
  )
  const answers = await answersOf(world, query)
  if (answers === undefined) return undefined
  const narrowAnswers = await Promise.all(answers.map((_, set) => world.expected(query, set, 'narrow')))
  const needless: string[] = []
  let asked = 0
  const telling = new Set<string>()
  for (const table of new Set(calls.map((call) => call.table))) {
    // Where no row of a table matters, as with a condition that none fulfils, nothing is to be learnt of its columns.
    if (await isChanged(world, query, answers, { noRowsOf: table })) telling.add(table)
  }
  for (const name of fetched) {
    const [table = '', column = ''] = name.split('.')
    if (!telling.has(table)) continue
    asked++
    let isNeeded = false
    for (const values of valueChanges) {
      const change = { table, column, values }
      isNeeded ||=
        (await isChanged(world, query, answers, { ...change, narrow: false })) ||
        (await isChanged(world, query, narrowAnswers, { ...change, narrow: true }))
    }
    if (!isNeeded) needless.push(name)
  }
  return { asked, needless }
}

/**
 * Whether no row of a table matters but those whose keys are values that the statement or other tables have, so that
 * they could have been asked for. Undefined where nothing tells.
 */
export async function isKeyBounded(
  world: FuzzWorld,
  query: RandomQuery,
  table: string,
): Promise<boolean | undefined> {
  const answers = await answersOf(world, query)
  return answers && !(await isChanged(world, query, answers, { freshRowsOf: table }))
}

export function parametersOf({ parameters }: RandomQuery): string {
  return parameters.length === 0 ? '' : ` with ${JSON.stringify(parameters)}`
}

/** So many sets must have an answer with rows. */
const leastTelling = 4

/** Of each set; undefined where one fails, or most are empty. */
async function answersOf(world: FuzzWorld, query: RandomQuery): Promise<readonly Outcome[] | undefined> {
  const answers = await Promise.all(world.calls.map((_, set) => world.expected(query, set)))
  const isTelling =
    answers.every(({ rows }) => rows) && answers.filter(({ rows }) => rows?.length).length >= leastTelling
  return isTelling ? answers : undefined
}

async function isChanged(
  world: FuzzWorld,
  query: RandomQuery,
  answers: readonly Outcome[],
  change: Change,
): Promise<boolean> {
  const changed = await Promise.all(answers.map((_, set) => world.expected(query, set, change)))
  return changed.some((outcome, set) => {
    const answer = answers[set]
    return answer === undefined || !isSameOutcome(outcome, answer)
  })
}
