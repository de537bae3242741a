/**
 * Whose code runs, where it is a plugin's. A promise that nobody waits for, a timer or an emitter may fail long after the
 * function that has started it has returned; whoever meets such a failure learns here whose it is, and ends only that.
 *
 * The context follows the code through promises, timers and events. (With Node.js 20 and 22, not through `queueMicrotask`.)
 * It is entered once for each step of a generator, never for each row: what that costs does not show in the benchmarks.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setMaxListeners } from 'node:events'
import { lineOf, nameOf } from './thrown.js'

/** What code of a plugin runs for. */
export interface PluginScope {
  /** The plugin's name. */
  readonly plugin: string
  /** In words, such as `table acme_user`. */
  readonly purpose: string
  /**
   * Ends what the code runs for.
   * @returns false where nothing waits for it, or not any more
   */
  fail(thrown: unknown): boolean
}

const scopes = new AsyncLocalStorage<PluginScope | undefined>()

/** What the code that runs now, or has just failed, runs for; undefined where it is no plugin's. */
export function currentScope(): PluginScope | undefined {
  return scopes.getStore()
}

/** Calls a plugin. */
export function withinPlugin<Result>(scope: PluginScope, call: () => Result): Result {
  return scopes.run(scope, call)
}

/** Calls what is no plugin's, although a plugin asks for it. */
export function outsidePlugins<Result>(call: () => Result): Result {
  return scopes.run(undefined, call)
}

/** The scope of code that no statement waits for, such as what opens a connection. */
export function unattendedScope(plugin: string, purpose: string): PluginScope {
  return { plugin, purpose, fail: () => false }
}

/** What a plugin has thrown where nothing waits for it. It says so, without what was thrown: a log shows all of an error. */
export class StrayFailure extends Error {
  override readonly name = 'StrayFailure'
  /** File and line in the plugin, as far as they are known. */
  readonly place: string | undefined
  readonly #thrown: unknown

  constructor(thrown: unknown) {
    super(`has thrown ${nameOf(thrown)} where nothing waits for it`)
    this.#thrown = thrown
    this.place = lineOf(thrown)
  }

  get thrown(): unknown {
    return this.#thrown
  }
}

/** A piece of work that a plugin does for somebody who waits for it: a scan, a search for tables, a check. */
export class PluginWork implements PluginScope {
  readonly #controller = new AbortController()
  #isWaitedFor = true
  readonly #unfollow: () => void

  /** @param outer whose end is the work's */
  constructor(
    readonly plugin: string,
    readonly purpose: string,
    outer: AbortSignal,
  ) {
    setMaxListeners(0, this.#controller.signal) // all calls of a scan listen to it
    // What listens to the signal is the plugin's code, whoever ends the work.
    const onAbort = () => this.run(() => this.#controller.abort())
    if (outer.aborted) onAbort()
    else outer.addEventListener('abort', onAbort, { once: true })
    this.#unfollow = () => outer.removeEventListener('abort', onAbort)
  }

  /** For the plugin. Where the plugin has failed beside its work, the reason is a {@link StrayFailure}. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  run<Result>(call: () => Result): Result {
    return withinPlugin(this, call)
  }

  /** What a plugin yields, each step within the work. */
  iterate<Item>(source: () => AsyncIterable<Item>): AsyncIterable<Item> {
    return {
      [Symbol.asyncIterator]: (): AsyncIterator<Item> => {
        const iterator = this.run(() => source()[Symbol.asyncIterator]())
        return {
          next: () => this.run(() => iterator.next()),
          return: async () => (await this.run(() => iterator.return?.())) ?? { done: true, value: undefined },
        }
      },
    }
  }

  fail(thrown: unknown): boolean {
    if (!this.#isWaitedFor || this.#controller.signal.aborted) return false
    this.run(() => this.#controller.abort(new StrayFailure(thrown)))
    return true
  }

  /** Nobody waits for it any more. */
  end(): void {
    this.#isWaitedFor = false
  }

  /** Ends it, and tells the plugin. */
  stop(): void {
    this.end()
    this.#unfollow()
    this.run(() => this.#controller.abort())
  }
}
