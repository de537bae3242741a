/** A short run of what `npm run fuzz` does, over the same tables and statements each time. */
import { startTestPostgres, type TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeCounts, fuzzStatements } from './fuzz-statements.js'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})

afterAll(() => postgres?.stop())

test.each([
  { optimisations: 'all', count: 500, seed: 20_261_125 },
  { optimisations: 'none', count: 150, seed: 20_261_225 },
] as const)(
  'random statements over random tables, with optimisations $optimisations',
  { timeout: 240_000 },
  async ({ optimisations, count, seed }) => {
    const told: string[] = []
    const tell = (line: string) => told.push(line)
    const counts = await fuzzStatements({
      postgres,
      optimisations,
      count,
      seed,
      gateway: 20,
      bruteForce: 50,
      tell,
    })
    expect(counts.mismatches, told.join('\n')).toBe(0)
    expect(counts.statements).toBeGreaterThanOrEqual(count)
    expect(counts.outcomes['same rows'], describeCounts(counts)).toBeGreaterThan(count / 4)
    expect(counts.mutated).toBeGreaterThan(count / 10)
  },
)
