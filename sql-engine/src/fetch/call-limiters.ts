import { CallLimiter, type CallLimits } from './call-limiter.js'
import type { Clock } from './clock.js'
import type { SharedCallLimits } from './reserved-rate.js'

/** Calls of a plugin, over all accounts. */
export interface CallLoad {
  readonly inFlight: number
  /** Those that wait for their turn. */
  readonly waiting: number
}

/** The limiters of an engine: one for each account, whichever connections and sessions use it. */
export class CallLimiters {
  readonly #limiters = new Map<string, { readonly plugin: string; readonly limiter: CallLimiter }>()

  /** @param shared where gateways share the limits of accounts */
  constructor(
    readonly clock: Clock,
    readonly shared?: SharedCallLimits | undefined,
  ) {}

  /**
   * The limiter for connections of a plugin with the same settings, as far as these identify an account.
   * @param account see `ApiLimits.account` of the SDK
   */
  limiterOf(plugin: string, account: string, limits: CallLimits): CallLimiter {
    return this.#limiter('settings', plugin, account, limits)
  }

  /**
   * The limiter for connections of a plugin that ask the same account, whatever their settings.
   * @param account see `Plugin.account` of the SDK
   * @param before the limiter of the connection's calls so far, which all count for this account
   */
  limiterOfAccount(plugin: string, account: string, limits: CallLimits, before: CallLimiter): CallLimiter {
    const limiter = this.#limiter('account', plugin, account, limits)
    before.handOver(limiter)
    return limiter
  }

  /** What is under way, by plugin. */
  loads(): ReadonlyMap<string, CallLoad> {
    const loads = new Map<string, CallLoad>()
    for (const { plugin, limiter } of this.#limiters.values()) {
      const { inFlight, waiting } = loads.get(plugin) ?? { inFlight: 0, waiting: 0 }
      loads.set(plugin, { inFlight: inFlight + limiter.inFlight, waiting: waiting + limiter.waiting })
    }
    return loads
  }

  #limiter(kind: 'settings' | 'account', plugin: string, account: string, limits: CallLimits): CallLimiter {
    const key = JSON.stringify([kind, plugin, account])
    const known = this.#limiters.get(key)?.limiter
    known?.restrict(limits)
    const sharing = this.shared && { limits: this.shared, account: key }
    const limiter = known ?? new CallLimiter(limits, this.clock, sharing)
    this.#limiters.set(key, { plugin, limiter })
    return limiter
  }
}
