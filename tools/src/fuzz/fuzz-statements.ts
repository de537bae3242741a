/** Random statements over random tables: what the engine answers is what PostgreSQL answers over ordinary tables. */

import { choicesOfSeed } from '@millrace/sql-engine/testing/property-harness'
import type { TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { BatchRun } from './batch-run.js'
import { type FuzzHarness, startFuzzHarness } from './fuzz-harness.js'
import { Share } from './share.js'

export interface FuzzOptions {
  readonly postgres: TestPostgres
  /** Statements at least. */
  readonly count: number
  /** The same seed makes the same tables and statements; the second batch of seed 5 is the first of seed 6. */
  readonly seed: number
  readonly optimisations: 'all' | 'none'
  /** So many of a hundred statements go through the gateway, which takes longer. */
  readonly gateway: number
  /** Each how many statements one is judged by brute force; 0 for none. */
  readonly bruteForce: number
  /** Told of each batch that is done, and of each mismatch. */
  readonly tell: (line: string) => void
}

export interface FuzzCounts {
  batches: number
  statements: number
  /** Statements, each as often as it was run over a set of rows. */
  runs: number
  /** Those that were mutated as syntax trees. */
  mutated: number
  calls: number
  /** By what came of the runs, with how it was told: `same rows`, `both failed`, `key missing`, … */
  readonly outcomes: Record<string, number>
  mismatches: number
  /** Columns that were fetched for statements of the shapes that BI tools write. */
  readonly reportColumns: Share
  /** Those that were fetched for statements that aim at a rule of the planner, such as what fails although nobody reads it. */
  readonly ruleColumns: Share
  /** Those that were fetched for others. */
  readonly columns: Share
  /** Statements, of which the needless ones end for want of a key that was to be had. */
  readonly keys: Share
}

const statementsPerBatch = 500

export async function fuzzStatements(options: FuzzOptions): Promise<FuzzCounts> {
  const { postgres, count, seed, optimisations, tell } = options
  const counts: FuzzCounts = {
    batches: 0,
    statements: 0,
    runs: 0,
    mutated: 0,
    calls: 0,
    outcomes: {},
    mismatches: 0,
    reportColumns: new Share(),
    ruleColumns: new Share(),
    columns: new Share(),
    keys: new Share(),
  }
  for (let batchSeed = seed; counts.statements < count; batchSeed++) {
    const harness = await startFuzzHarness(choicesOfSeed(batchSeed), { postgres, optimisations })
    try {
      const wanted = Math.min(statementsPerBatch, count - counts.statements)
      const found = await new BatchRun(harness, batchSeed, options, counts).run(wanted)
      counts.batches++
      if (found !== undefined) {
        counts.mismatches++
        tell(
          `MISMATCH in the batch of seed ${batchSeed}, where the ${harness.description}\n${describeTables(harness)}\n${found}`,
        )
      }
    } finally {
      await harness.stop()
    }
    tell(`seed ${batchSeed}: ${describeCounts(counts)}`)
  }
  return counts
}

function describeTables({ tables }: FuzzHarness): string {
  return Object.entries(tables)
    .map(([name, { columns, keys }]) => {
      const list = Object.entries(columns).map(([column, { type }]) => {
        const key = keys?.[column]
        return key === undefined ? `${column} ${type}` : `${column} ${type} ${JSON.stringify(key)}`
      })
      return `  ${name} (${list.join(', ')})`
    })
    .join('\n')
}

export function describeCounts(counts: FuzzCounts): string {
  const outcomes = Object.entries(counts.outcomes).map(([name, count]) => `${count} ${name}`)
  const { batches, statements, runs, mutated, calls, mismatches, reportColumns, ruleColumns, columns, keys } =
    counts
  return [
    `${batches} batches`,
    `${statements} statements`,
    `${mutated} of them mutated`,
    `${runs} runs`,
    ...outcomes,
    `${calls} calls`,
    reportColumns.describe('columns needless in reports'),
    ruleColumns.describe('in statements for one rule'),
    columns.describe('in others'),
    keys.describe('statements without a key that was to be had'),
    `${mismatches} mismatches`,
  ].join(', ')
}
