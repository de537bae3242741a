/** Statements that were recorded with the right planner: it plans them as it did, and only a wrong answer is a fault. */
import { startTestPostgres, type TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordBatch } from './record-batch.js'
import type { RecordedBatch } from './recorded-batch.js'
import { replay, statementsPlannedOtherwise } from './replay-batch.js'

const seed = 4

let postgres: TestPostgres
let batch: RecordedBatch
const told: string[] = []

beforeAll(async () => {
  postgres = await startTestPostgres()
  const recorded = await recordBatch(postgres, seed, 60, (line) => told.push(line))
  // As another process reads it.
  batch = JSON.parse(JSON.stringify(recorded))
})

afterAll(() => postgres?.stop())

test('the right planner answers all statements rightly', async () => {
  expect(told).toEqual([])
  expect(batch.statements).toHaveLength(60)
  expect(await replay(postgres, seed, batch.statements)).toBeUndefined()
})

test('what is planned as before is not planned otherwise', () => {
  expect(statementsPlannedOtherwise(batch)).toEqual([])
  const [first, ...others] = batch.statements.map((one) => ({ ...one, fingerprint: 'another' }))
  expect(statementsPlannedOtherwise({ ...batch, statements: [...batch.statements, ...others] })).toEqual(
    others,
  )
  expect(first).toBeDefined()
})

test('plans say where a table is narrowed', () => {
  const fingerprints = batch.statements.map(({ fingerprint }) => fingerprint)
  expect(fingerprints.filter((text) => text.includes('"operator":"="')).length).toBeGreaterThan(10)
})

test('an answer that is not as recorded is a fault', async () => {
  const wrong = batch.statements.map((one) => ({
    ...one,
    answers: one.answers.map(({ set, expected }) => ({
      set,
      expected: expected.rows === undefined ? expected : { ...expected, rows: [...expected.rows, 'more'] },
    })),
  }))
  expect(await replay(postgres, seed, wrong)).toContain('more')
})
