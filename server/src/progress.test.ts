/** Notices of a long statement's progress, through the gateway. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let harness: TestGateway
let clock = 0

beforeAll(async () => {
  harness = await startTestGateway({ now: () => clock })
})

afterAll(() => harness?.stop())

/** Three calls side by side; the clock goes on by a second before each of the first two is answered. */
async function runForLong(settings: string): Promise<string[]> {
  const client = await harness.connect({ options: settings })
  const notices: string[] = []
  client.on('notice', ({ message, severity }) => notices.push(`${severity}: ${message}`))
  const calls = [1, 2, 3].map(() => harness.holdCall())
  const running = client.query("select city from place where ip in ('1.1.1.1', '2.2.2.2', '3.3.3.3')")
  const [first, second, third] = await Promise.all(calls)
  clock += 1000
  first?.answer()
  clock += 1000
  second?.answer()
  third?.answer()
  expect((await running).rowCount).toBe(3)
  return notices
}

test('without the setting there are none', async () => {
  expect(await runForLong('')).toEqual([])
})

test('name the table, its calls, rows and keys, once a second at most', async () => {
  const notices = await runForLong('-c millrace.progress=on')
  expect(notices.length).toBeGreaterThan(0)
  expect(notices.length).toBeLessThanOrEqual(2)
  expect(notices[0]).toMatch(/^NOTICE: place: 3 API calls, \d rows?, \d of 3 keys so far$/)
})
