/** The server that is soaked: a process as users have it, and what can be read of it from outside. */
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Sandbox } from '@millrace/sandbox/sandbox'
import { runningProcesses } from '@millrace/sql-engine/postgres/process-life'
import { clusterName } from '@millrace/sql-engine/postgres/server-settings'
import { buildCommand, MillraceProcess } from 'millrace/testing/millrace-process'
import pg from 'pg'

/** What must return to where it was. */
export interface Readings {
  /** Bytes of the process, after all garbage was collected. */
  readonly residentBytes: number
  readonly heapBytes: number
  /** Bytes outside of the heap of JavaScript: buffers. */
  readonly externalBytes: number
  readonly fileDescriptors: number
  /** PostgreSQL's processes. */
  readonly processes: number
  readonly scanTables: number
  readonly clientSessions: number
  readonly loopbackSessions: number
  /** Bytes of PostgreSQL's data without its WAL, which it keeps for later. */
  readonly diskBytes: number
}

/**
 * Loaded into the server: on SIGUSR2, it collects all garbage, and writes how much memory is left to the file that
 * SOAK_MEMORY_FILE names. What finalizers let go is garbage only in the next round.
 */
const collectingGarbage = `
  import { renameSync, writeFileSync } from 'node:fs'
  const { SOAK_MEMORY_FILE: file } = process.env
  process.on('SIGUSR2', () => {
    for (let round = 0; round < 3; round++) gc()
    writeFileSync(file + '.draft', JSON.stringify(process.memoryUsage()))
    renameSync(file + '.draft', file)
  })`

/** How long a stop may take, in milliseconds. */
const longestStop = 60_000

export class SoakedServer {
  readonly config: pg.ClientConfig
  readonly #home: string
  readonly #process: MillraceProcess
  readonly #monitoring: string

  private constructor(home: string, process: MillraceProcess, url: string, monitoring: string) {
    this.#home = home
    this.#process = process
    this.#monitoring = monitoring
    const { hostname, port, username, password } = new URL(url)
    this.config = { host: hostname, port: Number(port), user: username, password, database: 'millrace' }
  }

  static async start(sandbox: Sandbox): Promise<SoakedServer> {
    await buildCommand()
    const home = await mkdtemp(join(tmpdir(), 'millrace-soak-'))
    // PostgreSQL has another account where root runs this.
    await chmod(home, 0o711)
    await writeConfiguration(home, 0)
    return SoakedServer.#startOn(home, sandbox)
  }

  static async #startOn(home: string, sandbox: Sandbox): Promise<SoakedServer> {
    const environment = {
      ...sandbox.environment,
      MILLRACE_HOME: home,
      MILLRACE_PORT: '0',
      MILLRACE_LOG: 'info',
      MILLRACE_LOG_FILE: 'millrace.log',
      MILLRACE_MONITORING_PORT: '0',
      SOAK_MEMORY_FILE: join(home, 'memory.json'),
    }
    const millrace = new MillraceProcess([], environment, [
      '--expose-gc',
      '--import',
      `data:text/javascript,${encodeURIComponent(collectingGarbage)}`,
    ])
    const url = await millrace.url()
    const log = await readFile(join(home, 'millrace.log'), 'utf8')
    const said = log.split('\n').findLast((line) => line.includes('monitoring listens')) ?? '{}'
    return new SoakedServer(home, millrace, url, `http://127.0.0.1:${JSON.parse(said).port}`)
  }

  /** Starts it again on the same home, after it has been stopped. */
  again(sandbox: Sandbox): Promise<SoakedServer> {
    return SoakedServer.#startOn(this.#home, sandbox)
  }

  /** @returns its exit status */
  async stop(): Promise<number | null> {
    return (await this.#process.end('SIGTERM')).code
  }

  /** Stops it, if it runs, and removes its home. */
  async remove(): Promise<void> {
    const stopped = this.#process.end('SIGTERM')
    // PostgreSQL stays where the gateway has no time to stop it.
    const hasStopped = await Promise.race([
      stopped.then(() => true),
      delay(longestStop, false, { ref: false }),
    ])
    if (!hasStopped) await this.#process.end('SIGKILL')
    await rm(this.#home, { recursive: true, force: true })
  }

  /** Resolves when the process ends, whoever has ended it. */
  get ended(): Promise<unknown> {
    return this.#process.ended
  }

  /** Rewrites the configuration, and has it read again. */
  async reconfigure(number: number): Promise<void> {
    await writeConfiguration(this.#home, number)
    this.#process.signal('SIGHUP')
  }

  /** The process of PostgreSQL itself; undefined while there is none. */
  async postmaster(): Promise<number | undefined> {
    const text = await readFile(join(this.#home, 'data/postmaster.pid'), 'utf8').catch(() => '')
    return Number.parseInt(text, 10) || undefined
  }

  /** PostgreSQL's processes, while it runs and after. */
  async processes(): Promise<number> {
    const data = join(this.#home, 'data')
    const title = `postgres: ${clusterName(data)}: `
    const all = await runningProcesses()
    return all.filter(({ command }) => command.includes(data) || command[0]?.startsWith(title)).length
  }

  /** What the log holds from a level on: 40 for warnings, 50 for errors. */
  async logged(level: number): Promise<readonly string[]> {
    const text = await readFile(join(this.#home, 'millrace.log'), 'utf8')
    return text.split('\n').filter((line) => line !== '' && JSON.parse(line).level >= level)
  }

  async read(): Promise<Readings> {
    const { rss, heapUsed, external } = await this.#memory()
    const metrics = await (await fetch(`${this.#monitoring}/metrics`)).text()
    const fileDescriptors = (await readdir(`/proc/${this.#process.pid}/fd`)).length
    const processes = await this.processes()
    const client = new pg.Client(this.config)
    await client.connect()
    const { rows } = await client.query(
      `select count(*)::int as count from pg_catalog.pg_class
       where relnamespace = 'pg_millrace_scan'::regnamespace and relkind = 'r'`,
    )
    await client.end()
    return {
      residentBytes: rss,
      heapBytes: heapUsed,
      externalBytes: external,
      fileDescriptors,
      processes,
      scanTables: rows[0].count,
      clientSessions: seriesValue(metrics, 'millrace_sessions{kind="client"}'),
      loopbackSessions: seriesValue(metrics, 'millrace_sessions{kind="loopback"}'),
      diskBytes: await allocatedBytes(join(this.#home, 'data'), 'pg_wal'),
    }
  }

  async #memory(): Promise<NodeJS.MemoryUsage> {
    const file = join(this.#home, 'memory.json')
    await rm(file, { force: true })
    this.#process.signal('SIGUSR2')
    for (;;) {
      const text = await readFile(file, 'utf8').catch(() => undefined)
      if (text !== undefined) return JSON.parse(text)
      await delay(20)
    }
  }
}

function seriesValue(metrics: string, series: string): number {
  const line = metrics.split('\n').find((one) => one.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1) ?? 0)
}

/** @param number each has another connection beside the usual ones, or none */
async function writeConfiguration(home: string, number: number): Promise<void> {
  const usual = { call_timeout: 5 }
  const configuration = {
    cache: { ttl: 2, max_size_mb: 8 },
    connections: {
      aws: { plugin: 'aws', ...usual },
      ipstack: { plugin: 'ipstack', ...usual },
      ...(number % 2 === 1 ? { [`more_${number % 3}`]: { plugin: 'ipstack', ...usual } } : {}),
    },
    watch: false,
  }
  await writeFile(join(home, 'config.json'), JSON.stringify(configuration), { mode: 0o600 })
}

/** Bytes that a folder takes on disk, without a folder in it. Files may come and go meanwhile. */
async function allocatedBytes(folder: string, without: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += entry.name === without ? 0 : await allocatedBytes(path, without)
    else bytes += 512 * ((await stat(path).catch(() => undefined))?.blocks ?? 0)
  }
  return bytes
}
