/**
 * What people wait for who type a command, as it is published: its help, and an answer where no service runs.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Benchmark, median, milliseconds, timed } from './benchmark.js'
import { publishedProgram } from './published-program.js'

const rounds = 9

async function run(args: readonly string[], home: string): Promise<void> {
  await promisify(execFile)(process.execPath, [await publishedProgram(), ...args], {
    env: { ...process.env, MILLRACE_HOME: home },
  })
}

/** Seconds that a command takes, from its start to the end of its process. */
async function secondsOf(args: readonly string[], home: string) {
  await publishedProgram()
  const times: number[] = []
  for (let round = 0; round < rounds; round++) times.push(await timed(() => run(args, home)))
  const lines = [
    `of ${rounds} runs: ${milliseconds(Math.min(...times))} to ${milliseconds(Math.max(...times))}`,
  ]
  return { ratio: median(times) / 1000, lines }
}

export const help: Benchmark = {
  name: 'help_s',
  meaning: 'millrace --help: seconds; aim: at most 0.15',
  run: () => secondsOf(['--help'], tmpdir()),
}

export const coldQuery: Benchmark = {
  name: 'cold_query_s',
  meaning: 'millrace query "select 1" on a home that exists, with no service: seconds; aim: at most 1',
  async run() {
    const home = await mkdtemp(join(tmpdir(), 'millrace-bench-cold-'))
    const query = ['query', 'select 1']
    try {
      // As root, PostgreSQL runs under another account, which has to get through: the first run sees to that.
      await run(query, home)
      return await secondsOf(query, home)
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  },
}
