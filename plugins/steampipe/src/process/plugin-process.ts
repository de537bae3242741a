/** A running plugin. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { ApiError } from '@millrace/plugin-sdk'
import { emptyMessage, readPrinted } from '../protocol/connection-messages.js'
import { GrpcConnection } from '../protocol/grpc-connection.js'
import { readHandshake } from './handshake.js'
import { PluginLog, type PluginLogLine } from './plugin-log.js'
import { makeProcessFolder, recordProcess, removeProcessFolder } from './process-folder.js'

export interface PluginProcessOptions {
  /** The plugin's executable file. */
  readonly path: string
  /** What it may know of the environment, beside what is needed to start it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The memory at which its garbage collector begins to hurry, in megabytes. */
  readonly memoryMb: number
  readonly onLogLine: (line: PluginLogLine) => void
}

/** Without it, a plugin says that it is one, and ends. */
const magicCookie = { MANTIX_PLUGIN_MAGIC_COOKIE: 'really-complex-permanent-string-value' }

/** How long a plugin may take to say where it listens, in milliseconds. */
const startTimeout = 30_000
/** How long it may take to end when it is asked to, in milliseconds. */
const stopTimeout = 3_000

export class PluginProcess {
  readonly pid: number
  readonly connection: GrpcConnection
  readonly log: PluginLog
  /** Resolves when the process has ended, for whatever reason, with how. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  readonly #name: string
  #ending: string | undefined

  private constructor(child: ChildProcess, pid: number, options: PluginProcessOptions, started: Started) {
    this.pid = pid
    this.connection = started.connection
    this.log = started.log
    this.#child = child
    this.#name = basename(options.path)
    this.ended = endOf(child).then(async (ending) => {
      this.#ending = ending
      this.connection.close()
      await removeProcessFolder(started.folder)
      return ending
    })
    void this.#drainPrinted()
  }

  /**
   * Starts a plugin and connects to it.
   * @throws {ApiError} HV00N when it does not start, with what it said
   */
  static async start(options: PluginProcessOptions): Promise<PluginProcess> {
    const folder = await makeProcessFolder()
    const log = new PluginLog(options.onLogLine)
    const child = spawn(options.path, [], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environmentOf(options, folder),
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => log.take(chunk))
    try {
      const socketPath = await socketOf(child)
      if (child.pid !== undefined) await recordProcess(folder, child.pid, options.path)
      const connection = await GrpcConnection.open(socketPath)
      return new PluginProcess(child, child.pid ?? 0, options, { connection, log, folder })
    } catch (error) {
      child.kill('SIGKILL')
      await removeProcessFolder(folder)
      throw startFailure(options.path, error, log)
    }
  }

  get isRunning(): boolean {
    return this.#ending === undefined
  }

  /** How it has ended, with its last words; for the error of whoever was waiting for it. */
  async deathNotice(): Promise<{ readonly how: string; readonly lastWords: string }> {
    const how = await Promise.race([this.ended, delay(stopTimeout, 'does not answer', { ref: false })])
    return { how: `${this.#name} ${how}`, lastWords: this.log.lastWords.join('\n') }
  }

  /** The memory that it takes, in megabytes; undefined where the machine does not say. */
  async residentMb(): Promise<number | undefined> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8').catch(() => '')
    const [, kilobytes] = /^VmRSS:\s*(\d+) kB$/m.exec(status) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
  }

  /** Asks it to end, and ends it where it does not. */
  async stop(): Promise<void> {
    if (!this.isRunning) return
    this.connection.call('plugin.GRPCController/Shutdown', emptyMessage).catch(() => {})
    await Promise.race([this.ended, delay(stopTimeout, undefined, { ref: false })])
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Ends it without further words, as this process itself is about to end. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** What a plugin prints goes into a pipe that is drained by this call alone: unread, the plugin would stop. */
  async #drainPrinted(): Promise<void> {
    try {
      for await (const messages of this.connection.stream('plugin.GRPCStdio/StreamStdio', emptyMessage)) {
        for (const message of messages) {
          const { isError, text } = readPrinted(message)
          if (isError) this.log.take(text)
        }
      }
    } catch {
      // It ends with the process.
    }
  }
}

interface Started {
  readonly connection: GrpcConnection
  readonly log: PluginLog
  readonly folder: string
}

/**
 * Plugins look for credentials in the environment, and below the home folder: they see what Millrace sees, but for
 * Millrace's own variables.
 */
function environmentOf({ environment, memoryMb }: PluginProcessOptions, folder: string) {
  const passed = Object.entries(environment).filter(
    ([name]) => !/^(?:MILLRACE_|NODE_|npm_|PG[A-Z]|PLUGIN_|MANTIX_)/.test(name),
  )
  return {
    ...Object.fromEntries(passed),
    ...magicCookie,
    PLUGIN_PROTOCOL_VERSIONS: '0',
    TMPDIR: folder,
    PLUGIN_UNIX_SOCKET_DIR: folder,
    GOMEMLIMIT: `${memoryMb}MiB`,
    // By default, all memory is collected and given back after each 100 rows.
    STEAMPIPE_FREE_MEM_INTERVAL: '0',
    STEAMPIPE_LOG_LEVEL: 'WARN',
  }
}

async function socketOf(child: ChildProcess): Promise<string> {
  const { stdout } = child
  if (stdout === null) throw new Error('it has no standard output')
  const lines = createInterface({ input: stdout })
  const spawned = once(child, 'spawn')
  try {
    const [line] = await Promise.race([
      spawned.then(() => once(lines, 'line')),
      endOf(child).then((how): never => {
        throw new Error(`it ${how}`)
      }),
      delay(startTimeout, undefined, { ref: false }).then((): never => {
        throw new Error(`it has not said where it listens within ${startTimeout / 1000} s`)
      }),
    ])
    const handshake = readHandshake(String(line))
    if (handshake.kind === 'failure') throw new Error(handshake.said)
    return handshake.path
  } finally {
    lines.close()
    // Only this line belongs to the protocol.
    stdout.resume()
  }
}

async function endOf(child: ChildProcess): Promise<string> {
  if (child.exitCode !== null) return `has ended with status ${child.exitCode}`
  if (child.signalCode !== null) return `was ended by ${child.signalCode}`
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`cannot be run: ${error.message}`))
    // 'close', not 'exit': its last words have been read by then.
    child.once('close', (status, signal) =>
      resolve(signal === null ? `has ended with status ${status}` : `was ended by ${signal}`),
    )
  })
}

function startFailure(path: string, error: unknown, log: PluginLog): ApiError {
  const said = error instanceof Error ? error.message : String(error)
  return new ApiError(`the plugin ${basename(path)} does not start: ${said}`, {
    sqlState: 'HV00N',
    detail: log.lastWords.join('\n') || undefined,
    hint: `Check that ${path} is a plugin of Steampipe for this machine, and may be run.`,
    cause: error,
  })
}
