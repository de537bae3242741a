/** Random statements over the tables of one batch, over several sets of rows each, until one is answered wrongly. */
import type { Call } from '@millrace/sql-engine/testing/counting-plugin'
import { needlessCalls, repeatedCalls } from '@millrace/sql-engine/testing/needless-calls'
import type { Outcome } from '@millrace/sql-engine/testing/property-harness'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import fc from 'fast-check'
import { isKeyBounded, needlessColumns } from './brute-force.js'
import { type Protocol, protocols } from './client-outcome.js'
import { type FuzzHarness, setsPerWorker, workers } from './fuzz-harness.js'
import type { FuzzCounts, FuzzOptions } from './fuzz-statements.js'
import { isSameOutcome, keyMissing, outcomeKind } from './outcome-kind.js'
import {
  type FuzzStatement,
  greatestNumber,
  mostNumbers,
  RareStatements,
  statementOf,
} from './rare-statements.js'
import { parametersOf } from './share.js'

/** After which rows that were kept are forgotten, so that few statements come before a mismatch. */
const statementsPerBatch = 4 * workers
/** Sets of rows over which a statement is compared, of those over which PostgreSQL is asked for an answer that tells. */
const setsCompared = 2

/** Statements end by themselves long before. In seconds of a machine that does not stand still. */
const patience = 20
/** For how long a mismatch is made smaller. In milliseconds. */
const shrinkingTime = 60_000

/** How a statement is asked. */
interface Asking {
  readonly set: number
  readonly protocol: Protocol | 'engine'
}

interface Fault extends Asking {
  readonly statement: FuzzStatement
  readonly description: string
}

/** What one worker has found out of a statement. */
interface Seen {
  readonly statement: FuzzStatement
  readonly calls: readonly Call[]
  /** The table that could not be read for want of a key. */
  readonly keyless: string | undefined
}

interface Run {
  readonly calls: readonly Call[]
  readonly keyless?: string | undefined
  /** What is wrong. */
  readonly fault?: string
}

export class BatchRun {
  readonly #harness: FuzzHarness
  readonly #options: FuzzOptions
  readonly #counts: FuzzCounts
  readonly #statements: RareStatements
  #toJudge: Seen[] = []

  constructor(harness: FuzzHarness, seed: number, options: FuzzOptions, counts: FuzzCounts) {
    this.#harness = harness
    this.#options = options
    this.#counts = counts
    this.#statements = new RareStatements(seed)
  }

  /** @returns what is wrong, after it has been made as small as it gets */
  async run(wanted: number): Promise<string | undefined> {
    for (let done = 0; done < wanted; done += statementsPerBatch) {
      const size = Math.min(statementsPerBatch, wanted - done)
      const batch = Array.from({ length: size }, () => this.#statements.next(this.#harness.tables))
      if (this.#harness.keepsRows) this.#harness.engine.forgetRows()
      const found = await Promise.all(
        Array.from({ length: workers }, (_, worker) => this.#work(worker, done, batch)),
      )
      const fault = found.find((one) => one !== undefined)
      if (fault !== undefined) {
        this.#options.tell(`a mismatch within ${this.#counts.statements} statements, which is made smaller`)
        return this.#smallest(fault)
      }
      for (const seen of this.#toJudge.splice(0)) await this.#judge(seen)
    }
    return undefined
  }

  async #work(worker: number, done: number, batch: readonly FuzzStatement[]): Promise<Fault | undefined> {
    for (const [index, statement] of batch.entries()) {
      if (index % workers !== worker) continue
      const turn = done + index
      // Each protocol after one another, and spread over the workers.
      const byGateway = (turn * 37) % 100 < this.#options.gateway
      const protocol: Asking['protocol'] = byGateway
        ? (protocols[turn % protocols.length] ?? 'simple')
        : 'engine'
      this.#counts.statements++
      if (statement.isMutated) this.#counts.mutated++
      const calls: Call[] = []
      let keyless: string | undefined
      for (const { set, expected } of await this.#tellingSets(statement.query, worker, turn)) {
        const asking = { set, protocol }
        const run = await this.#compare(statement.query, asking, expected)
        if (run.fault !== undefined) return { ...asking, statement, description: run.fault }
        calls.push(...run.calls)
        keyless ??= run.keyless
      }
      const { bruteForce } = this.#options
      if (bruteForce > 0 && turn % bruteForce === 0) this.#toJudge.push({ statement, calls, keyless })
    }
    return undefined
  }

  /** The worker's sets over which the answers tell most: those with rows, and others than there are already. */
  async #tellingSets(
    query: RandomQuery,
    worker: number,
    turn: number,
  ): Promise<readonly { readonly set: number; readonly expected: Outcome }[]> {
    const telling: { readonly set: number; readonly expected: Outcome }[] = []
    const others: typeof telling = []
    for (let index = 0; index < setsPerWorker && telling.length < setsCompared; index++) {
      const set = worker * setsPerWorker + ((turn + index) % setsPerWorker)
      const expected = await this.#harness.expected(query, set)
      const isNew = !telling.some((one) => isSameOutcome(one.expected, expected))
      const one = { set, expected }
      if (isNew && expected.rows !== undefined && expected.rows.length > 0) telling.push(one)
      else others.push(one)
      // What fails over one set mostly fails over all.
      if (expected.rows === undefined) break
    }
    return [...telling, ...others.slice(0, telling.length === 0 ? 1 : 0)]
  }

  async #compare(query: RandomQuery, { set, protocol }: Asking, answer?: Outcome): Promise<Run> {
    const harness = this.#harness
    const counted = harness.calls[set] ?? []
    counted.length = 0
    const outcomes = await inTime(
      protocol === 'engine' ? this.#byEngine(query, set, answer) : harness.byClients(query, set, protocol),
    )
    if (outcomes === undefined) return { calls: [], fault: 'no answer' }
    const calls = [...counted]
    const counts = this.#counts
    const { tell } = this.#options
    counts.runs++
    counts.calls += calls.length
    const kind = outcomeKind(outcomes)
    const repeated = harness.sharesScans ? repeatedCalls(calls) : []
    const needless = [...needlessCalls(query.text, calls, harness.tables), ...repeated]
    const told = () => describeOutcomes(query, { set, protocol }, outcomes, needless)
    if (!kind.isSame || needless.length > 0) return { calls, fault: told() }
    if (kind.isOdd && counts.outcomes[kind.name] === undefined) tell(`${kind.name}: ${told()}`)
    counts.outcomes[kind.name] = (counts.outcomes[kind.name] ?? 0) + 1
    const { sqlState, message = '' } = outcomes.virtual
    const keyless = sqlState === keyMissing ? /table "(\w+)"/.exec(message)?.[1] : undefined
    return { calls, keyless }
  }

  async #byEngine(query: RandomQuery, set: number, answer: Outcome | undefined) {
    const expected = answer ?? (await this.#harness.expected(query, set))
    return { virtual: await this.#harness.virtual(query, set), expected }
  }

  async #judge({ statement: { kind, query }, calls, keyless }: Seen): Promise<void> {
    const { keys } = this.#counts
    const columns = kind === 'report' ? this.#counts.reportColumns : this.#counts.columns
    if (keyless !== undefined) {
      const isBounded = await isKeyBounded(await this.#harness.judged(), query, keyless)
      if (isBounded === undefined) return
      keys.add(1, isBounded ? [keyless] : [], query)
      return
    }
    keys.add(1, [], query)
    const found =
      calls.length === 0 ? undefined : await needlessColumns(await this.#harness.judged(), query, calls)
    if (found !== undefined) columns.add(found.asked, found.needless, query)
  }

  /** The fault by itself, if it comes again, as small as it gets; or as it was found. */
  async #smallest({ statement, description, ...asking }: Fault): Promise<string> {
    let smallest: string | undefined
    const list = fc.array(fc.nat({ max: greatestNumber }), { maxLength: mostNumbers, size: 'max' })
    const property = fc.asyncProperty(list, list, async (numbers, mutation) => {
      const { query } = statementOf({ ...statement, numbers, mutation }, this.#harness.tables)
      if (this.#harness.keepsRows) this.#harness.engine.forgetRows()
      const { fault } = await this.#compare(query, asking)
      if (fault === undefined) return
      smallest = fault
      throw new Error(fault)
    })
    if (description !== 'no answer') {
      await fc.check(property, {
        examples: [[[...statement.numbers], [...statement.mutation]]],
        numRuns: 1,
        interruptAfterTimeLimit: shrinkingTime,
      })
    }
    const before = 'not found again by itself: it takes the statements before it, or those beside it'
    return smallest ?? `${before}\n${description}\n${statement.query.text}${parametersOf(statement.query)}`
  }
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
