import { CallLimiter, type CallLimits } from './call-limiter.js'
import type { Clock } from './clock.js'

/** The limiters of an engine: one for each account, whichever connections and sessions use it. */
export class CallLimiters {
  readonly #limiters = new Map<string, CallLimiter>()

  constructor(readonly clock: Clock) {}

  /** @param account as `ApiLimits.account` of the SDK tells accounts of the plugin apart */
  limiterOf(plugin: string, account: string, limits: CallLimits): CallLimiter {
    const key = JSON.stringify([plugin, account])
    const known = this.#limiters.get(key)
    known?.restrict(limits)
    const limiter = known ?? new CallLimiter(limits, this.clock)
    this.#limiters.set(key, limiter)
    return limiter
  }
}
