/** A value that is fetched once, however many ask for it, and then remembered. */

interface Flight<Value> {
  readonly promise: Promise<Value>
  /** The signal of the scan that makes the call. */
  readonly signal: AbortSignal
}

export class Once<Value> {
  #flight: Flight<Value> | undefined
  #value: Value | undefined

  /** The value; undefined as long as it has not been fetched. */
  get value(): Value | undefined {
    return this.#value
  }

  /**
   * The remembered value; or joins the call in flight; or makes it. Failures are not remembered, and a cancelled
   * query does not fail others that wait for the call it has begun.
   */
  async get(signal: AbortSignal, fetch: () => Promise<Value>): Promise<Value> {
    for (;;) {
      const joined = this.#flight
      if (joined === undefined) return this.#take(signal, fetch)
      try {
        return await settledOrAborted(joined.promise, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!joined.signal.aborted) throw error
        if (this.#flight === joined) this.#flight = undefined
      }
    }
  }

  #take(signal: AbortSignal, fetch: () => Promise<Value>): Promise<Value> {
    const flight: Flight<Value> = { promise: fetch(), signal }
    this.#flight = flight
    flight.promise.then(
      (value) => {
        this.#value = value
      },
      () => {
        if (this.#flight === flight) this.#flight = undefined
      },
    )
    return flight.promise
  }
}

function settledOrAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
