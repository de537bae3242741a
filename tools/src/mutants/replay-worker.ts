/** A process that asks recorded statements of mutants, and another one after it has broken or grown. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ReplayFailure, ReplayTask, ReplayVerdict } from './replay-process.js'

/** What random statements have to say of a mutant. */
export type FuzzVerdict =
  | ({ readonly kind: 'found' | 'missed' } & ReplayVerdict)
  | { readonly kind: 'not run' }
  | { readonly kind: 'broken'; readonly reason: string }

/** Longer than a whole run takes on a busy machine. In milliseconds. */
const patience = 900_000

/** Modules that were loaded stay in memory: after so many mutants, another process goes on. */
const mutantsPerProcess = 25

/** Longer than a process takes that has nothing to wait for. In milliseconds. */
const endPatience = 20_000

export class ReplayWorker {
  readonly #folder: string
  #process: ChildProcess | undefined
  #tasks = 0

  /** @param folder of which {@link ReplayTask} speaks */
  constructor(folder: string) {
    this.#folder = folder
  }

  async verdictOf(task: ReplayTask): Promise<FuzzVerdict> {
    if (++this.#tasks % mutantsPerProcess === 0) await this.end()
    this.#process ??= await started(this.#folder)
    const verdict = await answerOf(this.#process, task)
    // It may have ended by an error of the mutant's, or wait for ever.
    if (verdict.kind === 'broken') await this.end()
    return verdict
  }

  async end(): Promise<void> {
    const process = this.#process
    this.#process = undefined
    if (process?.connected !== true) return
    const exit = once(process, 'exit')
    const timer = setTimeout(() => process.kill('SIGKILL'), endPatience)
    process.disconnect()
    await exit
    clearTimeout(timer)
  }
}

async function started(folder: string): Promise<ChildProcess> {
  const process = fork(fileURLToPath(new URL('./replay-process.js', import.meta.url)), [folder])
  await once(process, 'message')
  return process
}

async function answerOf(process: ChildProcess, task: ReplayTask): Promise<FuzzVerdict> {
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
