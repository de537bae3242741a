/** Random statements, recorded once with their right answers, and asked of each mutant in another process. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startTestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { transformWithOxc } from 'vite'
import { memoryFolder } from '../fuzz/memory-folder.js'
import type { StatementKind } from '../fuzz/rare-statements.js'
import type { Mutant } from './mutant.js'
import { type MutatedModule, mutantFile } from './mutated-source.js'
import { recordBatch } from './record-batch.js'
import { type FuzzVerdict, ReplayWorker } from './replay-worker.js'

export interface FuzzRunner {
  /** Several may run side by side, each in a process of its own. */
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

export interface FuzzRunnerOptions {
  /** Statements at most. */
  readonly count: number
  /** Of the first batch. */
  readonly seed: number
  /** The only kind of statements, if not all. */
  readonly kind: StatementKind | undefined
  readonly tell: (line: string) => void
}

export async function startFuzzRunner({ count, seed, kind, tell }: FuzzRunnerOptions): Promise<FuzzRunner> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-mutants-'))
  const batches: string[] = []
  const postgres = await startTestPostgres({ folder: await memoryFolder() })
  try {
    for (let done = 0; done < count; done += statementsOfBatch) {
      const batchSeed = seed + batches.length
      const batch = await recordBatch(
        postgres,
        batchSeed,
        Math.min(statementsOfBatch, count - done),
        tell,
        kind,
      )
      const file = join(folder, `${batchSeed}.json`)
      await writeFile(file, JSON.stringify(batch))
      batches.push(file)
    }
  } finally {
    await postgres.stop()
  }
  const workers: ReplayWorker[] = []
  const free: ReplayWorker[] = []
  const worker = () => {
    const fresh = new ReplayWorker(folder)
    workers.push(fresh)
    return fresh
  }
  let mutants = 0
  return {
    async run(mutant) {
      const number = ++mutants
      await writeFile(join(folder, mutantFile(number)), JSON.stringify(await mutatedModule(mutant)))
      const onlyPlans = planning.test(mutant.file) && !running.test(mutant.file)
      const task = { mutant: number, onlyPlans, batches }
      const judge = free.pop() ?? worker()
      try {
        const verdict = await judge.verdictOf(task)
        // A machine that stands still, or has no memory left, says nothing of a mutant.
        return verdict.kind === 'broken' ? await judge.verdictOf(task) : verdict
      } finally {
        free.push(judge)
      }
    },
    async close() {
      await Promise.all(workers.map((one) => one.end()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The mutant's file as it would have been compiled. */
async function mutatedModule({ file, find, replace }: Mutant): Promise<MutatedModule> {
  const source = await readFile(join(root, file), 'utf8')
  const { code } = await transformWithOxc(
    source.replace(find, () => replace),
    join(root, file),
    { lang: 'ts', sourcemap: false },
  )
  const compiled = join(root, file.replace('/src/', '/dist/').replace(/\.ts$/, '.js'))
  return { url: pathToFileURL(compiled).href, source: code }
}
