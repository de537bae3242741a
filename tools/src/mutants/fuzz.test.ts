/** The random statements that are to find a mutant; nothing without one. */
import { startTestPostgres } from '@millrace/sql-engine/postgres/testing'
import { expect, test } from 'vitest'
import { fuzzStatements } from '../fuzz/fuzz-statements.js'

const count = Number(process.env.MILLRACE_FUZZ_COUNT ?? 0)
const seed = Number(process.env.MILLRACE_FUZZ_SEED ?? 1)

test.runIf(count > 0)('no answer is wrong', { timeout: 1_200_000 }, async () => {
  const postgres = await startTestPostgres()
  try {
    const told: string[] = []
    const tell = (line: string) => told.push(line)
    const counts = await fuzzStatements({
      postgres,
      count,
      seed,
      optimisations: 'all',
      gateway: 0,
      bruteForce: 0,
      tell,
    })
    expect(counts.mismatches, told.join('\n')).toBe(0)
    expect(counts.statements).toBeGreaterThanOrEqual(count)
  } finally {
    await postgres.stop()
  }
})
