/**
 * Lets the calls of one account to an API begin: not too many at once, not too often, and in fair turns.
 *
 * How many are in flight adapts, as TCP's congestion window does (RFC 5681, slow start and congestion avoidance). It
 * begins with what the API is known to bear, and doubles with each round that goes well; once the API has said that it
 * is asked too often, half as many, and from there on one more with each round. Never more than the ceiling.
 */
import { longestPause } from '@millrace/plugin-sdk'
import type { Clock } from './clock.js'
import { RateWindow } from './rate-window.js'

export interface CallLimits {
  /** Calls in flight at most. */
  readonly ceiling: number
  /** Calls in flight at first; default is the ceiling. */
  readonly start?: number | undefined
  /** Calls a second by the name of the call, each scope by itself. */
  readonly rates: Readonly<Record<string, number>>
}

/** A call that wants to begin. */
export interface CallTicket {
  /** The API's name of the call. */
  readonly name: string
  /** What the API counts the call under beside the account, such as a region; empty for nothing more. */
  readonly scope: string
  /** Whose turn it uses: the statement. */
  readonly owner: object
  readonly signal: AbortSignal
}

export type CallOutcome =
  | { readonly kind: 'answered' }
  | { readonly kind: 'throttled'; readonly retryAfter: number | undefined }
  /** Says nothing about whether there are too many. */
  | { readonly kind: 'failed' }

/** A call that has begun. To be ended once. */
export interface CallPlace {
  end(outcome: CallOutcome): void
}

interface Waiter {
  readonly begin: () => void
}

/** What a rate is counted by: a call's name and scope. */
type WindowKey = `${string}\n${string}`

/** The calls of one owner that wait, by what limits their rate; in each, first come first served. */
type Queues = Map<WindowKey, Set<Waiter>>

/** Orders what happens in all limiters, since one may take the calls of another over. */
let moment = 0

export class CallLimiter {
  readonly #clock: Clock
  #ceiling: number
  #rates: Readonly<Record<string, number>>
  /** May be a fraction: how many are in flight is below the next whole number. */
  #allowed: number
  /** What the API has borne before it said that there are too many; up to there, growth is quick. */
  #threshold = Number.POSITIVE_INFINITY
  #inFlight = 0
  /** Calls that began before the last halving say nothing new. */
  #halvedAt = 0
  /** When as many were in flight as may be, the last time. */
  #fullAt = 0
  readonly #windows = new Map<WindowKey, RateWindow>()
  /** In the order of their turns. */
  readonly #owners = new Map<object, Queues>()
  #wake: { readonly at: number; readonly callOff: () => void } | undefined
  /** Who has taken all calls over. */
  #heir: CallLimiter | undefined

  constructor({ ceiling, start = ceiling, rates }: CallLimits, clock: Clock) {
    this.#clock = clock
    this.#ceiling = ceiling
    this.#allowed = Math.min(start, ceiling)
    this.#rates = rates
  }

  /** Calls in flight at most, whatever the API bears. */
  get ceiling(): number {
    return this.#ceiling
  }

  /** Calls in flight at most, as the API has borne of late. */
  get allowed(): number {
    return Math.floor(this.#allowed)
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    let count = 0
    for (const queues of this.#owners.values()) for (const queue of queues.values()) count += queue.size
    return count
  }

  /** Where connections to one account are given different limits, the lower ones hold. */
  restrict({ ceiling, rates }: CallLimits): void {
    const merged: Record<string, number> = { ...this.#rates }
    for (const [name, rate] of Object.entries(rates)) {
      merged[name] = Math.min(merged[name] ?? Number.POSITIVE_INFINITY, rate)
    }
    this.#rates = merged
    for (const [key, window] of this.#windows) window.restrict(this.#rateOf(key))
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
   * Hands everything over, once: calls in flight and waiting, what has begun and what has been learnt, and whatever
   * comes here later. For when it turns out that these calls count for the account of the other limiter.
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
    for (const [key, window] of other.#windows) this.#windowOf(key).add(window)
    for (const [owner, queues] of other.#owners) {
      for (const [key, queue] of queues) for (const waiter of queue) this.#enter(owner, key, waiter)
    }
    other.#owners.clear()
    this.#beginNext()
  }

  #placeFor(key: WindowKey): CallPlace {
    this.#inFlight++
    this.#windowOf(key).take(this.#clock.now())
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
    // Where fewer were in flight than might be, nothing has been learnt of whether more would do.
    const wasFull = begunAt <= this.#fullAt
    if (outcome.kind === 'answered' && wasFull && begunAt > this.#halvedAt) this.#grow()
    if (outcome.kind === 'throttled') {
      if (begunAt > this.#halvedAt) this.#halve()
      const pause = outcome.retryAfter ?? 0
      if (pause > 0 && pause <= longestPause) this.#windowOf(key).pauseUntil(this.#clock.now() + pause)
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

  /** Lets begin what may: one call of each owner in turn. */
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
        if (this.#windowOf(key).readyAt > now) continue
        const [waiter] = queue
        if (waiter === undefined) continue
        // To the back, if it has more.
        this.#owners.delete(owner)
        this.#owners.set(owner, queues)
        this.#leave(owner, key, waiter)
        return waiter
      }
    }
    return undefined
  }

  /** When only rates hold the waiting up, a timer goes on; otherwise the end of a call does. */
  #wakeLater(): void {
    let at = Number.POSITIVE_INFINITY
    if (this.#inFlight < this.allowed) {
      for (const queues of this.#owners.values())
        for (const key of queues.keys()) at = Math.min(at, this.#windowOf(key).readyAt)
    }
    if (at === this.#wake?.at) return
    this.#wake?.callOff()
    this.#wake = undefined
    if (at === Number.POSITIVE_INFINITY) return
    // Timers may come a little early; a millisecond more is nothing to any rate.
    const delay = Math.max(0, Math.ceil(at - this.#clock.now()))
    const callOff = this.#clock.after(delay, () => {
      this.#wake = undefined
      this.#beginNext()
    })
    this.#wake = { at, callOff }
  }

  #windowOf(key: WindowKey): RateWindow {
    let window = this.#windows.get(key)
    if (window === undefined) {
      window = new RateWindow(this.#rateOf(key))
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
