/** Random statements over the tables of one batch, over several sets of rows each, until one is answered wrongly. */
import type { Call } from '@millrace/sql-engine/testing/counting-plugin'
import type { Outcome } from '@millrace/sql-engine/testing/property-harness'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import fc from 'fast-check'
import { isKeyBounded, needlessColumns } from './brute-force.js'
import { protocols } from './client-outcome.js'
import { type Asking, type Comparison, compareAnswers, noAnswer } from './compare-answers.js'
import { type FuzzHarness, setsPerWorker, workers } from './fuzz-harness.js'
import type { FuzzCounts, FuzzOptions } from './fuzz-statements.js'
import {
  type FuzzStatement,
  greatestNumber,
  mostNumbers,
  RareStatements,
  type StatementKind,
  statementOf,
} from './rare-statements.js'
import { parametersOf, type Share } from './share.js'
import { type AnsweredStatement, statementsTogether, tellingStatements } from './telling-statements.js'

/** For how long a mismatch is made smaller. In milliseconds. */
const shrinkingTime = 60_000

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
    for (let done = 0; done < wanted; done += statementsTogether) {
      const size = Math.min(statementsTogether, wanted - done)
      const batch = await tellingStatements(this.#harness, this.#statements, done, size)
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

  async #work(worker: number, done: number, batch: readonly AnsweredStatement[]): Promise<Fault | undefined> {
    for (const [index, { statement, answers }] of batch.entries()) {
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
      for (const { set, expected } of answers) {
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

  /** As {@link compareAnswers} does, and counts what came. */
  async #compare(query: RandomQuery, asking: Asking, answer?: Outcome): Promise<Comparison> {
    const comparison = await compareAnswers(this.#harness, query, asking, answer)
    const { kind, fault, oddity, calls } = comparison
    if (kind === undefined) return comparison
    const counts = this.#counts
    counts.runs++
    counts.calls += calls.length
    if (fault !== undefined) return comparison
    if (oddity !== undefined && counts.outcomes[kind.name] === undefined) {
      this.#options.tell(`${kind.name}: ${oddity}`)
    }
    counts.outcomes[kind.name] = (counts.outcomes[kind.name] ?? 0) + 1
    return comparison
  }

  async #judge({ statement: { kind, query }, calls, keyless }: Seen): Promise<void> {
    const { keys } = this.#counts
    const columns = this.#columnsOf(kind)
    if (keyless !== undefined) {
      const isBounded = await isKeyBounded(await this.#harness.judged(), query, keyless)
      if (isBounded === undefined) return
      keys.add(1, isBounded ? [keyless] : [], query)
      return
    }
    keys.add(1, [], query)
    const found =
      calls.length === 0 ? undefined : await needlessColumns(await this.#harness.judged(), query, calls)
    if (found === undefined) return
    const stillRead = found.plainer === undefined ? found.needless : await this.#readBy(found.plainer)
    const needless = found.needless.filter((column) => stillRead === undefined || stillRead.includes(column))
    columns.add(found.asked, needless, query)
    columns.idle += found.needless.length - needless.length
  }

  #columnsOf(kind: StatementKind): Share {
    const { reportColumns, ruleColumns, columns } = this.#counts
    if (kind === 'report') return reportColumns
    return kind === 'rule' ? ruleColumns : columns
  }

  /** The columns that are fetched for a statement, over some set of rows; undefined where it ends with an error. */
  async #readBy(query: RandomQuery): Promise<readonly string[] | undefined> {
    const read: string[] = []
    for (let set = 0; set < setsPerWorker; set++) {
      if (this.#harness.keepsRows) this.#harness.engine.forgetRows()
      const { calls, kind, keyless } = await compareAnswers(this.#harness, query, { set, protocol: 'engine' })
      if (kind?.isSame !== true || keyless !== undefined) return undefined
      read.push(...calls.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`)))
    }
    return read
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
    if (description !== noAnswer) {
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
