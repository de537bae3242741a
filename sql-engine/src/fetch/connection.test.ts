/** Which connections share a limiter, and from when on. */
import type { ApiLimits, Plugin } from '@millrace/plugin-sdk'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { countingPlugin } from '../testing/counting-plugin.js'
import { FakeClock, settled } from '../testing/fake-clock.js'
import { CallLimiters } from './call-limiters.js'
import { Connection } from './connection.js'

const log = pino({ level: 'silent' })

/** The account of a connection comes to light when a test says so. */
function harness(limits: (name: string) => ApiLimits = () => ({})) {
  const accounts = new Map<string, string>()
  const plugin: Plugin = {
    ...countingPlugin({}).plugin,
    concurrency: 2,
    connect: (_, { connectionName }) => connectionName,
    limits: (_, { connectionName }) => limits(connectionName),
    account: (name) => accounts.get(String(name)),
  }
  const limiters = new CallLimiters(new FakeClock())
  const connect = (name: string) => new Connection({ name, plugin, settings: {} }, {}, log, limiters)
  return { accounts, connect }
}

const ticket = () => ({ name: 'Get', scope: '', owner: {}, signal: new AbortController().signal })

test('connections share one as soon as they are known to ask one account', async () => {
  const { accounts, connect } = harness()
  const [one, other] = [connect('one'), connect('other')]
  expect(await one.limiter()).not.toBe(await other.limiter())
  const places = await Promise.all([
    (await one.limiter()).begin(ticket()),
    (await one.limiter()).begin(ticket()),
    (await other.limiter()).begin(ticket()),
  ])
  accounts.set('one', '1').set('other', '1')
  expect(await one.limiter()).toBe(await other.limiter())
  let begun = false
  void (await other.limiter()).begin(ticket()).then(() => {
    begun = true
  })
  places[2]?.end({ kind: 'answered' })
  await settled()
  expect(begun).toBe(false)
  places[1]?.end({ kind: 'answered' })
  await settled()
  expect(begun).toBe(true)
})

test('those of different accounts never do, though their settings look the same', async () => {
  const { accounts, connect } = harness(() => ({ account: 'the same settings' }))
  const [one, other] = [connect('one'), connect('other')]
  expect(await one.limiter()).toBe(await other.limiter())
  accounts.set('one', '1').set('other', '2')
  const [first, second] = [await one.limiter(), await other.limiter()]
  expect(first).not.toBe(second)
  const places = await Promise.all([first.begin(ticket()), first.begin(ticket()), second.begin(ticket())])
  for (const place of places) place.end({ kind: 'answered' })
})

test('an account that is not named by the settings is none that they name', async () => {
  const { accounts, connect } = harness((name) => ({ account: name === 'one' ? '1' : 'unknown' }))
  accounts.set('other', '1')
  expect(await connect('one').limiter()).not.toBe(await connect('other').limiter())
})
