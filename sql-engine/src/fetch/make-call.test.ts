import { setImmediate } from 'node:timers/promises'
import { ApiError, type RetryReason } from '@millrace/plugin-sdk'
import { describe, expect, test } from 'vitest'
import { CallCounts } from '../quota/call-counts.js'
import { FakeClock, settled } from '../testing/fake-clock.js'
import { CallLimiter } from './call-limiter.js'
import { CallError, makeCall } from './make-call.js'
import { unattendedScope } from './plugin-work.js'

const within = unattendedScope('acme', 'a test')

type Answer = 'fine' | 'refused' | 'silent' | RetryReason | { readonly retryAfter: number }

/** Makes a call that is answered as told, one answer after the other; the last one for ever. */
function make(answers: readonly Answer[], { attempts = 9 } = {}) {
  const clock = new FakeClock()
  const limiter = new CallLimiter({ ceiling: 1, rates: {} }, clock)
  const counts = new CallCounts()
  const cancel = new AbortController()
  const times: number[] = []
  const signals: AbortSignal[] = []
  const run = (signal: AbortSignal): Promise<string> => {
    const answer = answers[Math.min(times.length, answers.length - 1)]
    times.push(clock.now())
    signals.push(signal)
    if (answer === 'fine') return Promise.resolve('fine')
    if (answer === 'silent') return new Promise(() => {})
    if (answer === 'refused') return Promise.reject(new ApiError('no'))
    const retry = typeof answer === 'object' ? 'throttled' : answer
    const retryAfter = typeof answer === 'object' ? answer.retryAfter : undefined
    return Promise.reject(new ApiError('not now', { retry, retryAfter }))
  }
  const rules = { limiter: async () => limiter, attempts, callTimeout: 60_000, clock }
  const outcome = makeCall(
    { name: 'Get', scope: '', owner: {}, signal: cancel.signal, counts, run, within },
    rules,
  ).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  )
  return { outcome, clock, limiter, counts, cancel, times, signals }
}

async function failureOf({ outcome, clock }: ReturnType<typeof make>): Promise<CallError> {
  await clock.advance(10_000_000)
  const { error } = Object(await outcome)
  if (!(error instanceof CallError)) throw new Error(`no failed call: ${String(error)}`)
  return error
}

test('a call that is cancelled just as its turn comes is not made', async () => {
  const clock = new FakeClock()
  const limiter = new CallLimiter({ ceiling: 1, rates: {} }, clock)
  const counts = new CallCounts()
  const cancel = new AbortController()
  const ticket = { name: 'Get', scope: '', owner: {}, signal: cancel.signal }
  const before = await limiter.begin({ ...ticket, signal: new AbortController().signal })
  const never = () => new Promise<never>(() => {})
  const rules = { limiter: async () => limiter, attempts: 9, callTimeout: 60_000, clock }
  const call = makeCall({ ...ticket, counts, run: never, within }, rules)
  await setImmediate() // it now waits for its turn
  before.end({ kind: 'answered' })
  const reason = new Error('cancelled')
  cancel.abort(reason)
  await expect(call).rejects.toBe(reason)
  expect(counts.calls).toBe(0)
  await limiter.begin({ ...ticket, signal: new AbortController().signal })
})

describe('a call is made again', () => {
  test('after a failure that passes, later and later', async () => {
    const call = make(['transient', 'transient', 'throttled', 'fine'])
    await call.clock.advance(10_000)
    expect(await call.outcome).toEqual({ result: 'fine' })
    expect(call.times).toEqual([0, 100, 300, 2300])
    expect(call.counts).toMatchObject({ calls: 4, retries: 3, throttles: 1 })
  })

  test('not before the API wants', async () => {
    const call = make([{ retryAfter: 7000 }, 'fine'])
    await call.clock.advance(10_000)
    expect(call.times).toEqual([0, 7000])
  })

  test('while it waits for that, it takes no place', async () => {
    const call = make(['transient', 'fine'])
    await settled()
    const other = await call.limiter.begin({ name: 'Get', scope: '', owner: {}, signal: call.cancel.signal })
    other.end({ kind: 'answered' })
    await call.clock.advance(10_000)
    expect(await call.outcome).toEqual({ result: 'fine' })
  })

  test('after it was not answered in time; nobody waits for the answer then', async () => {
    const call = make(['silent', 'fine'])
    await call.clock.advance(70_000)
    expect(await call.outcome).toEqual({ result: 'fine' })
    expect(call.times).toEqual([0, 60_100])
    expect(call.signals.map(({ aborted }) => aborted)).toEqual([true, false])
  })
})

describe('a call is given up', () => {
  test('at once where it would fail again', async () => {
    const call = make(['refused'])
    expect(await failureOf(call)).toMatchObject({ attempts: 1, cause: { message: 'no' } })
  })

  test('after so many attempts', async () => {
    const call = make(['transient'], { attempts: 4 })
    expect(await failureOf(call)).toMatchObject({ call: 'Get', attempts: 4, cause: { message: 'not now' } })
  })

  test('after three attempts where nobody answers', async () => {
    expect(await failureOf(make(['unanswered']))).toMatchObject({ attempts: 3 })
    const silent = await failureOf(make(['silent']))
    expect(silent).toMatchObject({
      attempts: 3,
      cause: { sqlState: 'HV00N', message: 'there was no answer within 60 s' },
    })
  })

  test('after three minutes, whatever the number of attempts', async () => {
    const call = make(['throttled'], { attempts: 100 })
    await failureOf(call)
    expect(call.times.at(-1)).toBeLessThanOrEqual(180_000)
    expect(call.times.at(-1)).toBeGreaterThan(150_000)
  })

  test('where the API wants a pause of an hour', async () => {
    expect(await failureOf(make([{ retryAfter: 3_600_000 }]))).toMatchObject({ attempts: 1 })
  })
})

describe('a cancelled call', () => {
  test.each<[string, Answer]>([
    ['while its answer is awaited', 'silent'],
    ['while it waits to be made again', 'throttled'],
  ])('%s ends at once, and leaves nothing behind', async (_, answer) => {
    const call = make([answer])
    await settled()
    call.cancel.abort(new Error('cancelled'))
    expect(await call.outcome).toEqual({ error: new Error('cancelled') })
    await settled()
    expect(call.times).toHaveLength(1)
    expect(call.clock.timers).toBe(0)
    const free = await call.limiter.begin({
      name: 'Get',
      scope: '',
      owner: {},
      signal: new AbortController().signal,
    })
    free.end({ kind: 'answered' })
  })
})
