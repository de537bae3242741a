/** Addresses that stand as texts in one table and as inet in another are joined as people and tools write it. */
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness()
  client = await harness.connect()
  const addresses = [
    '104.53.216.85',
    'cloudtrail.amazonaws.com',
    '82.102.17.180',
    'AWS Internal',
    '104.53.216.85',
  ]
  const events = addresses.map((sourceIPAddress, index) => ({
    message: JSON.stringify({ eventID: `id-${index}`, sourceIPAddress }),
    timestamp: Date.UTC(2026, 0, 1) + index,
  }))
  harness.sandbox.logs.addEvents('us-east-1', 'addresses', events)
})
afterAll(() => harness.stop())
beforeEach(() => harness.sandbox.calls.clear())

const join = (condition: string) =>
  `select e.event_id, i.ip from aws_cloudtrail_trail_event e join ipstack_ip i on ${condition}
   where e.log_group_name = 'addresses' order by 1`

test.each([
  'e.source_ip_address = host(i.ip)',
  'host(i.ip) = e.source_ip_address collate "C"',
  "e.source_ip_address || '/32' = i.ip::text",
  "text(i.ip) = e.source_ip_address || '/32'",
  'abbrev(i.ip) = e.source_ip_address::varchar',
  'i.ip = try_inet(e.source_ip_address)',
])('%s', async (condition) => {
  await client.query('select millrace.cache_clear()')
  const { rows } = await client.query(join(condition))
  expect(rows).toEqual([
    { event_id: 'id-0', ip: '104.53.216.85' },
    { event_id: 'id-2', ip: '82.102.17.180' },
    { event_id: 'id-4', ip: '104.53.216.85' },
  ])
  // Both addresses in one call, and no service's name.
  expect(harness.sandbox.calls.list({ service: 'ipstack' })).toHaveLength(1)
})

test('a text that is one address is one lookup', async () => {
  const { rows } = await client.query("select city from ipstack_ip where host(ip) = '104.53.216.85'")
  expect(rows).toHaveLength(1)
})
