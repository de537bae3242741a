/** A rate that gateways share: calls begin at times that were reserved for this gateway among all of them. */
import type { Clock } from './clock.js'
import { RateWindow } from './rate-window.js'

/** Where starts are reserved; see `SharedLimits`. */
export interface SharedCallLimits {
  readonly gateways: number
  reserve(
    key: string,
    rate: { readonly count: number; readonly length: number },
    count: number,
  ): Promise<readonly number[]>
  pause(key: string, milliseconds: number): void
}

export interface ReservedRateOptions {
  readonly limits: SharedCallLimits
  /** What all gateways count the calls by. */
  readonly key: string
  readonly clock: Clock
  /** Called when starts have been reserved. */
  readonly onReserved: () => void
}

/** How long a start may be put off, in milliseconds. Later, it would be one too many in its stretch, and is given up. */
const validity = 500

/** For how long nothing is reserved after PostgreSQL could not be asked, in milliseconds. */
const pauseAfterFailure = 1_000

export class ReservedRate {
  readonly #options: ReservedRateOptions
  #perSecond: number
  /** Times of the clock, the next one first. */
  #starts: number[] = []
  #notBefore = Number.NEGATIVE_INFINITY
  #isReserving = false

  constructor(perSecond: number, options: ReservedRateOptions) {
    this.#perSecond = perSecond
    this.#options = options
  }

  /** When the next start is allowed, or can be reserved; infinite as long as that can be at once. */
  get readyAt(): number {
    const now = this.#options.clock.now()
    this.#starts = this.#starts.filter((start) => Math.max(start, this.#notBefore) + validity > now)
    const [next] = this.#starts
    if (next !== undefined) return Math.max(this.#notBefore, next)
    return this.#notBefore > now ? this.#notBefore : Number.POSITIVE_INFINITY
  }

  take(): void {
    this.#starts.shift()
  }

  /** Tells how many calls could begin, were it not for the rate. */
  want(count: number): void {
    const { limits, key, clock, onReserved } = this.#options
    if (this.#isReserving || this.#starts.length >= count || clock.now() < this.#notBefore) return
    this.#isReserving = true
    const askedAt = clock.now()
    limits
      .reserve(key, RateWindow.stretchOf(this.#perSecond), count - this.#starts.length)
      .then(
        (delays) => {
          this.#starts.push(...delays.map((delay) => clock.now() + delay))
        },
        // What the calls' rows would be staged in is not there either.
        () => this.pauseUntil(askedAt + pauseAfterFailure),
      )
      .finally(() => {
        this.#isReserving = false
        onReserved()
      })
  }

  pauseUntil(time: number): void {
    this.#notBefore = Math.max(this.#notBefore, time)
    this.#options.limits.pause(this.#options.key, time - this.#options.clock.now())
  }

  restrict(perSecond: number): void {
    this.#perSecond = Math.min(this.#perSecond, perSecond)
  }
}
