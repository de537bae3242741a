import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { DatabaseError } from '../database-error.js'
import type { Account } from './account.js'
import { postgresEnvironment } from './postgres-environment.js'
import { isReady, isSmartShutdown, type LogLine, levelOf, logLineReader } from './server-log.js'

export interface PostmasterOptions {
  readonly program: string
  readonly dataFolder: string
  readonly settings: readonly string[]
  readonly account: Account | undefined
  readonly log: Logger
  /** Called when the process is there; it then has some work to do before it accepts connections. */
  readonly onSpawn?: (() => void) | undefined
}

/** The server's main process, in one run of it. */
export interface Postmaster {
  readonly pid: number
  /** Resolves when the process is gone, with the last lines that it logged. Never rejects. */
  readonly ended: Promise<Error>
  stop(): Promise<void>
}

/** How long a shutdown may take, in milliseconds, before the next harsher one. */
const patience = { fast: 15_000, immediate: 5_000 }

/**
 * How long a start may take, in milliseconds. Recovery after a crash reads WAL, of which there is max_wal_size at
 * most.
 */
const startTimeout = 120_000

/** The number of log lines that an error shows. */
const rememberedLines = 12

/** Starts the server and waits until it accepts connections. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { program, dataFolder, settings, account, log, onSpawn } = options
  const child = spawn(program, ['-D', dataFolder, ...settings], {
    cwd: '/',
    env: postgresEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    // It gets a process group of its own, or Ctrl-C in a terminal would reach it before the clients are let go.
    detached: true,
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  })
  if (onSpawn !== undefined) child.once('spawn', onSpawn)
  const lastLines: string[] = []
  const readLine = logLineReader()
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (text) => {
      const line = readLine(text)
      // Its clients have been told; what they ask is nobody else's business.
      if (line.mayQuote) return
      if (lastLines.push(line.text) > rememberedLines) lastLines.shift()
      logLine(log, line)
      if (isReady(line)) resolve()
      // Someone else asked it to stop; a fast shutdown follows. A smart one would shut out new clients for as long as
      // one stays.
      if (isSmartShutdown(line)) {
        log.warn('somebody has told PostgreSQL to end; it ends at once')
        child.kill('SIGINT')
      }
    })
  })
  const ended = endOf(child).then((how) => serverError(`PostgreSQL ${how}`, lastLines))

  // If this process ends without having stopped it, it is signalled to end too; nothing can be awaited then.
  const endTogether = () => child.kill('SIGINT')
  process.once('exit', endTogether)
  void ended.then(() => process.off('exit', endTogether))

  const failure = await within(startTimeout, Promise.race([ready, ended]), () =>
    serverError('PostgreSQL did not become ready in time', lastLines),
  )
  if (failure !== undefined) {
    await stop(child, ended)
    throw failure
  }
  return { pid: child.pid ?? 0, ended, stop: () => stop(child, ended) }
}

async function endOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = await once(child, 'exit')
    // Its last lines may still be on their way; its children may keep the pipe open for longer.
    if (child.stderr?.closed === false) {
      await within(200, once(child, 'close'), () => [])
    }
    return signal === null ? `ended with status ${code}` : `was ended by ${signal}`
  } catch (error) {
    return `could not be started: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** https://www.postgresql.org/docs/18/server-shutdown.html: SIGINT is fast shutdown, SIGQUIT immediate. */
async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  for (const [signal, milliseconds] of [
    ['SIGINT', patience.fast],
    ['SIGQUIT', patience.immediate],
    ['SIGKILL', patience.immediate],
  ] as const) {
    child.kill(signal)
    const inTime = await within(
      milliseconds,
      ended.then(() => true),
      () => false,
    )
    if (inTime) return
  }
}

async function within<Value>(
  milliseconds: number,
  promise: Promise<Value>,
  otherwise: () => Value,
): Promise<Value> {
  const timer = new AbortController()
  const timeout = delay(milliseconds, undefined, { signal: timer.signal }).then(otherwise)
  try {
    return await Promise.race([promise, timeout])
  } finally {
    timer.abort()
    timeout.catch(() => {}) // aborted: the promise came first
  }
}

const noSpace = 'No space left on device'

function serverError(message: string, lastLines: readonly string[]): DatabaseError {
  if (lastLines.some((line) => line.includes(noSpace))) {
    return new DatabaseError(`${message}: the disk is full`, {
      sqlState: '53100',
      detail: lastLines.join('\n'),
      hint: 'Make room on the disk that the home is on.',
    })
  }
  return new DatabaseError(message, { sqlState: '57P03', detail: lastLines.join('\n') || undefined })
}

const logMessages = { error: 'PostgreSQL panics', warn: 'PostgreSQL warns', debug: 'PostgreSQL says' }

function logLine(log: Logger, line: LogLine): void {
  const level = levelOf(line)
  log[level]({ postgres: line.text }, logMessages[level])
}
