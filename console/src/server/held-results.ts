/** Results that pages look at, of which they do not have all rows. */
import { randomUUID } from 'node:crypto'
import type { Spool } from './spool.js'

/** How long a result stays of which no page has said anything, in milliseconds. */
const patience = 120_000

/** The most that are held; the one that was looked at the longest ago goes first. */
const most = 20

interface Held {
  readonly spool: Spool
  timer: NodeJS.Timeout
}

export class HeldResults {
  readonly #held = new Map<string, Held>()

  /** @returns the result's name */
  add(spool: Spool): string {
    const [oldest] = this.#held.keys()
    if (this.#held.size >= most && oldest !== undefined) void this.drop(oldest)
    const id = randomUUID()
    this.#held.set(id, { spool, timer: this.#timer(id) })
    return id
  }

  /** Notes that a page still looks at a result. @returns undefined where it is gone */
  find(id: string): Spool | undefined {
    const held = this.#held.get(id)
    if (held === undefined) return undefined
    clearTimeout(held.timer)
    held.timer = this.#timer(id)
    this.#held.delete(id)
    this.#held.set(id, held)
    return held.spool
  }

  async drop(id: string): Promise<void> {
    const held = this.#held.get(id)
    if (held === undefined) return
    this.#held.delete(id)
    clearTimeout(held.timer)
    await held.spool.close()
  }

  async dropAll(): Promise<void> {
    await Promise.all([...this.#held.keys()].map((id) => this.drop(id)))
  }

  #timer(id: string): NodeJS.Timeout {
    return setTimeout(() => void this.drop(id), patience).unref()
  }
}
