/** Limiters of several gateways that share one account: by a stand-in for PostgreSQL, and by PostgreSQL itself. */
import { setMaxListeners } from 'node:events'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withEngineClient } from '../postgres/engine-connections.js'
import { SharedLimits } from '../postgres/guest/shared-limits.js'
import { ratesTable, sharedTableStatements } from '../postgres/guest/shared-tables.js'
import { FakeClock, settled } from '../testing/fake-clock.js'
import { startTestPostgres } from '../testing/test-postgres.js'
import { CallLimiter } from './call-limiter.js'
import { RateWindow } from './rate-window.js'
import type { SharedCallLimits } from './reserved-rate.js'

const never = new AbortController().signal
setMaxListeners(0, never)

/** What gateways reserve, where they would in PostgreSQL. */
function standIn(clock: FakeClock, gateways: number): SharedCallLimits {
  const windows = new Map<string, RateWindow>()
  return {
    gateways,
    reserve: async (key, { count, length }, wanted) => {
      const window = windows.get(key) ?? new RateWindow((count / length) * 1000)
      windows.set(key, window)
      return Array.from({ length: Math.min(wanted, count) }, () => {
        const at = Math.max(clock.now(), window.readyAt)
        window.take(at)
        return at - clock.now()
      })
    },
    pause: (key, milliseconds) => windows.get(key)?.pauseUntil(clock.now() + milliseconds),
  }
}

function limiters(gateways: number, rates: Readonly<Record<string, number>>, ceiling = 10) {
  const clock = new FakeClock()
  const limits = standIn(clock, gateways)
  const all = Array.from(
    { length: gateways },
    () => new CallLimiter({ ceiling, rates }, clock, { limits, account: 'account' }),
  )
  const begun: number[] = []
  const call = (gateway: number, name = 'Get', owner = {}) =>
    all[gateway % gateways]?.begin({ name, scope: '', owner, signal: never }).then((place) => {
      begun.push(clock.now())
      return place
    })
  return { clock, all, begun, call }
}

describe('limiters of gateways that share an account', () => {
  test('let no more calls begin together than the rate allows', async () => {
    const rate = fc.integer({ min: 1, max: 6 })
    const calls = fc.array(fc.record({ gateway: fc.nat(2), after: fc.nat(700) }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(rate, calls, async (perSecond, asked) => {
        const { clock, begun, call } = limiters(3, { Get: perSecond })
        for (const { gateway, after } of asked) {
          await clock.advance(after)
          void call(gateway)?.then((place) => place.end({ kind: 'answered' }))
          await settled()
        }
        for (let second = 0; second < 60; second++) await clock.advance(1000)
        expect(begun).toHaveLength(asked.length)
        for (const [index, at] of begun.entries()) {
          const later = begun[index + perSecond]
          if (later !== undefined) expect(later - at).toBeGreaterThanOrEqual(1000)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('have their parts of the calls in flight', async () => {
    const { begun, call } = limiters(3, {}, 10)
    for (let index = 0; index < 30; index++) void call(index)
    await settled()
    expect(begun).toHaveLength(12)
  })

  test('wait together for as long as the API says to one', async () => {
    const { clock, begun, call } = limiters(2, { Get: 5 })
    const place = await call(0)
    place?.end({ kind: 'throttled', retryAfter: 3000 })
    await settled()
    void call(1)
    void call(0)
    await clock.advance(2900)
    expect(begun).toHaveLength(1)
    await clock.advance(1000)
    expect(begun).toHaveLength(3)
  })
})

describe('starts that are reserved in PostgreSQL', () => {
  test('are as far apart as the rate says, whoever reserves them, and when the rate changes', async () => {
    const postgres = await startTestPostgres()
    onTestFinished(() => postgres.stop())
    const { engineConfig, names } = postgres
    const peers = {
      number: 1,
      others: new Set<number>(),
      tell: async () => {},
      listen: () => () => {},
      stand: async () => {},
      onDeparture: () => () => {},
    }
    const shared = () => new SharedLimits({ engineConfig, names, peers, log: pino({ level: 'silent' }) })
    const [one, other] = [shared(), shared()]
    onTestFinished(async () => void (await Promise.all([one.stop(), other.stop()])))
    await withEngineClient(engineConfig, async (client) => {
      await client.query(sharedTableStatements(names).join('; '))
      const starts = async () =>
        (await client.query<{ starts: number[] }>(`SELECT starts FROM ${ratesTable(names)}`)).rows[0]
          ?.starts ?? []
      const rate = { count: 3, length: 1000 }
      expect(await one.reserve('a secret', rate, 2)).toEqual([0, 0])
      expect(await other.reserve('a secret', rate, 1)).toEqual([0])
      const [first = 0, second = 0, third = 0] = await starts()
      expect(
        await Promise.all([one.reserve('a secret', rate, 2), other.reserve('a secret', rate, 9)]),
      ).toMatchObject([{ length: 2 }, { length: 3 }])
      expect(await starts()).toEqual([third + 1000, first + 2000, second + 2000])
      await one.reserve('a secret', { count: 2, length: 2000 }, 1)
      expect(await starts()).toEqual([second + 2000, first + 4000])
      await one.reserve('a secret', { count: 4, length: 100 }, 1)
      expect(await starts()).toMatchObject({ length: 4 })
      const { rows } = await client.query(`SELECT key FROM ${ratesTable(names)}`)
      expect(JSON.stringify(rows)).not.toContain('secret')
    })
  })
})
