/** One line that tells how far a fetch has come, on a terminal; it vanishes when anything else is shown. */

/** As the server says it: docs/settings.md, millrace.progress. */
const progressNotice = /^\S+: .*\bAPI calls?\b.* so far$/

export class ProgressLine {
  readonly #terminal: NodeJS.WritableStream & { readonly columns?: number }
  readonly #begun: () => number
  #shown = false

  /** @param begun when the statement was sent, by `performance.now()` */
  constructor(terminal: NodeJS.WritableStream & { readonly columns?: number }, begun: () => number) {
    this.#terminal = terminal
    this.#begun = begun
  }

  /** @returns whether the message is of progress, and is shown */
  take(message: string): boolean {
    if (!progressNotice.test(message)) return false
    const seconds = Math.round((performance.now() - this.#begun()) / 1000)
    const text = `${message.replace(/ so far$/, '')}, ${seconds} s`
    this.#terminal.write(`\r\u001b[K${text.slice(0, (this.#terminal.columns || 80) - 1)}`)
    this.#shown = true
    return true
  }

  clear(): void {
    if (this.#shown) this.#terminal.write('\r\u001b[K')
    this.#shown = false
  }
}
