import { expect, test } from 'vitest'
import { FailedLogins, networkOf } from './failed-logins.js'

/** With a clock of the test's own; what is waited for is noted. */
function failedLogins() {
  const waits: number[] = []
  const clock = { now: 0 }
  const logins = new FailedLogins({
    now: () => clock.now,
    wait: async (milliseconds) => {
      waits.push(milliseconds)
    },
  })
  const signal = new AbortController().signal
  return {
    logins,
    waits,
    clock,
    slowDown: (from: string, user: string) => logins.slowDown(from, user, signal),
  }
}

test('from the eleventh failure of an address on, answers come later and later, one after the other', async () => {
  const { logins, waits, slowDown } = failedLogins()
  for (let failure = 0; failure < 15; failure++) {
    await slowDown('10.0.0.1', `user ${failure}`)
    logins.failed('10.0.0.1', `user ${failure}`)
  }
  // Each waits for those before: nobody's clock has gone on.
  expect(waits).toEqual([250, 750, 1750, 3750, 7750])
})

test('whoever would wait for more than half a minute is refused at once, and takes no turn', async () => {
  const { logins, clock, slowDown } = failedLogins()
  for (let failure = 0; failure < 40; failure++) logins.failed('10.0.0.1', 'alice')
  let refused = 0
  for (let attempt = 0; attempt < 10; attempt++) await slowDown('10.0.0.1', 'alice').catch(() => refused++)
  expect(refused).toBe(7)
  clock.now = 8_000
  await slowDown('10.0.0.1', 'alice')
})

test('a user whom others try to be is kept out by a second, and only where nobody has failed from', async () => {
  const { logins, waits, slowDown } = failedLogins()
  for (let failure = 0; failure < 1000; failure++)
    logins.failed(`10.0.${failure >> 8}.${failure & 255}`, 'alice')
  await slowDown('192.0.2.1', 'alice')
  await slowDown('192.0.2.1', 'alice')
  await slowDown('192.0.2.1', 'bob')
  expect(waits).toEqual([1000, 1000])
})

test('failures are forgotten, one each half a minute', async () => {
  const { logins, waits, clock, slowDown } = failedLogins()
  for (let failure = 0; failure < 12; failure++) logins.failed('10.0.0.1', 'alice')
  clock.now = 30_000 * 3
  await slowDown('10.0.0.1', 'alice')
  expect(waits).toEqual([])
})

test('memory is bounded, whoever tries', () => {
  const { logins, clock } = failedLogins()
  for (let failure = 0; failure < 100_000; failure++) {
    clock.now = failure
    logins.failed(
      `2001:db8:${(failure >> 8).toString(16)}:${(failure & 255).toString(16)}::1`,
      `user ${failure}`,
    )
  }
  expect(logins.remembered).toBeLessThanOrEqual(20_000)
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('of %s, the network is %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
