/**
 * A process that asks recorded statements of one mutant after another, over one PostgreSQL. It is told of each mutant, and
 * tells its verdict. Its only argument is the folder that {@link ReplayTask} speaks of.
 */
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { startTestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { memoryFolder } from '../fuzz/memory-folder.js'
import type { RecordedBatch } from './recorded-batch.js'

export interface ReplayTask {
  /** By whose number the folder has a file with a {@link MutatedModule}. */
  readonly mutant: number
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

/** What kept a mutant from being judged. */
export interface ReplayFailure {
  readonly failure: string
}

const [folder = ''] = process.argv.slice(2)
register('./mutated-source.js', import.meta.url, { data: folder })
const postgres = await startTestPostgres({ folder: await memoryFolder() })
process.on('message', (task: ReplayTask) => {
  void verdictOf(task)
    .catch(
      (error: unknown): ReplayFailure => ({
        failure: error instanceof Error ? error.message : String(error),
      }),
    )
    .then((verdict) => process.send?.(verdict))
})
const end = (status: number) => void postgres.stop().finally(() => process.exit(status))
// Who has started it has ended, or wants no more.
process.once('disconnect', () => end(0))
// PostgreSQL would stay.
process.once('uncaughtException', (error) => {
  console.error(error)
  end(1)
})
process.send?.('ready')

async function verdictOf({ mutant, onlyPlans, batches }: ReplayTask): Promise<ReplayVerdict> {
  const module: typeof import('./replay-batch.js') = await import(`./replay-batch.js?mutant=${mutant}`)
  let statements = 0
  let run = 0
  for (const file of batches) {
    const batch: RecordedBatch = JSON.parse(await readFile(file, 'utf8'))
    const affected = onlyPlans ? module.statementsPlannedOtherwise(batch) : batch.statements
    statements += batch.statements.length
    run += affected.length
    const fault = affected.length === 0 ? undefined : await module.replay(postgres, batch.seed, affected)
    if (fault !== undefined) return { fault, statements, run }
  }
  return { statements, run }
}
