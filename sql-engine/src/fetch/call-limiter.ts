/**
 * Lets the calls of one account to an API begin: not too many at once, not too often, and in fair turns.
 *
 * The number in flight adapts, as TCP's congestion window does (RFC 5681, slow start and congestion avoidance). It
 * begins with what the API is known to bear, and doubles with each round that goes well; once the API says that it is
 * asked too often, it is halved, and grows by one with each round from then on. It never exceeds the ceiling.
 */
import { longestPause } from '@millrace/plugin-sdk'
import type { Clock } from './clock.js'
import { RateWindow } from './rate-window.js'
import { ReservedRate, type SharedCallLimits } from './reserved-rate.js'

export interface CallLimits {
  /** The most calls that may ever be in flight. */
  readonly ceiling: number
  /** The most calls in flight at first; default is the ceiling. */
  readonly start?: number | undefined
  /** Calls a second by the name of the call, each scope by itself; by `*`, of all calls together. */
  readonly rates: Readonly<Record<string, number>>
}

/** A call that wants to begin. */
export interface CallTicket {
  /** The API's name of the call. */
  readonly name: string
  /** What the API counts the call under besides the account, such as a region; empty for nothing more. */
  readonly scope: string
  /** The statement whose turn it uses. */
  readonly owner: object
  readonly signal: AbortSignal
}

export type CallOutcome =
  | { readonly kind: 'answered' }
  | { readonly kind: 'throttled'; readonly retryAfter: number | undefined }
  /** Says nothing about whether there are too many calls. */
  | { readonly kind: 'failed' }

/** A call that has begun. Must be ended once. */
export interface CallPlace {
  end(outcome: CallOutcome): void
}

interface Waiter {
  readonly begin: () => void
}

/** What a rate is counted by: a call's name and scope. */
type WindowKey = `${string}\n${string}`

type Rate = RateWindow | ReservedRate

/** What the limiters of other gateways do for the same account. */
export interface LimiterSharing {
  readonly limits: SharedCallLimits
  /** What all gateways know the account by. */
  readonly account: string
}

/** The name that stands for all calls together, in all scopes. */
const allCalls = '*'

/** The waiting calls of one owner, by what limits their rate; in each set, first come, first served. */
type Queues = Map<WindowKey, Set<Waiter>>

/** Orders what happens in all limiters, since one may take over the calls of another. */
let moment = 0

export class CallLimiter {
  readonly #clock: Clock
  #ceiling: number
  #rates: Readonly<Record<string, number>>
  /** How many calls may be in flight, possibly a fraction: the number in flight stays below the next whole number. */
  #allowed: number
  /** What the API bore before it said that there were too many; up to there, growth is quick. */
  #threshold = Number.POSITIVE_INFINITY
  #inFlight = 0
  /** The moment of the last halving: calls that began before it say nothing new. */
  #halvedAt = 0
  /** The last moment when as many calls were in flight as allowed. */
  #fullAt = 0
  readonly #windows = new Map<WindowKey, Rate>()
  readonly #allCalls: Rate
  readonly #sharing: LimiterSharing | undefined
  /** The queues by owner, in the order of their turns. */
  readonly #owners = new Map<object, Queues>()
  #wake: { readonly at: number; readonly callOff: () => void } | undefined
  /** The limiter that has taken over all calls. */
  #heir: CallLimiter | undefined

  constructor({ ceiling, start = ceiling, rates }: CallLimits, clock: Clock, sharing?: LimiterSharing) {
    this.#clock = clock
    this.#sharing = sharing
    this.#ceiling = ceiling
    this.#allowed = Math.min(start, ceiling)
    this.#rates = rates
    this.#allCalls = this.#newRate(allCalls, rates[allCalls] ?? Number.POSITIVE_INFINITY)
  }

  #newRate(key: string, perSecond: number): Rate {
    if (this.#sharing === undefined || !Number.isFinite(perSecond)) return new RateWindow(perSecond)
    return new ReservedRate(perSecond, {
      limits: this.#sharing.limits,
      key: `${this.#sharing.account}\n${key}`,
      clock: this.#clock,
      onReserved: () => this.#inCharge.#beginNext(),
    })
  }

  /** The most calls in flight, whatever the API bears. */
  get ceiling(): number {
    return this.#ceiling
  }

  /** The most calls in flight, as far as the API has borne of late. */
  get allowed(): number {
    const gateways = this.#sharing?.limits.gateways ?? 1
    return Math.min(Math.floor(this.#allowed), Math.ceil(this.#ceiling / gateways))
  }

  /** The number of calls that have begun and not ended; none once another limiter has taken them over. */
  get inFlight(): number {
    return this.#heir === undefined ? this.#inFlight : 0
  }

  /** The number of calls that wait for their turn. */
  get waiting(): number {
    let count = 0
    for (const queues of this.#owners.values()) for (const queue of queues.values()) count += queue.size
    return count
  }

  /** Where connections to one account have different limits, the lower ones hold. */
  restrict({ ceiling, rates }: CallLimits): void {
    const merged: Record<string, number> = { ...this.#rates }
    for (const [name, rate] of Object.entries(rates)) {
      merged[name] = Math.min(merged[name] ?? Number.POSITIVE_INFINITY, rate)
    }
    this.#rates = merged
    for (const [key, window] of this.#windows) window.restrict(this.#rateOf(key))
    this.#allCalls.restrict(merged[allCalls] ?? Number.POSITIVE_INFINITY)
    this.#ceiling = Math.min(this.#ceiling, ceiling)
    this.#allowed = Math.min(this.#allowed, this.#ceiling)
  }

  /** Waits until the call may begin. @throws the signal's reason if it is aborted before */
  begin({ name, scope, owner, signal }: CallTicket): Promise<CallPlace> {
    const key: WindowKey = `${name}\n${scope}`
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const onAbort = () => {
        this.#inCharge.#leave(owner, key, waiter)
        reject(signal.reason)
        this.#inCharge.#wakeLater()
      }
      const waiter: Waiter = {
        begin: () => {
          signal.removeEventListener('abort', onAbort)
          resolve(this.#inCharge.#placeFor(key))
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#inCharge.#enter(owner, key, waiter)
      this.#inCharge.#beginNext()
    })
  }

  /**
   * Hands everything over, once: calls in flight and waiting, starts and experience so far, and all calls that come
   * here later. For use when these calls turn out to count for the account of the other limiter.
   */
  handOver(heir: CallLimiter): void {
    if (this.#heir !== undefined || heir.#inCharge === this) return
    this.#heir = heir
    this.#wake?.callOff()
    this.#wake = undefined
    heir.#inCharge.#takeOver(this)
  }

  get #inCharge(): CallLimiter {
    return this.#heir === undefined ? this : this.#heir.#inCharge
  }

  #takeOver(other: CallLimiter): void {
    this.restrict({ ceiling: other.#ceiling, rates: other.#rates })
    this.#allowed = Math.min(this.#allowed, other.#allowed)
    this.#threshold = Math.min(this.#threshold, other.#threshold)
    this.#halvedAt = Math.max(this.#halvedAt, other.#halvedAt)
    this.#fullAt = Math.max(this.#fullAt, other.#fullAt)
    this.#inFlight += other.#inFlight
    for (const [key, rate] of other.#windows) addStarts(this.#windowOf(key), rate)
    addStarts(this.#allCalls, other.#allCalls)
    for (const [owner, queues] of other.#owners) {
      for (const [key, queue] of queues) for (const waiter of queue) this.#enter(owner, key, waiter)
    }
    other.#owners.clear()
    this.#beginNext()
  }

  #placeFor(key: WindowKey): CallPlace {
    this.#inFlight++
    this.#windowOf(key).take(this.#clock.now())
    this.#allCalls.take(this.#clock.now())
    const begunAt = ++moment
    if (this.#inFlight >= this.allowed) this.#fullAt = begunAt
    let ended = false
    return {
      end: (outcome) => {
        if (ended) return
        ended = true
        this.#inCharge.#end(key, begunAt, outcome)
      },
    }
  }

  #end(key: WindowKey, begunAt: number, outcome: CallOutcome): void {
    this.#inFlight--
    // Where fewer were in flight than allowed, nothing shows whether more would do.
    const wasFull = begunAt <= this.#fullAt
    if (outcome.kind === 'answered' && wasFull && begunAt > this.#halvedAt) this.#grow()
    if (outcome.kind === 'throttled') {
      if (begunAt > this.#halvedAt) this.#halve()
      const pause = outcome.retryAfter ?? 0
      if (pause > 0 && pause <= longestPause) {
        const isOfAll = this.#rates[allCalls] !== undefined
        const window = isOfAll ? this.#allCalls : this.#windowOf(key)
        window.pauseUntil(this.#clock.now() + pause)
      }
    }
    this.#beginNext()
  }

  #grow(): void {
    const step = this.#allowed < this.#threshold ? 1 : 1 / this.#allowed
    this.#allowed = Math.min(this.#ceiling, this.#allowed + step)
  }

  #halve(): void {
    this.#halvedAt = ++moment
    this.#allowed = Math.max(1, this.#allowed / 2)
    this.#threshold = this.#allowed
  }

  /** Starts what may begin: one call of each owner in turn. */
  #beginNext(): void {
    while (this.#inFlight < this.allowed) {
      const next = this.#takeNext()
      if (next === undefined) break
      next.begin()
    }
    this.#wakeLater()
  }

  #takeNext(): Waiter | undefined {
    const now = this.#clock.now()
    for (const [owner, queues] of this.#owners) {
      for (const [key, queue] of queues) {
        if (this.#readyAt(key) > now) continue
        const [waiter] = queue
        if (waiter === undefined) continue
        // It goes to the back if it has more.
        this.#owners.delete(owner)
        this.#owners.set(owner, queues)
        this.#leave(owner, key, waiter)
        return waiter
      }
    }
    return undefined
  }

  /** When only rates hold up the waiting calls, a timer resumes them; otherwise the end of a call does. */
  #wakeLater(): void {
    let at = Number.POSITIVE_INFINITY
    const room = this.allowed - this.#inFlight
    if (room > 0) {
      this.#reserve(room)
      for (const queues of this.#owners.values())
        for (const key of queues.keys()) at = Math.min(at, this.#readyAt(key))
    }
    if (at === this.#wake?.at) return
    this.#wake?.callOff()
    this.#wake = undefined
    if (at === Number.POSITIVE_INFINITY) return
    // Timers may fire a little early; one more millisecond means nothing to any rate.
    const delay = Math.max(0, Math.ceil(at - this.#clock.now()))
    const callOff = this.#clock.after(delay, () => {
      this.#wake = undefined
      this.#beginNext()
    })
    this.#wake = { at, callOff }
  }

  /** Reserves starts of the waiting calls among gateways, where these share the rates. */
  #reserve(room: number): void {
    if (this.#sharing === undefined) return
    const waiting = new Map<WindowKey, number>()
    for (const queues of this.#owners.values()) {
      for (const [key, queue] of queues) waiting.set(key, (waiting.get(key) ?? 0) + queue.size)
    }
    for (const [key, count] of waiting) {
      for (const rate of [this.#windowOf(key), this.#allCalls])
        if (rate instanceof ReservedRate) rate.want(Math.min(room, count))
    }
  }

  #readyAt(key: WindowKey): number {
    return Math.max(this.#windowOf(key).readyAt, this.#allCalls.readyAt)
  }

  #windowOf(key: WindowKey): Rate {
    let window = this.#windows.get(key)
    if (window === undefined) {
      window = this.#newRate(key, this.#rateOf(key))
      this.#windows.set(key, window)
    }
    return window
  }

  #rateOf(key: WindowKey): number {
    return this.#rates[key.slice(0, key.indexOf('\n'))] ?? Number.POSITIVE_INFINITY
  }

  #enter(owner: object, key: WindowKey, waiter: Waiter): void {
    const queues: Queues = this.#owners.get(owner) ?? new Map()
    const queue = queues.get(key) ?? new Set()
    this.#owners.set(owner, queues.set(key, queue.add(waiter)))
  }

  #leave(owner: object, key: WindowKey, waiter: Waiter): void {
    const queues = this.#owners.get(owner)
    const queue = queues?.get(key)
    queue?.delete(waiter)
    if (queue?.size === 0) queues?.delete(key)
    if (queues?.size === 0) this.#owners.delete(owner)
  }
}

/** What is reserved among gateways stands where all of them see it. */
function addStarts(rate: Rate, other: Rate): void {
  if (rate instanceof RateWindow && other instanceof RateWindow) rate.add(other)
}
