/** Recorded statements, asked of a planner that is wrong, until it answers one wrongly. */
import { choicesOfSeed } from '@millrace/sql-engine/testing/property-harness'
import type { TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { compareAnswers, noAnswer } from '../fuzz/compare-answers.js'
import { setsPerWorker, startFuzzHarness, tablesOfBatch } from '../fuzz/fuzz-harness.js'
import { inWorkers } from '../fuzz/in-workers.js'
import { statementsTogether } from '../fuzz/telling-statements.js'
import { fingerprinter, type RecordedBatch, type RecordedStatement } from './recorded-batch.js'

/** Those that this process's planner plans otherwise than the right one. */
export function statementsPlannedOtherwise({
  seed,
  oids,
  statements,
}: RecordedBatch): readonly RecordedStatement[] {
  const fingerprint = fingerprinter(tablesOfBatch(choicesOfSeed(seed)), oids)
  return statements.filter((one) => fingerprint(one.query.text, one.names) !== one.fingerprint)
}

/**
 * @returns what is wrong with the first answer that is wrong
 * @throws where no answer comes in time, which says nothing of the planner: the machine may stand still
 */
export async function replay(
  postgres: TestPostgres,
  seed: number,
  statements: readonly RecordedStatement[],
): Promise<string | undefined> {
  const harness = await startFuzzHarness(choicesOfSeed(seed), { postgres, optimisations: 'all' })
  let isStuck = false
  try {
    for (let done = 0; done < statements.length; done += statementsTogether) {
      if (harness.keepsRows) harness.engine.forgetRows()
      let found: string | undefined
      const some = statements.slice(done, done + statementsTogether)
      await inWorkers(some, ownerOf, async ({ query, answers }) => {
        for (const { set, expected } of answers) {
          if (found !== undefined) return
          const { fault } = await compareAnswers(harness, query, { set, protocol: 'engine' }, expected)
          if (fault === noAnswer) {
            isStuck = true
            throw new Error(`no answer came to ${query.text}`)
          }
          found ??= fault
        }
      })
      if (found !== undefined) return found
    }
    return undefined
  } finally {
    // It would wait for that answer.
    if (!isStuck) await harness.stop()
  }
}

/** The worker whose sets a statement was asked over. */
function ownerOf({ answers: [first] }: RecordedStatement): number {
  return Math.floor((first?.set ?? 0) / setsPerWorker)
}
