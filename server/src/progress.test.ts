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

test('tell programs of each scan and call, as JSON, and how it has ended', async () => {
  const notices = (await runForLong('-c millrace.progress=json')).map((text) =>
    JSON.parse(text.replace(/^NOTICE: /, '')),
  )
  expect(notices[0].scans).toMatchObject([{ scan: 1, connection: 'counting', table: 'place', rows: 0 }])
  expect(notices.at(-1).scans).toMatchObject([
    {
      calls: 3,
      inFlight: 0,
      waiting: 0,
      rows: 3,
      keys: 3,
      keysDone: 3,
      begun: 0,
      ended: 2000,
      cache: 'miss',
    },
  ])
  const calls = notices.flatMap((notice) => notice.calls)
  expect(calls).toHaveLength(3)
  for (const { ended } of calls) expect([1000, 2000]).toContain(ended)
  expect(calls[0]).toMatchObject({ scan: 1, call: 'List', wanted: 0, begun: 0, outcome: 'answered' })
})
