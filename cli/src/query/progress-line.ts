/** One line that tells how far a fetch has come, on a terminal; it vanishes when anything else is shown. */

import type { Sink } from '../output/sink.js'

/** As the server says it: docs/settings.md, millrace.progress. */
const progressNotice = /^\S+: .*\bAPI calls?\b.* so far$/

/** How often the seconds move on, and after how many a statement is shown of which nothing is known; milliseconds. */
const tick = 1_000
const silence = 2_000

export class ProgressLine {
  readonly #terminal: NodeJS.WritableStream & { readonly columns?: number }
  #begun = 0
  #said: string | undefined
  #timer: NodeJS.Timeout | undefined
  #shown = false

  constructor(terminal: NodeJS.WritableStream & { readonly columns?: number }) {
    this.#terminal = terminal
  }

  /** A statement has been sent. */
  begin(): void {
    this.end()
    this.#begun = performance.now()
    this.#timer = setInterval(() => {
      if (this.#said !== undefined || performance.now() - this.#begun >= silence) this.#show()
    }, tick)
  }

  /** Nothing runs any more, or another program has the screen. */
  end(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#said = undefined
    this.clear()
  }

  /** @returns whether the message is of progress, and needs no telling any more */
  take(message: string): boolean {
    if (!progressNotice.test(message)) return false
    this.#said = message.replace(/ so far$/, '')
    if (this.#timer !== undefined) this.#show()
    return true
  }

  clear(): void {
    if (this.#shown) this.#terminal.write('\r\u001b[K')
    this.#shown = false
  }

  /** Where else something is shown, so that it does not stand behind the line. */
  before(sink: Sink): Sink {
    return {
      write: (text) => {
        if (text !== '') this.clear()
        return sink.write(text)
      },
      resultEnd: async () => {
        this.clear()
        await sink.resultEnd?.()
      },
    }
  }

  #show(): void {
    const seconds = Math.round((performance.now() - this.#begun) / 1000)
    const text = `${this.#said ?? 'running'}, ${seconds} s`
    this.#terminal.write(`\r\u001b[K${text.slice(0, (this.#terminal.columns || 80) - 1)}`)
    this.#shown = true
  }
}
