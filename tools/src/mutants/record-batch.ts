/** Makes a batch of random statements, and keeps those that the right planner answers rightly. */
import { namesQuery } from '@millrace/sql-engine/testing/plan-fingerprint'
import { choicesOfSeed } from '@millrace/sql-engine/testing/property-harness'
import { runAsText } from '@millrace/sql-engine/testing/run-prepared'
import type { TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { compareAnswers } from '../fuzz/compare-answers.js'
import { type FuzzHarness, startFuzzHarness, workers } from '../fuzz/fuzz-harness.js'
import { inWorkers } from '../fuzz/in-workers.js'
import { RareStatements, type StatementKind } from '../fuzz/rare-statements.js'
import { type AnsweredStatement, statementsTogether, tellingStatements } from '../fuzz/telling-statements.js'
import { fingerprinter, type RecordedBatch, type RecordedStatement } from './recorded-batch.js'

/**
 * @param tell is told of what the right planner answers wrongly, too
 */
export async function recordBatch(
  postgres: TestPostgres,
  seed: number,
  count: number,
  tell: (line: string) => void,
  only?: StatementKind,
): Promise<RecordedBatch> {
  const harness = await startFuzzHarness(choicesOfSeed(seed), { postgres, optimisations: 'all' })
  const client = new pg.Client({ ...postgres.engineConfig, user: 'millrace', options: '' })
  await client.connect()
  try {
    // Names are told however long that takes: on a busy machine longer than a random statement may.
    await client.query(`${harness.settings(0, 'virtual')}; set statement_timeout = 0`)
    const oids = await oidsOf(client)
    const fingerprint = fingerprinter(harness.tables, oids)
    const random = new RareStatements(seed, only)
    const statements: AnsweredStatement[] = []
    for (let done = 0; done < count; done += statementsTogether) {
      const size = Math.min(statementsTogether, count - done)
      statements.push(...(await tellingStatements(harness, random, done, size)))
    }
    const right = await inWorkers(
      statements,
      (_, turn) => turn % workers,
      async (one) => ((await isRight(harness, one, tell)) ? one : undefined),
    )
    const recorded: RecordedStatement[] = []
    for (const { statement, answers } of right) {
      const { query } = statement
      const names = await namesOf(client, query.text)
      recorded.push({ query, names, fingerprint: fingerprint(query.text, names), answers })
    }
    return { seed, oids, statements: recorded }
  } finally {
    await client.end()
    await harness.stop()
  }
}

async function isRight(
  harness: FuzzHarness,
  { statement: { query }, answers }: AnsweredStatement,
  tell: (line: string) => void,
): Promise<boolean> {
  for (const { set, expected } of answers) {
    const { fault } = await compareAnswers(harness, query, { set, protocol: 'engine' }, expected)
    if (fault === undefined) continue
    tell(`a mismatch without any mutant: ${fault}`)
    return false
  }
  return true
}

async function oidsOf(client: pg.Client): Promise<RecordedBatch['oids']> {
  const { rows } = await client.query<{ oid: number; relname: string }>(
    "select oid, relname from pg_class where relnamespace = 'counting_0'::regnamespace",
  )
  return rows.map(({ oid, relname }) => [oid, relname])
}

async function namesOf(client: pg.Client, text: string): Promise<string | undefined> {
  const query = namesQuery(text)
  if (query === undefined) return undefined
  const { rows } = await runAsText(client, query)
  return rows[0]?.[0] ?? undefined
}
