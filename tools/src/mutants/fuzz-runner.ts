/** Random statements, recorded once with their right answers, and asked of each mutant in a process of its own. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { startTestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { transformWithOxc } from 'vite'
import type { Mutant } from './mutant.js'
import { recordBatch } from './record-batch.js'
import type { ReplayTask, ReplayVerdict } from './replay-process.js'

/** What random statements have to say of a mutant. */
export type FuzzVerdict =
  | ({ readonly kind: 'found' | 'missed' } & ReplayVerdict)
  | { readonly kind: 'not run' }
  | { readonly kind: 'broken'; readonly reason: string }

export interface FuzzRunner {
  run(mutant: Mutant): Promise<FuzzVerdict>
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** As many as a batch of `npm run fuzz` has, so that its seed shows them again. */
const statementsOfBatch = 500

/** Folders whose modules do nothing but plan, */
const planning = /^sql-engine\/src\/(?:plan|bind)\//
/** but for these, which are asked while a plan runs, too. */
const running = /\/(?:key-values|missing-key|never-null|optional-scans|textual-value|write-key-query)\.ts$/

/** Twice what a whole run takes on a busy machine. In milliseconds. */
const patience = 900_000

export async function startFuzzRunner(
  count: number,
  seed: number,
  tell: (line: string) => void,
): Promise<FuzzRunner> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-mutants-'))
  const batches: string[] = []
  const postgres = await startTestPostgres()
  try {
    for (let done = 0; done < count; done += statementsOfBatch) {
      const batchSeed = seed + batches.length
      const batch = await recordBatch(postgres, batchSeed, Math.min(statementsOfBatch, count - done), tell)
      const file = join(folder, `${batchSeed}.json`)
      await writeFile(file, JSON.stringify(batch))
      batches.push(file)
    }
  } finally {
    await postgres.stop()
  }
  return {
    async run(mutant) {
      const module = await mutatedModule(mutant)
      const onlyPlans = planning.test(mutant.file) && !running.test(mutant.file)
      const task: ReplayTask = { module, onlyPlans, batches }
      const taskFile = join(folder, 'task.json')
      await writeFile(taskFile, JSON.stringify(task))
      return replayed(taskFile)
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

async function replayed(taskFile: string): Promise<FuzzVerdict> {
  const script = fileURLToPath(new URL('./replay-process.js', import.meta.url))
  try {
    const options = { timeout: patience, maxBuffer: 64 * 1024 * 1024 }
    const { stdout } = await promisify(execFile)(process.execPath, [script, taskFile], options)
    const verdict: ReplayVerdict = JSON.parse(stdout)
    return { kind: verdict.fault === undefined ? 'missed' : 'found', ...verdict }
  } catch (error) {
    return { kind: 'broken', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** The mutant's file as it would have been compiled. */
async function mutatedModule({ file, find, replace }: Mutant) {
  const source = await readFile(join(root, file), 'utf8')
  const { code } = await transformWithOxc(
    source.replace(find, () => replace),
    join(root, file),
    { lang: 'ts', sourcemap: false },
  )
  const compiled = join(root, file.replace('/src/', '/dist/').replace(/\.ts$/, '.js'))
  return { url: pathToFileURL(compiled).href, source: code }
}
