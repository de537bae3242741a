import { setMaxListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FakeClock, settled } from '../testing/fake-clock.js'
import { CallLimiter, type CallOutcome, type CallPlace } from './call-limiter.js'

const never = new AbortController().signal
setMaxListeners(0, never)
const answered: CallOutcome = { kind: 'answered' }
const throttled: CallOutcome = { kind: 'throttled', retryAfter: undefined }

function limiterOf(ceiling: number, rates: Readonly<Record<string, number>> = {}) {
  const clock = new FakeClock()
  return { clock, limiter: new CallLimiter({ ceiling, rates }, clock) }
}

describe('turns', () => {
  async function orderOf(waiting: readonly (readonly [owner: string, call: string])[]): Promise<string[]> {
    const { limiter } = limiterOf(1)
    const owners = new Map<string, object>()
    const order: string[] = []
    const running = await limiter.begin({ name: 'Get', scope: '', owner: {}, signal: never })
    const all = waiting.map(async ([name, call]) => {
      const owner = owners.get(name) ?? {}
      owners.set(name, owner)
      const place = await limiter.begin({ name: 'Get', scope: '', owner, signal: never })
      order.push(call)
      place.end(answered)
    })
    running.end(answered)
    await Promise.all(all)
    return order
  }

  test('statements take turns; within one, first come, first served', async () => {
    const join = Array.from({ length: 5 }, (_, index) => ['join', `j${index}`] as const)
    expect(await orderOf([...join, ['lookup', 'l0'], ['other', 'o0'], ['lookup', 'l1']])).toEqual([
      'j0',
      'l0',
      'o0',
      'j1',
      'l1',
      'j2',
      'j3',
      'j4',
    ])
  })

  test('a rate of all calls together holds whatever they are called', async () => {
    const { limiter, clock } = limiterOf(10, { '*': 1, Slow: 0.1 })
    const begun: string[] = []
    for (const name of ['Slow', 'Slow', 'One', 'Two']) {
      void limiter.begin({ name, scope: name, owner: {}, signal: never }).then((place) => {
        begun.push(name)
        place.end(answered)
      })
    }
    await settled()
    expect(begun).toEqual(['Slow'])
    await clock.advance(1000)
    expect(begun).toEqual(['Slow', 'One'])
    await clock.advance(1000)
    expect(begun).toEqual(['Slow', 'One', 'Two'])
    await clock.advance(7000)
    expect(begun).toHaveLength(3)
    await clock.advance(1000)
    expect(begun).toEqual(['Slow', 'One', 'Two', 'Slow'])
  })

  test('calls whose rate is used up do not hold up others', async () => {
    const { limiter, clock } = limiterOf(10, { Filter: 1 })
    const owner = {}
    const begun: string[] = []
    for (const [name, scope] of [
      ['Filter', 'a'],
      ['Filter', 'a'],
      ['Filter', 'b'],
      ['Describe', 'a'],
    ] as const) {
      void limiter.begin({ name, scope, owner, signal: never }).then(() => begun.push(`${name} ${scope}`))
    }
    await settled()
    expect(begun).toEqual(['Filter a', 'Filter b', 'Describe a'])
    await clock.advance(999)
    expect(begun).toHaveLength(3)
    await clock.advance(1)
    expect(begun).toHaveLength(4)
  })
})

describe('how many are in flight', () => {
  test('half as many once throttled, one more with each round that goes well', async () => {
    const { limiter } = limiterOf(16)
    const begin = () => limiter.begin({ name: 'Get', scope: '', owner: {}, signal: never })
    const places = await Promise.all(Array.from({ length: 16 }, begin))
    // All of them began before the first was refused: that is one thing learnt, not sixteen.
    for (const place of places) place.end(throttled)
    expect(limiter.allowed).toBe(8)
    const round = async (outcome: CallOutcome) => {
      const all = await Promise.all(Array.from({ length: limiter.allowed }, begin))
      for (const place of all) place.end(outcome)
    }
    await round(answered)
    expect(limiter.allowed).toBe(8)
    await round(answered)
    expect(limiter.allowed).toBe(9)
    for (let rounds = 0; rounds < 20; rounds++) await round(answered)
    expect(limiter.allowed).toBe(16)
    for (let rounds = 0; rounds < 10; rounds++) await round(throttled)
    expect(limiter.allowed).toBe(1)
  })

  test('what is known at first, twice as many with each round that goes well, up to the ceiling', async () => {
    const limiter = new CallLimiter({ ceiling: 50, start: 4, rates: {} }, new FakeClock())
    const waiting = Array.from({ length: 500 }, () =>
      limiter.begin({ name: 'Get', scope: '', owner: {}, signal: never }),
    )
    const rounds: number[] = []
    for (let begun = 0; begun < 300; ) {
      const round = await Promise.all(waiting.slice(begun, begun + limiter.allowed))
      rounds.push(round.length)
      begun += round.length
      for (const place of round) place.end(answered)
    }
    expect(rounds.slice(0, 6)).toEqual([4, 8, 16, 32, 50, 50])
  })

  test('calls that come one by one say nothing of how many would do', async () => {
    const limiter = new CallLimiter({ ceiling: 50, start: 4, rates: {} }, new FakeClock())
    for (let call = 0; call < 100; call++) {
      const place = await limiter.begin({ name: 'Get', scope: '', owner: {}, signal: never })
      place.end(answered)
    }
    expect(limiter.allowed).toBe(4)
  })

  test('Retry-After is kept to by all calls of that kind', async () => {
    const { limiter, clock } = limiterOf(4)
    const begin = (scope: string) => limiter.begin({ name: 'Get', scope, owner: {}, signal: never })
    const place = await begin('a')
    place.end({ kind: 'throttled', retryAfter: 3000 })
    let begun = false
    void begin('a').then(() => {
      begun = true
    })
    await begin('b')
    await clock.advance(2999)
    expect(begun).toBe(false)
    await clock.advance(1)
    expect(begun).toBe(true)
  })

  test('a pause of hours holds nothing up: the call itself has failed', async () => {
    const { limiter } = limiterOf(4)
    const begin = () => limiter.begin({ name: 'Get', scope: '', owner: {}, signal: never })
    const place = await begin()
    place.end({ kind: 'throttled', retryAfter: 3_600_000 })
    await begin()
  })
})

/** Calls to an API that works on so many at once and refuses others; refused ones are made again later. */
async function callsTo(
  bears: number,
  limits: { readonly ceiling: number; readonly start: number },
  refusedAfter: number,
  calls = 200,
) {
  const clock = new FakeClock()
  const limiter = new CallLimiter({ ...limits, rates: {} }, clock)
  const owner = {}
  let inFlight = 0
  let refusals = 0
  let mostInFlight = 0
  const call = async (): Promise<void> => {
    for (let pause = 500; ; pause *= 2) {
      const place = await limiter.begin({ name: 'Get', scope: '', owner, signal: never })
      const isRefused = inFlight === bears
      if (!isRefused) inFlight++
      mostInFlight = Math.max(mostInFlight, inFlight)
      await clock.sleep(isRefused ? refusedAfter : 50, never)
      if (!isRefused) inFlight--
      place.end(isRefused ? throttled : answered)
      if (!isRefused) return
      refusals++
      await clock.sleep(pause, never)
    }
  }
  let ended = 0
  const all = Promise.all(
    Array.from({ length: calls }, async () => {
      await call()
      ended = clock.now()
    }),
  )
  await clock.advance(600_000)
  await all
  return { refusals, time: ended, mostInFlight }
}

describe('many calls of 50 ms', () => {
  test('take less than half a second, 200 of them, where the API bears all', async () => {
    const { time, refusals } = await callsTo(200, { ceiling: 64, start: 16 }, 50)
    expect(refusals).toBe(0)
    expect(time).toBeLessThanOrEqual(300)
  })

  test.each([1, 50])('no refusal more than with all of them at first; refused after %i ms', async (after) => {
    for (const bears of [5, 17, 32, 48]) {
      const slow = await callsTo(bears, { ceiling: 64, start: 16 }, after, 120)
      const atOnce = await callsTo(bears, { ceiling: 64, start: 64 }, after, 120)
      expect([bears, slow.refusals]).toEqual([bears, Math.min(slow.refusals, atOnce.refusals)])
    }
  })

  test('no refusal at all where the API bears what is allowed', async () => {
    for (const ceiling of [5, 16, 30, 64]) {
      const { refusals, mostInFlight } = await callsTo(ceiling, { ceiling, start: 16 }, 50)
      expect([refusals, mostInFlight]).toEqual([0, ceiling])
    }
  })
})

describe('one that takes the calls of another over', () => {
  function twoLimiters(ceiling: number, rates: Readonly<Record<string, number>> = {}) {
    const clock = new FakeClock()
    const [before, after] = [1, 2].map(() => new CallLimiter({ ceiling, rates }, clock))
    if (before === undefined || after === undefined) throw new Error('there are two')
    const begin = (limiter: CallLimiter, owner: object = {}, signal = never) =>
      limiter.begin({ name: 'Get', scope: 'a', owner, signal })
    return { clock, before, after, begin }
  }

  test('goes on with those in flight, and with what has been learnt', async () => {
    const { before, after, begin } = twoLimiters(4)
    const places = await Promise.all([before, before, before, after, after].map((one) => begin(one)))
    places[0]?.end(throttled)
    expect([before.allowed, after.allowed]).toEqual([2, 4])
    before.handOver(after)
    expect(after.allowed).toBe(2)
    let begun = 0
    const waiting = [before, after].map((one) =>
      begin(one).then((place) => {
        begun++
        return place
      }),
    )
    // Four are in flight. Those that began before the halving say nothing new.
    for (const place of places.slice(1, 3)) place.end(throttled)
    await settled()
    expect([after.allowed, begun]).toEqual([2, 0])
    for (const place of places.slice(3)) place.end(answered)
    await settled()
    expect(begun).toBe(2)
    const [later] = await Promise.all(waiting)
    later?.end(throttled)
    expect(after.allowed).toBe(1)
  })

  test('counts what has begun within the last second', async () => {
    const { clock, before, after, begin } = twoLimiters(10, { Get: 2 })
    for (const [limiter, time] of [
      [after, 0],
      [before, 300],
      [before, 600],
    ] as const) {
      await clock.advance(time - clock.now())
      ;(await begin(limiter)).end(answered)
    }
    before.handOver(after)
    const times: number[] = []
    for (const limiter of [before, after, before]) void begin(limiter).then(() => times.push(clock.now()))
    await clock.advance(10_000)
    expect(times).toEqual([1300, 1600, 2300])
  })

  test('goes on with those that wait: statements take turns, and who is cancelled leaves', async () => {
    const { before, after, begin } = twoLimiters(1)
    const running = await Promise.all([begin(before), begin(after)])
    const [join, lookup, cancelled] = [{}, {}, new AbortController()]
    const order: string[] = []
    const wait = async (name: string, limiter: CallLimiter, owner: object, signal = never) => {
      const place = await begin(limiter, owner, signal)
      order.push(name)
      place.end(answered)
    }
    const all = [
      wait('join 1', before, join),
      wait('join 2', before, join),
      wait('gone', before, lookup, cancelled.signal).catch((error: unknown) => error),
      wait('lookup', before, lookup),
      wait('other', after, {}),
      wait('join 3', after, join),
    ]
    before.handOver(after)
    cancelled.abort()
    running[0]?.end(answered)
    await settled()
    expect(order).toEqual([])
    running[1]?.end(answered)
    await Promise.all(all)
    expect(order).toEqual(['other', 'join 3', 'lookup', 'join 1', 'join 2'])
    expect([before.waiting, after.waiting]).toEqual([0, 0])
  })

  test('keeps to the lower limits of both, also in what has begun', async () => {
    const clock = new FakeClock()
    const before = new CallLimiter({ ceiling: 9, rates: { Get: 1 } }, clock)
    const after = new CallLimiter({ ceiling: 2, rates: { Get: 5 } }, clock)
    const begin = () => after.begin({ name: 'Get', scope: '', owner: {}, signal: never })
    ;(await begin()).end(answered)
    before.handOver(after)
    expect(after.ceiling).toBe(2)
    let begunAt = 0
    void begin().then(() => {
      begunAt = clock.now()
    })
    await clock.advance(5000)
    expect(begunAt).toBe(1000)
  })
})

test('whatever comes: no more than the ceiling, nor than the rate in any second; all are served; who is cancelled leaves', async () => {
  const call = fc.record({
    owner: fc.nat({ max: 3 }),
    name: fc.constantFrom('Limited', 'Slow', 'Free'),
    scope: fc.constantFrom('a', 'b'),
    /** When it comes, how long it takes, and when it is cancelled, in milliseconds from the one before. */
    after: fc.nat({ max: 200 }),
    takes: fc.nat({ max: 500 }),
    cancelledAfter: fc.option(fc.nat({ max: 1000 }), { nil: undefined }),
    outcome: fc.constantFrom<CallOutcome>(
      answered,
      answered,
      throttled,
      { kind: 'failed' },
      {
        kind: 'throttled',
        retryAfter: 100,
      },
    ),
  })
  const rates: Record<string, number> = { Limited: 3, Slow: 0.5 }
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(call, { maxLength: 40 }),
      // Half of the calls go to another limiter, which hands them over before one of them comes.
      fc.constantFrom(0, 0, 10, 20),
      async (ceiling, calls, handedOverBefore) => {
        const { limiter, clock } = limiterOf(ceiling, rates)
        const other = new CallLimiter({ ceiling, rates }, clock)
        let handedOverAt = Number.POSITIVE_INFINITY
        const owners = [{}, {}, {}, {}]
        const starts = new Map<string, number[]>()
        let inFlight = 0
        let mostInFlight = 0
        let served = 0
        let cancelled = 0
        for (const [
          index,
          { owner, name, scope, after, takes, cancelledAfter, outcome },
        ] of calls.entries()) {
          await clock.advance(after)
          if (index === handedOverBefore) {
            other.handOver(limiter)
            handedOverAt = clock.now()
          }
          const controller = new AbortController()
          const begin = (place: CallPlace) => {
            inFlight++
            if (clock.now() > handedOverAt) mostInFlight = Math.max(mostInFlight, inFlight)
            const key = `${name} ${scope}`
            starts.set(key, [...(starts.get(key) ?? []), clock.now()])
            clock.after(takes, () => {
              inFlight--
              served++
              place.end(outcome)
            })
          }
          const ticket = { name, scope, owner: owners[owner] ?? {}, signal: controller.signal }
          const asked = index % 2 === 0 ? limiter : other
          asked.begin(ticket).then(begin, () => cancelled++)
          if (cancelledAfter !== undefined) clock.after(cancelledAfter, () => controller.abort())
        }
        await clock.advance(1_000_000)
        expect(served + cancelled).toBe(calls.length)
        expect(mostInFlight).toBeLessThanOrEqual(ceiling)
        expect([limiter.waiting, other.waiting]).toEqual([0, 0])
        expect(clock.timers).toBe(0)
        for (const [key, times] of starts) {
          const rate = rates[key.split(' ')[0] ?? '']
          if (rate === undefined) continue
          const most = Math.max(1, rate)
          for (let index = most; index < times.length; index++) {
            const [earlier = Number.NaN, time = Number.NaN] = [times[index - most], times[index]]
            if (time > handedOverAt) expect(time - earlier).toBeGreaterThanOrEqual((most / rate) * 1000)
          }
        }
      },
    ),
    { numRuns: 200 },
  )
})
