/** `millrace service start` and `restart`: a service in the background. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import { connectionUrl } from '../address.js'
import { readSettings } from '../config/settings.js'
import { listenForInterruption } from '../interruption.js'
import { programFile } from '../program-file.js'
import { type ExitCode, UserError } from '../user-error.js'
import { type AnsweringService, answeringService } from './answering.js'
import { argumentsOf, type Listening } from './listening.js'
import { type LogFile, openLogFile } from './log-file.js'
import { stopAnswering } from './stop.js'

/**
 * Prints the URL once it answers. One that runs already goes on as it is.
 * @throws UserError that says why it does not start; nothing of it runs then
 */
export async function startService(listening: Listening): Promise<0 | ExitCode> {
  const home = defaultHome(process.env)
  const running = await answeringService(home)
  return running === undefined ? start(home, listening) : tellOf(running, home, listening)
}

/**
 * Where the command line says nothing else, it listens where it was told to before.
 * @param timeout as of {@link stopService}
 */
export async function restartService(
  listening: Listening,
  timeout: number | undefined,
): Promise<0 | ExitCode> {
  const home = defaultHome(process.env)
  // What is wrong with the settings is told while the old one still runs.
  await readSettings(process.env)
  const running = await answeringService(home)
  if (running === undefined) return start(home, listening)
  refuseQuery(running, home)
  process.stderr.write(await stopAnswering(running, home, timeout))
  return start(home, { ...running.record.listening, ...listening })
}

function tellOf(running: AnsweringService, home: string, listening: Listening): 0 {
  refuseQuery(running, home)
  const { record, password } = running
  const { listen, port } = listening
  const isOther = (port !== undefined && port !== 0 && port !== record.port) || listen !== undefined
  if (isOther) {
    const options = argumentsOf(listening).join(' ')
    throw new UserError(
      `a service runs on ${home} already, at port ${record.port}: millrace service restart ${options}`,
      1,
    )
  }
  process.stderr.write(`a service runs on ${home} already (process ${record.pid})\n`)
  process.stdout.write(`${connectionUrl({ ...record, password })}\n`)
  return 0
}

function refuseQuery({ record }: AnsweringService, home: string): void {
  if (record.purpose === 'service') return
  throw new UserError(
    `millrace query (process ${record.pid}) has started an engine on ${home} for itself: end it first`,
    1,
  )
}

async function start(home: string, listening: Listening): Promise<0 | ExitCode> {
  await readSettings(process.env)
  const log = await openLogFile(home)
  const { signal, release } = listenForInterruption()
  try {
    const url = await spawnService(home, listening, log, signal)
    if (url === undefined) return 130
    process.stdout.write(`${url}\n`)
    return 0
  } finally {
    release()
    await log.handle.close()
  }
}

/**
 * glibc (mallopt, M_ARENA_MAX) gives each thread a heap of its own, up to eight for each core. What one thread has made and another
 * has freed stays there, as answers on their way from the main thread to those that decode: some 70 MB after a large scan.
 */
const fewArenas = { MALLOC_ARENA_MAX: '2' }

/** @returns its URL; undefined where it has been given up */
async function spawnService(
  home: string,
  listening: Listening,
  log: LogFile,
  signal: AbortSignal,
): Promise<string | undefined> {
  const child = spawn(process.execPath, [programFile, 'serve', ...argumentsOf(listening)], {
    // A session of its own: neither Ctrl-C here nor the end of the terminal reaches it.
    detached: true,
    env: { ...fewArenas, ...process.env, MILLRACE_HOME: home },
    stdio: ['ignore', 'pipe', log.handle.fd],
  })
  const ended = once(child, 'exit')
  const giveUp = () => child.kill('SIGTERM')
  signal.addEventListener('abort', giveUp)
  try {
    // Without a process there is no output; then the end says why.
    const url = child.stdout === null ? undefined : await firstLine(child.stdout)
    if (url !== undefined && !signal.aborted) {
      child.stdout?.destroy()
      child.unref()
      return url
    }
    const [code]: unknown[] = await ended
    if (signal.aborted) return undefined
    const why = failureIn(await log.written())
    await log.discard()
    throw new UserError(why, code === 2 || code === 3 ? code : 1)
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

/** @returns undefined where the stream ends without one */
async function firstLine(stream: Readable): Promise<string | undefined> {
  const lines = createInterface({ input: stream })
  for await (const line of lines) return line
  return undefined
}

/** The line in which the command says why it has failed; else what it has written last. */
function failureIn(written: string): string {
  const lines = written.split('\n').filter((line) => line !== '')
  const said = lines.findLast((line) => line.startsWith('millrace: '))
  return said?.replace(/^millrace: /, '') ?? `the service does not start: ${lines.slice(-5).join(' | ')}`
}
