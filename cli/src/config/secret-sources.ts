/**
 * Secrets that stand elsewhere: in the output of a command, in a file, or in a variable of the environment. They are read when
 * the configuration is, and kept in memory alone.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { UserError } from '../user-error.js'

export const secretSourceSchema = z.union([
  z.strictObject({ command: z.tuple([z.string().min(1)], z.string()) }),
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ env: z.string().min(1) }),
])

export type SecretSource = z.infer<typeof secretSourceSchema>

export interface SecretPlaces {
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Names of settings that hold one secret. */
const oneSecret = /(?:token|secret|password|key|verifier)$/i

/** How long a command may take, in milliseconds, and how much it may say, in bytes. */
const commandTimeout = 30_000
const longestOutput = 65_536
/** Commands that run at one time. */
const mostCommands = 8

/** Reads secrets, each source once. */
export class SecretReader {
  readonly #places: SecretPlaces
  readonly #known = new Map<string, Promise<string>>()
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(places: SecretPlaces) {
    this.#places = places
  }

  /**
   * Puts secrets in place of their sources.
   * @param owner whose settings they are, such as `connection "aws"`
   * @throws UserError that names setting and source, and nothing of what has come
   */
  async resolved<Settings extends object>(owner: string, settings: Settings): Promise<Settings> {
    const entries = await Promise.all(
      Object.entries(settings).map(async ([name, value]): Promise<[string, unknown]> => {
        const source = oneSecret.test(name) ? secretSourceSchema.safeParse(value) : undefined
        if (source?.success !== true) return [name, value]
        return [name, await this.#read(source.data, `${owner}: ${name}`)]
      }),
    )
    // Only values have changed, from a source to what stands there.
    return Object.fromEntries(entries) as Settings
  }

  async #read(source: SecretSource, setting: string): Promise<string> {
    const key = JSON.stringify(source)
    const reading = this.#known.get(key) ?? this.#readOnce(source)
    this.#known.set(key, reading)
    try {
      return await reading
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      throw new UserError(`${setting}: ${error.message}`, error.exitCode, error)
    }
  }

  async #readOnce(source: SecretSource): Promise<string> {
    const { home, environment } = this.#places
    if ('env' in source) {
      const value = environment[source.env]
      if (value === undefined || value === '') throw new UserError(`the variable ${source.env} is not set`, 2)
      return value
    }
    const text =
      'file' in source ? await readSecretFile(resolve(home, source.file)) : await this.#run(source.command)
    const secret = text.replace(/\r?\n$/, '')
    if (secret !== '') return secret
    const where = 'file' in source ? source.file : `the output of ${source.command[0]}`
    throw new UserError(`there is nothing in ${where}`, 2)
  }

  async #run(command: readonly [string, ...string[]]): Promise<string> {
    if (this.#running >= mostCommands) await new Promise<void>((next) => this.#waiting.push(next))
    this.#running++
    try {
      return await outputOf(command)
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }
}

async function readSecretFile(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path} cannot be read: ${error.code}`, 2)
  })
}

/** Runs a program without a shell. What it says on standard error may be secret, too: it is thrown away. */
function outputOf([program, ...args]: readonly [string, ...string[]]): Promise<string> {
  return new Promise((fulfil, reject) => {
    const options = { timeout: commandTimeout, killSignal: 'SIGKILL', maxBuffer: longestOutput } as const
    const child = execFile(program, args, options, (error, stdout) => {
      if (error === null) fulfil(stdout)
      else reject(new UserError(`${program} ${howItFailed(error)}`, 1))
    })
    child.stdin?.end()
  })
}

/** Without the message, which repeats the arguments and standard error. */
function howItFailed({
  code,
  killed,
  signal,
}: {
  code?: unknown
  killed?: unknown
  signal?: unknown
}): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `says more than ${longestOutput} bytes`
  if (killed === true) return `has not ended within ${commandTimeout / 1000} seconds`
  if (typeof code === 'string') return `cannot be run: ${code}`
  return typeof code === 'number' ? `has failed with exit status ${code}` : `was ended by ${String(signal)}`
}
