/** Random statements, recorded once with their right answers, and asked of each mutant in another process. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startTestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { transformWithOxc } from 'vite'
import type { StatementKind } from '../fuzz/rare-statements.js'
import type { Mutant } from './mutant.js'
import { type MutatedModule, mutantFile } from './mutated-source.js'
import { recordBatch } from './record-batch.js'
import type { ReplayFailure, ReplayTask, ReplayVerdict } from './replay-process.js'

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

/** Longer than a whole run takes on a busy machine. In milliseconds. */
const patience = 900_000

/** Modules that were loaded stay in memory: after so many mutants, another process goes on. */
const mutantsPerProcess = 25

export interface FuzzRunnerOptions {
  /** Statements at most. */
  readonly count: number
  /** Of the first batch. */
  readonly seed: number
  /** The only kind of statements, if not all. */
  readonly kind: StatementKind | undefined
  readonly tell: (line: string) => void
}

/** Longer than a process takes that has nothing to wait for. In milliseconds. */
const endPatience = 20_000

export async function startFuzzRunner({ count, seed, kind, tell }: FuzzRunnerOptions): Promise<FuzzRunner> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-mutants-'))
  const batches: string[] = []
  const postgres = await startTestPostgres()
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
  let process: ChildProcess | undefined
  let mutants = 0
  const end = async () => {
    if (process?.connected === true) {
      const exit = once(process, 'exit')
      process.disconnect()
      const timer = setTimeout(() => process?.kill('SIGKILL'), endPatience)
      await exit
      clearTimeout(timer)
    }
    process = undefined
  }
  const judge = async (task: ReplayTask) => {
    process ??= await started(folder)
    const verdict = await verdictOf(process, task)
    // It may have ended by an error of the mutant's.
    if (verdict.kind === 'broken') await end()
    return verdict
  }
  return {
    async run(mutant) {
      const number = ++mutants
      if (number % mutantsPerProcess === 0) await end()
      await writeFile(join(folder, mutantFile(number)), JSON.stringify(await mutatedModule(mutant)))
      const onlyPlans = planning.test(mutant.file) && !running.test(mutant.file)
      const task = { mutant: number, onlyPlans, batches }
      const verdict = await judge(task)
      // A machine that stands still, or has no memory left, says nothing of a mutant.
      return verdict.kind === 'broken' ? judge(task) : verdict
    },
    async close() {
      await end()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function started(folder: string): Promise<ChildProcess> {
  const process = fork(fileURLToPath(new URL('./replay-process.js', import.meta.url)), [folder])
  await once(process, 'message')
  return process
}

async function verdictOf(process: ChildProcess, task: ReplayTask): Promise<FuzzVerdict> {
  const controller = new AbortController()
  const { signal } = controller
  const timer = setTimeout(() => controller.abort(), patience)
  try {
    process.send(task)
    const verdict: ReplayVerdict | ReplayFailure | undefined = await Promise.race([
      once(process, 'message', { signal }).then(([message]) => message),
      once(process, 'exit', { signal }).then(() => undefined),
    ])
    if (verdict === undefined) return { kind: 'broken', reason: 'its process has ended' }
    if ('failure' in verdict) return { kind: 'broken', reason: verdict.failure }
    return { kind: verdict.fault === undefined ? 'missed' : 'found', ...verdict }
  } catch {
    return { kind: 'broken', reason: 'no verdict came in time' }
  } finally {
    clearTimeout(timer)
    controller.abort()
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
