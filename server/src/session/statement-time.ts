/**
 * The longest that a user's statement may take. PostgreSQL's own statement_timeout is the session's to set; this is not, and
 * counts what APIs, PostgreSQL and a client that reads slowly take together, until PostgreSQL is ready for the next.
 */

/** How long a statement has to end once it is cancelled, in milliseconds: a function may catch that, and go on. */
const lastGrace = 2_000

export interface StatementTimeOptions {
  /** In milliseconds; undefined for any time. */
  readonly limit: () => number | undefined
  /** Cancels what runs. */
  readonly cancel: () => void
  /** Ends the session with what runs in it. */
  readonly end: () => void
}

export class StatementTime {
  readonly #options: StatementTimeOptions
  #timer: NodeJS.Timeout | undefined

  constructor(options: StatementTimeOptions) {
    this.#options = options
  }

  /** Must be called when something is asked. The first of several counts. */
  started(): void {
    if (this.#timer !== undefined) return
    const limit = this.#options.limit()
    if (limit === undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(this.#options.end, lastGrace)
      this.#options.cancel()
    }, limit)
  }

  /** Must be called when all that was asked is answered. */
  ended(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
