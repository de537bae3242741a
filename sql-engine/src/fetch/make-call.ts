/** Makes one call of an API, again and again where that may help. */
import { ApiError, delayBeforeRetry } from '@millrace/plugin-sdk'
import { DatabaseError } from '../database-error.js'
import type { CallCounts } from '../quota/call-counts.js'
import type { CallLimiter, CallOutcome, CallPlace, CallTicket } from './call-limiter.js'
import type { Clock } from './clock.js'
import { outsidePlugins, type PluginScope, withinPlugin } from './plugin-work.js'
import { shareTurn } from './share-turn.js'

/** How a connection's calls are made. */
export interface CallRules {
  limiter(): Promise<CallLimiter>
  /** The most often that a call is made, including the first time. */
  readonly attempts: number
  /** How long an answer is awaited, in milliseconds. */
  readonly callTimeout: number
  /** How long to wait before the first repetition, in milliseconds; undefined for what is usual. */
  readonly retryDelay?: number | undefined
  readonly clock: Clock
}

export interface Call<Result> extends CallTicket {
  readonly counts: CallCounts
  /** Makes one request. */
  readonly run: (signal: AbortSignal) => Promise<Result>
  /** Whose code makes the request. */
  readonly within: PluginScope
}

/** The time after which no call is made again, in milliseconds. */
const longestTrying = 180_000

/** A call that the API has failed, by name. Plugins can read in it what the API said. */
export class CallError extends ApiError {
  constructor(
    readonly call: string,
    /** How often it was made. */
    readonly attempts: number,
    override readonly cause: ApiError,
  ) {
    const { message, sqlState, code, detail, hint } = cause
    super(message, { sqlState, code, detail, hint, cause })
  }
}

/** A call in which the plugin itself has failed. */
export class CallDefect extends Error {
  constructor(
    readonly call: string,
    override readonly cause: unknown,
  ) {
    super(call)
  }
}

/**
 * Makes a call. While it waits to make it again, it takes no place from others.
 * @throws CallError with the last failure, or a CallDefect; a DatabaseError when the call must not be made; the
 *   signal's reason once it is aborted
 */
export function makeCall<Result>(call: Call<Result>, rules: CallRules): Promise<Result> {
  // Turns and timers are the engine's own, although a plugin has asked.
  return outsidePlugins(() => attempts(call, rules))
}

async function attempts<Result>(call: Call<Result>, rules: CallRules): Promise<Result> {
  const { name, signal, counts } = call
  const { clock, attempts: mostAttempts, retryDelay } = rules
  const begun = clock.now()
  for (let made = 1; ; made++) {
    try {
      return await attempt(call, rules)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof DatabaseError) throw error
      if (!ApiError.is(error)) throw new CallDefect(name, error)
      if (error.retry === 'throttled') counts.noteThrottle(name)
      const delay = delayBeforeRetry(error, made, mostAttempts, clock.random, retryDelay)
      const left = longestTrying - (clock.now() - begun)
      if (delay === undefined || delay > left) throw new CallError(name, made, error)
      await clock.sleep(delay, signal)
      counts.noteRetry(name)
    }
  }
}

async function attempt<Result>(call: Call<Result>, rules: CallRules): Promise<Result> {
  const limiter = await rules.limiter()
  const progress = call.counts.wantCall(call.name)
  let place: CallPlace | undefined
  let outcome: CallOutcome = { kind: 'failed' }
  try {
    place = await limiter.begin(call)
    await shareTurn()
    // It may have been aborted since its turn came, and would not notice any more.
    call.signal.throwIfAborted()
    call.counts.beginCall(call.name)
    progress.begun()
    const result = await call.counts.trace(call.name, () => runInTime(call, rules))
    outcome = { kind: 'answered' }
    return result
  } catch (error) {
    if (ApiError.is(error) && error.retry === 'throttled') {
      outcome = { kind: 'throttled', retryAfter: error.retryAfter }
    }
    throw error
  } finally {
    place?.end(outcome)
    progress.ended(outcome.kind)
  }
}

/**
 * Limits the time of a call: neither a silent API nor a plugin that ignores its signal holds up a statement for ever.
 */
function runInTime<Result>(
  { run, signal, within }: Call<Result>,
  { callTimeout, clock }: CallRules,
): Promise<Result> {
  const controller = new AbortController()
  return new Promise<Result>((resolve, reject) => {
    const onAbort = () => end(() => reject(signal.reason))
    const callOff = clock.after(callTimeout, () => end(() => reject(noAnswer(callTimeout))))
    let ended = false
    const settle = () => {
      if (ended) return false
      ended = true
      callOff()
      signal.removeEventListener('abort', onAbort)
      return true
    }
    const end = (tell: () => void) => {
      if (!settle()) return
      tell()
      withinPlugin(within, () => controller.abort())
    }
    signal.addEventListener('abort', onAbort, { once: true })
    startOf(() => withinPlugin(within, () => run(controller.signal))).then(
      (result) => settle() && resolve(result),
      (error: unknown) => settle() && reject(error),
    )
  })
}

/** Starts a call; an error thrown before there is a promise is a failure like any other. */
async function startOf<Result>(run: () => Promise<Result>): Promise<Result> {
  return run()
}

function noAnswer(timeout: number): ApiError {
  return new ApiError(`there was no answer within ${timeout / 1000} s`, {
    sqlState: 'HV00N',
    hint: "Run the query again later; if the API is known to be slow, raise the connection's call_timeout.",
    retry: 'unanswered',
  })
}
