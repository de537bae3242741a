/** Runs a statement over one set of rows on both sides, and says what is wrong with what came. */
import type { Call } from '@millrace/sql-engine/testing/counting-plugin'
import { needlessCalls, repeatedCalls } from '@millrace/sql-engine/testing/needless-calls'
import type { Outcome } from '@millrace/sql-engine/testing/property-harness'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import type { Protocol } from './client-outcome.js'
import { isAnswerOverFetched } from './fetched-rows.js'
import { type FuzzHarness, setsPerWorker } from './fuzz-harness.js'
import {
  isSameOutcome,
  isSpared,
  keyMissing,
  type OutcomeKind,
  outcomeKind,
  queryCanceled,
} from './outcome-kind.js'
import { parametersOf } from './share.js'

/** How a statement is asked. */
export interface Asking {
  readonly set: number
  readonly protocol: Protocol | 'engine'
}

export interface Comparison {
  readonly calls: readonly Call[]
  /** Undefined where no answer came in time. */
  readonly kind?: OutcomeKind
  /** The table that could not be read for want of a key. */
  readonly keyless?: string | undefined
  /** What is wrong, in full. */
  readonly fault?: string
  /** In full what came, where that is odd. */
  readonly oddity?: string
}

/** What PostgreSQL answers over a set. */
export interface KnownAnswer {
  readonly set: number
  readonly expected: Outcome
}

/** Sets of rows over which a statement is compared, of those over which PostgreSQL is asked for an answer that tells. */
const setsCompared = 2

/** Statements end by themselves long before. In seconds of a machine that does not stand still. */
const patience = 20

/**
 * A worker's sets over which the answers tell most: those with rows, and others than there are already.
 * @param first of the worker's sets, which is tried first
 */
export async function tellingSets(
  harness: FuzzHarness,
  query: RandomQuery,
  worker: number,
  first: number,
): Promise<readonly KnownAnswer[]> {
  const telling: KnownAnswer[] = []
  const others: KnownAnswer[] = []
  for (let index = 0; index < setsPerWorker && telling.length < setsCompared; index++) {
    const set = worker * setsPerWorker + ((first + index) % setsPerWorker)
    const expected = await harness.expected(query, set)
    // What PostgreSQL itself does not answer in time tells nothing, and may send rows for as long as it is let.
    if (expected.sqlState === queryCanceled) break
    const isNew = !telling.some((one) => isSameOutcome(one.expected, expected))
    const one = { set, expected }
    // An error beside rows is of some values.
    const isError = expected.rows === undefined
    if (isNew && (isError ? telling.length > 0 : expected.rows.length > 0)) telling.push(one)
    else others.push(one)
    // What fails over one set mostly fails over all.
    if (isError) break
  }
  return [...telling, ...others.slice(0, telling.length === 0 ? 1 : 0)]
}

/** The fault of a statement that is not answered in time. */
export const noAnswer = 'no answer'

/** @param answer what PostgreSQL answers, if that is known already */
export async function compareAnswers(
  harness: FuzzHarness,
  query: RandomQuery,
  asking: Asking,
  answer?: Outcome,
): Promise<Comparison> {
  const { set, protocol } = asking
  const counted = harness.calls[set] ?? []
  counted.length = 0
  const outcomes = await inTime(
    protocol === 'engine' ? byEngine(harness, query, set, answer) : harness.byClients(query, set, protocol),
  )
  if (outcomes === undefined) return { calls: [], fault: noAnswer }
  const calls = [...counted]
  const compared = outcomeKind(outcomes)
  const isOfFetched =
    !compared.isSame &&
    isSpared(outcomes.virtual, outcomes.expected) &&
    (await isAnswerOverFetched(harness, query, set))
  const kind = isOfFetched ? { name: 'an error of rows that are not fetched', isSame: true } : compared
  const repeated = harness.sharesScans ? repeatedCalls(calls) : []
  const needless = [...needlessCalls(query.text, calls, harness.tables), ...repeated]
  const told = () => describeOutcomes(query, asking, outcomes, needless)
  if (!kind.isSame || needless.length > 0) return { calls, kind, fault: told() }
  const { sqlState, message = '' } = outcomes.virtual
  const keyless = sqlState === keyMissing ? /table "(\w+)"/.exec(message)?.[1] : undefined
  return { calls, kind, keyless, ...(kind.isOdd ? { oddity: told() } : {}) }
}

async function byEngine(harness: FuzzHarness, query: RandomQuery, set: number, answer: Outcome | undefined) {
  const expected = answer ?? (await harness.expected(query, set))
  return { virtual: await harness.virtual(query, set), expected }
}

async function inTime<Result>(running: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined
  let seconds = 0
  // A process that has been stopped for a while sees one tick of it.
  const late = new Promise<undefined>((resolve) => {
    timer = setInterval(() => {
      if (++seconds === patience) resolve(undefined)
    }, 1000)
  })
  try {
    return await Promise.race([running, late])
  } finally {
    clearInterval(timer)
  }
}

function describeOutcomes(
  query: RandomQuery,
  { set, protocol }: Asking,
  { virtual, expected }: { readonly virtual: Outcome; readonly expected: Outcome },
  needless: readonly string[],
): string {
  const lines = [
    `protocol ${protocol}, rows of set ${set}`,
    `${query.text}${parametersOf(query)}`,
    `expected ${JSON.stringify(expected)}`,
    `received ${JSON.stringify(virtual)}`,
    ...needless.map((fault) => `needless ${fault}`),
  ]
  return lines.join('\n  ')
}
