/** Whether a server can be used now, and the way back once it was lost. */
import { setTimeout as delay } from 'node:timers/promises'

/** The number of failed attempts after which those that wait get an error. */
const patientAttempts = 4

type State<Life> =
  | { readonly kind: 'running'; readonly life: Life }
  | { readonly kind: 'starting'; readonly settled: Promise<void> }
  | { readonly kind: 'failing'; readonly error: Error }
  | { readonly kind: 'stopped' }

export interface Recovery<Life> {
  /** Milliseconds before the first attempt. */
  readonly firstPause: number
  /** Milliseconds after attempts that have failed; the last one is repeated. */
  readonly pauses: readonly number[]
  readonly attempt: () => Promise<Life>
  /** Ends what an attempt has brought when the server is no longer wanted. */
  readonly discard: (life: Life) => Promise<void>
  readonly onFailure: (error: Error, failures: number) => void
}

/** @typeParam Life what there is of a server as long as it runs */
export class Availability<Life> {
  #state: State<Life> = { kind: 'stopped' }
  readonly #stopping = new AbortController()
  readonly #unavailable: (cause?: Error) => Error

  /** @param unavailable what those are told that want to use it; without a cause, when it was stopped */
  constructor(unavailable: (cause?: Error) => Error) {
    this.#unavailable = unavailable
  }

  /** Undefined when it cannot be used now. */
  get life(): Life | undefined {
    return this.#state.kind === 'running' ? this.#state.life : undefined
  }

  get isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  run(life: Life): void {
    this.#state = { kind: 'running', life }
  }

  /** Resolves when it can be used. @throws what {@link Availability} was told to say */
  ready(): Promise<void> {
    switch (this.#state.kind) {
      case 'running':
        return Promise.resolve()
      case 'starting':
        return this.#state.settled
      case 'failing':
        return Promise.reject(this.#unavailable(this.#state.error))
      case 'stopped':
        return Promise.reject(this.#unavailable())
    }
  }

  /** It is not wanted any more. @returns what has to be ended */
  stop(): Life | undefined {
    const { life } = this
    this.#state = { kind: 'stopped' }
    this.#stopping.abort()
    return life
  }

  /** Tries until it can be used again. Never rejects. @returns undefined when it has been stopped meanwhile */
  async recover({
    firstPause,
    pauses,
    attempt,
    discard,
    onFailure,
  }: Recovery<Life>): Promise<Life | undefined> {
    const { promise, resolve, reject } = withResolvers()
    promise.catch(() => {}) // the rejection is for those who wait in ready(); there may be none
    this.#state = { kind: 'starting', settled: promise }
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const pause = failures === 0 ? firstPause : pauses[Math.min(failures, pauses.length) - 1]
        await delay(pause, undefined, { signal })
        const life = await attempt()
        if (signal.aborted) {
          await discard(life)
          break
        }
        this.run(life)
        resolve()
        return life
      } catch (cause) {
        if (signal.aborted) break
        const error = cause instanceof Error ? cause : new Error(String(cause))
        onFailure(error, failures)
        if (failures + 1 >= patientAttempts) {
          this.#state = { kind: 'failing', error }
          reject(this.#unavailable(error))
        }
      }
    }
    reject(this.#unavailable())
    return undefined
  }
}

function withResolvers() {
  let resolve = () => {}
  let reject = (_error: Error) => {}
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve: () => resolve(), reject: (error: Error) => reject(error) }
}
