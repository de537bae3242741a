/**
 * A process for one mutant: it loads the changed module in place of the right one, asks recorded statements, and prints
 * its verdict as JSON. Its only argument is a file with a {@link ReplayTask}.
 */
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import type { MutatedModule } from './mutated-source.js'
import type { RecordedBatch } from './recorded-batch.js'

export interface ReplayTask {
  readonly module: MutatedModule
  /** Whether what is changed does nothing but plan, so that statements that are planned as before need not be run. */
  readonly onlyPlans: boolean
  /** Files with a {@link RecordedBatch} each. */
  readonly batches: readonly string[]
}

export interface ReplayVerdict {
  /** What was wrong with an answer. */
  readonly fault?: string | undefined
  /** Statements that were looked at, and those that were run. */
  readonly statements: number
  readonly run: number
}

const [path = ''] = process.argv.slice(2)
const task: ReplayTask = JSON.parse(await readFile(path, 'utf8'))
register('./mutated-source.js', import.meta.url, { data: task.module })
console.log(JSON.stringify(await verdictOf(task)))

async function verdictOf({ onlyPlans, batches }: ReplayTask): Promise<ReplayVerdict> {
  // Not before the hook is there.
  const { replay, statementsPlannedOtherwise } = await import('./replay-batch.js')
  const { startTestPostgres } = await import('@millrace/sql-engine/testing/test-postgres')
  const postgres = await startTestPostgres()
  let statements = 0
  let run = 0
  try {
    for (const file of batches) {
      const batch: RecordedBatch = JSON.parse(await readFile(file, 'utf8'))
      const affected = onlyPlans ? statementsPlannedOtherwise(batch) : batch.statements
      statements += batch.statements.length
      run += affected.length
      const fault = affected.length === 0 ? undefined : await replay(postgres, batch.seed, affected)
      if (fault !== undefined) return { fault, statements, run }
    }
    return { statements, run }
  } finally {
    await postgres.stop()
  }
}
