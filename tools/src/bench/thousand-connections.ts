/** A home with a thousand connections of one plugin, and an aggregator over all of them, as the command serves it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type Benchmark, median, milliseconds, type Result, timed } from './benchmark.js'
import { publishedProgram } from './published-program.js'

const connections = 1000
const starts = 5
const plans = 20

interface Measured {
  /** The very first start, which makes all tables, in seconds. */
  readonly first: number
  /** Later ones. */
  readonly later: readonly number[]
  /** Resident megabytes of the server's process after each of them. */
  readonly memory: readonly number[]
  /** Milliseconds to plan over all connections. */
  readonly plans: readonly number[]
  /** Milliseconds of what tools read. */
  readonly tables: number
}

let measuring: Promise<Measured> | undefined

/** Measured once for all three. */
function measured(): Promise<Measured> {
  measuring ??= measure()
  return measuring
}

export const thousandConnectionsStart: Benchmark = {
  name: 'thousand_connections_start_s',
  meaning: `seconds until a home with ${connections} connections of aws, whose tables are there, serves; aim: at most 2`,
  async run() {
    const { first, later, tables } = await measured()
    return result(median(later), [
      `each start: ${later.map((time) => time.toFixed(2)).join(', ')} s`,
      `the very first one, which makes the tables of all of them: ${first.toFixed(1)} s`,
      `information_schema.tables: ${milliseconds(tables)}`,
    ])
  },
}

export const thousandConnectionsMemory: Benchmark = {
  name: 'thousand_connections_rss_mb',
  meaning: `MB of resident memory of the server with ${connections} connections once it serves; aim: at most 300`,
  async run() {
    const { memory } = await measured()
    return result(median(memory), [`each start: ${memory.map((size) => size.toFixed(0)).join(', ')} MB`])
  },
}

export const aggregatorPlan: Benchmark = {
  name: 'aggregator_plan_ms',
  meaning: `milliseconds of EXPLAIN over an aggregator of ${connections} connections, each time another text; aim: at most 100`,
  async run() {
    const { plans: times } = await measured()
    return result(median(times), [`at most: ${milliseconds(Math.max(...times))}`])
  },
}

function result(ratio: number, lines: readonly string[]): Result {
  return { ratio, lines }
}

async function measure(): Promise<Measured> {
  const home = await mkdtemp(join(tmpdir(), 'millrace-thousand-'))
  try {
    // PostgreSQL runs under another account for root.
    await chmod(home, 0o755)
    await mkdir(join(home, 'config'))
    await writeFile(join(home, 'config', 'many.spc'), configuration())
    const first = await start(home, async () => {})
    const later: number[] = []
    const memory: number[] = []
    const planned: number[] = []
    let tables = Number.NaN
    for (let round = 0; round < starts; round++) {
      const { seconds } = await start(home, async (client, megabytes) => {
        memory.push(megabytes)
        if (round > 0) return
        for (let plan = 0; plan < plans; plan++) {
          const sql = `explain select name, region from aws.aws_cloudtrail_trail where name <> 'trail ${plan}'`
          planned.push(await timed(() => client.query(sql)))
        }
        tables = await timed(() => client.query('select count(*) from information_schema.tables'))
      })
      later.push(seconds)
    }
    return { first: first.seconds, later, memory, plans: planned, tables }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** Starts the command, and stops it when what is to be done has been done. */
async function start(
  home: string,
  use: (client: pg.Client, megabytes: number) => Promise<void>,
): Promise<{ readonly seconds: number }> {
  const program = await publishedProgram()
  const begun = performance.now()
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, MILLRACE_HOME: home, MILLRACE_PORT: '0', MILLRACE_LOG: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [url] = await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => {
        throw new Error('millrace ended before it had started')
      }),
    ])
    const seconds = (performance.now() - begun) / 1000
    const client = new pg.Client(String(url).trim())
    await client.connect()
    try {
      await use(client, await residentMegabytes(child.pid))
    } finally {
      await client.end()
    }
    return { seconds }
  } finally {
    const ended = once(child, 'exit')
    if (child.exitCode === null && child.kill('SIGTERM')) await ended
  }
}

/** Linux only. */
async function residentMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

function configuration(): string {
  const blocks = Array.from({ length: connections }, (_, index) => {
    const name = `aws_${String(index).padStart(4, '0')}`
    return `connection "${name}" {\n  plugin = "aws"\n  profile = "profile-${index}"\n  regions = ["us-east-1"]\n}\n`
  })
  return `${blocks.join('')}connection "aws" {\n  type = "aggregator"\n  plugin = "aws"\n  connections = ["aws_*"]\n}\n`
}
