/** What a benchmark is: figures of one run, each a ratio against something measured in the same run. */
import type { MillraceProcess } from './millrace-process.js'
import type { SandboxProcess } from './sandbox-process.js'

export interface Fixture {
  readonly millrace: MillraceProcess
  readonly sandbox: SandboxProcess
}

export interface Result {
  readonly ratio: number
  /** What was measured, for people: one line each. */
  readonly lines: readonly string[]
}

export interface Benchmark {
  /** As it stands in the JSON output. */
  readonly name: string
  /** What the ratio says, and what is aimed at. */
  readonly meaning: string
  run(fixture: Fixture): Promise<Result>
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** How long something takes, in milliseconds. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

export function milliseconds(time: number): string {
  return `${time.toFixed(time < 10 ? 2 : 1)} ms`
}
