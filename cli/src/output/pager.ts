/** Results that are longer than the screen, by way of a pager, as psql and git show them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { EnoughRead, type Sink, streamSink } from './sink.js'
import { textWidth } from './text-width.js'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The pager that is wanted: MILLRACE_PAGER, else PAGER, else less.
 * @returns undefined for none: where it says so (`off`, `cat` or nothing), or is not installed
 */
export function pagerCommand({ MILLRACE_PAGER, PAGER }: Environment): string | undefined {
  const command = (MILLRACE_PAGER ?? PAGER ?? 'less').trim()
  const [program = ''] = command.split(/\s+/)
  if (program === '' || program === 'off' || program === 'cat') return undefined
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' })
  return found.status === 0 ? command : undefined
}

/** less ends by itself where all fits the screen, leaves the text there, and does not fold lines. */
const lessOptions = 'FRSX'

export interface PagerOptions {
  readonly command: string
  readonly terminal: NodeJS.WriteStream
  /**
   * Leaves keyboard and screen to the pager.
   * @returns takes them back
   */
  readonly handOver: () => () => void
}

/** Holds a result until it is at its end, or is longer than the screen: then a pager gets it. */
export class Pager implements Sink {
  readonly #options: PagerOptions
  readonly #direct: Sink
  #held = ''
  #heldRows = 0
  #running: { readonly child: ChildProcess; readonly ended: Promise<void> } | undefined
  /** What is to be said once the pager has ended. */
  #afterwards: { readonly sink: Sink; readonly text: string }[] = []

  constructor(options: PagerOptions) {
    this.#options = options
    this.#direct = streamSink(options.terminal)
  }

  /** @throws EnoughRead once the user has left the pager */
  async write(text: string): Promise<void> {
    if (this.#running === undefined) {
      this.#held += text
      this.#heldRows += this.#rowsOf(text)
      // A terminal that does not know its size says 0. A line is left for the prompt.
      if (this.#heldRows < (this.#options.terminal.rows || 24)) return
      this.#start()
      return this.#feed(this.#takeHeld())
    }
    return this.#feed(text)
  }

  /** A sink for what is no result: it does not get in the way of the pager. */
  besides(sink: Sink): Sink {
    return {
      write: async (text) => {
        if (this.#running !== undefined) this.#afterwards.push({ sink, text })
        else await sink.write(text)
      },
    }
  }

  /** Resolves when the result has been shown: where a pager shows it, when the user leaves it. */
  async resultEnd(): Promise<void> {
    if (this.#running === undefined) return this.#direct.write(this.#takeHeld())
    const { child, ended } = this.#running
    child.stdin?.end()
    await ended
    this.#running = undefined
    for (const { sink, text } of this.#afterwards.splice(0)) await sink.write(text)
  }

  #takeHeld(): string {
    const held = this.#held
    this.#held = ''
    this.#heldRows = 0
    return held
  }

  #start(): void {
    const { command, handOver } = this.#options
    const takeBack = handOver()
    const child = spawn('sh', ['-c', command], {
      env: { LESS: lessOptions, ...process.env },
      stdio: ['pipe', 'inherit', 'inherit'],
    })
    // Whoever leaves it closes its input; the writer is told.
    child.stdin?.on('error', () => {})
    const ended = once(child, 'close')
      .catch(() => {})
      .then(takeBack)
    this.#running = { child, ended }
  }

  /** Waits until the pager wants more, so that no more of a result is read than is looked at. */
  #feed(text: string): Promise<void> {
    const input = this.#running?.child.stdin
    return new Promise((resolve, reject) => {
      if (text === '') resolve()
      else if (input === null || input === undefined || input.destroyed) reject(new EnoughRead())
      else {
        input.write(text, (error) => {
          if (error === null || error === undefined) resolve()
          else reject(new EnoughRead())
        })
      }
    })
  }

  #rowsOf(text: string): number {
    const columns = this.#options.terminal.columns || 80
    const lines = text.split('\n')
    return lines.reduce(
      (rows, line) => rows + Math.max(0, Math.ceil(textWidth(line) / columns) - 1),
      lines.length - 1,
    )
  }
}
