/** The command as users start it: a process of its own, from the build. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Node.js 20 does not run TypeScript. */
export async function buildCommand(): Promise<void> {
  await promisify(execFile)(process.execPath, ['node_modules/typescript/lib/tsc.js', '-b', 'cli'], {
    cwd: root,
  })
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export class MillraceProcess {
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''
  /** Characters of the log that {@link logged} has read. */
  #read = 0

  /**
   * @param environment in addition to what every process needs; nothing of the test's own environment leads
   *   the command anywhere
   * @param nodeOptions of Node.js itself
   * @param input on standard input; without it, there is none
   */
  constructor(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    nodeOptions: readonly string[] = [],
    input?: string,
  ) {
    const { PATH, HOME, TMPDIR } = process.env
    const env = { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...environment }
    this.#child = spawn(process.execPath, [...nodeOptions, program, ...args], {
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    this.#child.stdin?.end(input)
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      return { code, signal, stdout: this.#stdout, stderr: this.#stderr }
    })
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN
  }

  /** What has been printed so far. */
  get stdout(): string {
    return this.#stdout
  }

  /**
   * The line that holds nothing but a URL.
   * @throws Error when the process ends without having printed it
   */
  async url(): Promise<string> {
    for (;;) {
      const line = /^(?:postgres|http):\/\/\S+$/m.exec(this.#stdout)
      if (line !== null && this.#stdout.endsWith('\n')) return line[0]
      const event = this.#child.stdout === null ? undefined : once(this.#child.stdout, 'data')
      const ending = await Promise.race([event, this.ended])
      if (ending !== undefined && 'stderr' in ending) {
        throw new Error(`millrace ended with code ${ending.code}: ${ending.stderr}`)
      }
    }
  }

  /** Sends a signal that is not to end it. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /**
   * Waits for a line of its log; the search goes on behind the line that was found last.
   * @throws Error when the process ends without having written it
   */
  async logged(pattern: RegExp): Promise<string> {
    for (;;) {
      const end = this.#stderr.lastIndexOf('\n') + 1
      for (const line of this.#stderr.slice(this.#read, end).split('\n')) {
        this.#read += line.length + 1
        if (pattern.test(line)) return line
      }
      this.#read = end
      const event = this.#child.stderr === null ? undefined : once(this.#child.stderr, 'data')
      const ending = await Promise.race([event, this.ended])
      if (ending !== undefined && 'stderr' in ending) {
        throw new Error(`millrace ended with code ${ending.code}: ${ending.stderr}`)
      }
    }
  }

  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ending> {
    this.#child.kill(signal)
    return this.ended
  }
}
