/** The random statements that are to find a mutant; nothing without one. */
import { startTestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { expect, test } from 'vitest'
import { fuzzStatements } from '../fuzz/fuzz-statements.js'

const count = Number(process.env.MILLRACE_FUZZ_COUNT ?? 0)
const seed = Number(process.env.MILLRACE_FUZZ_SEED ?? 1)

/** No more than one batch has, so that each call makes one. */
const statementsOfBatch = 500

test.runIf(count > 0)('no answer is wrong', { timeout: 1_200_000 }, async () => {
  const postgres = await startTestPostgres()
  try {
    // Batch by batch: the first that finds a mismatch is enough.
    for (let batchSeed = seed, done = 0; done < count; batchSeed++) {
      const told: string[] = []
      const counts = await fuzzStatements({
        postgres,
        count: Math.min(statementsOfBatch, count - done),
        seed: batchSeed,
        optimisations: 'all',
        gateway: 0,
        bruteForce: 0,
        tell: (line) => told.push(line),
      })
      expect(counts.mismatches, told.join('\n')).toBe(0)
      expect(counts.statements).toBeGreaterThan(0)
      done += counts.statements
    }
  } finally {
    await postgres.stop()
  }
})
