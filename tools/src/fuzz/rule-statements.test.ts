/** Statements that aim at one rule each: PostgreSQL understands all of them, and each rule's have rows. */
import { choicesOfSeed } from '@millrace/sql-engine/testing/property-harness'
import { ruleCount } from '@millrace/sql-engine/testing/random-rules'
import { startTestPostgres, type TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFuzzHarness } from './fuzz-harness.js'
import { RareStatements } from './rare-statements.js'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startTestPostgres()
})

afterAll(() => postgres?.stop())

test.each([1, 2])('in the batch of seed %i', { timeout: 120_000 }, async (seed) => {
  const harness = await startFuzzHarness(choicesOfSeed(seed), { postgres, optimisations: 'all' })
  try {
    const random = new RareStatements(seed, 'rule')
    const withRows = new Set<number>()
    const misunderstood: string[] = []
    for (let turn = 0; turn < ruleCount * 6; turn++) {
      const { query, numbers, isMutated } = random.next(harness.tables)
      if (isMutated) continue
      const { rows, sqlState, message } = await harness.expected(query, turn % 12)
      if (rows !== undefined && rows.length > 0) withRows.add(numbers[0] ?? 0)
      // Syntax errors, and what else is wrong with a statement whatever the rows are; but for names of two columns.
      const isClear = sqlState === undefined || sqlState === '42702' || !sqlState.startsWith('42')
      if (!isClear) misunderstood.push(`${message}: ${query.text}`)
    }
    expect(misunderstood).toEqual([])
    // Some tables have no columns for a rule or two.
    expect(withRows.size).toBeGreaterThan(ruleCount - 5)
  } finally {
    await harness.stop()
  }
})
