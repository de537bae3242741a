/** A log whose lines tests can wait for. */
import { type Logger, pino } from 'pino'

interface Watch {
  readonly pattern: RegExp
  /** Whether it watches on afterwards is what it says. */
  see(line: string): boolean
}

export class LogLines {
  readonly log: Logger
  readonly #lines: string[] = []
  #watches: Watch[] = []
  /** Lines that {@link next} has passed by. */
  #seen = 0

  constructor(level = 'debug') {
    this.log = pino({ level }, { write: (line) => this.#take(line) })
  }

  /** All lines so far. */
  get all(): readonly string[] {
    return this.#lines
  }

  /** Waits for a line; the search goes on behind the line that was found last. */
  async next(pattern: RegExp): Promise<string> {
    const index = this.#lines.findIndex((line, at) => at >= this.#seen && pattern.test(line))
    if (index >= 0) {
      this.#seen = index + 1
      return this.#lines[index] ?? ''
    }
    return new Promise((resolve) => {
      const see = (line: string) => {
        this.#seen = this.#lines.length
        resolve(line)
        return false
      }
      this.#watches.push({ pattern, see })
    })
  }

  /** Does something as soon as a line is logged, once: before whoever logs it goes on. */
  once(pattern: RegExp, act: () => void): void {
    const see = () => {
      act()
      return false
    }
    this.#watches.push({ pattern, see })
  }

  #take(line: string): void {
    this.#lines.push(line)
    for (const watch of this.#watches.filter(({ pattern }) => pattern.test(line))) {
      if (!watch.see(line)) this.#watches = this.#watches.filter((other) => other !== watch)
    }
  }
}
