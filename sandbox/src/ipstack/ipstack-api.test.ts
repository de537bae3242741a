import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ipstackFreeToken, ipstackToken } from '../credentials.js'
import { type Sandbox, startSandbox } from '../sandbox.js'
import { articlePlaces } from '../testing/article-places.js'
import { localTime } from './clock.js'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ now: () => new Date('2022-07-06T20:38:09Z') })
})
afterAll(() => sandbox.stop())

type Json = Readonly<Record<string, unknown>>

async function get(subject: string, query: Record<string, string> = {}): Promise<unknown> {
  const parameters = new URLSearchParams({ access_key: ipstackToken, ...query })
  const response = await fetch(`${sandbox.environment.IPSTACK_ENDPOINT}/${subject}?${parameters}`)
  return response.json()
}

const one = (subject: string, query?: Record<string, string>) => get(subject, query) as Promise<Json>
const code = async (subject: string, query?: Record<string, string>) => {
  const { success, error } = await one(subject, query)
  expect(success).toBe(false)
  return (error as Json).code
}

describe('one address', () => {
  test.each(articlePlaces)(
    "the article's %s",
    async (ip, continent_name, country_name, region_name, city) => {
      expect(await one(ip)).toMatchObject({
        ip,
        type: 'ipv4',
        continent_name,
        country_name,
        region_name,
        city,
      })
    },
  )

  test('all objects that the plan has, and no more than is asked for', async () => {
    expect(Object.keys(await one('82.102.17.180'))).toEqual([
      ...['ip', 'type', 'continent_code', 'continent_name', 'country_code', 'country_name', 'region_code'],
      ...['region_name', 'city', 'zip', 'latitude', 'longitude'],
      ...['location', 'time_zone', 'currency', 'connection'],
    ])
    const more = await one('82.102.17.180', { hostname: '1', security: '1' })
    expect(more).toMatchObject({ hostname: expect.any(String), security: { is_proxy: expect.any(Boolean) } })
    expect(more.time_zone).toEqual({
      id: 'Europe/Madrid',
      current_time: '2022-07-06T22:38:09+02:00',
      gmt_offset: 7200,
      code: 'CEST',
      is_daylight_saving: true,
    })
  })

  test('any other public address has a place, always the same', async () => {
    const first = await one('8.8.8.8')
    expect(first).toMatchObject({ country_name: expect.any(String), city: expect.any(String) })
    expect(await one('8.8.8.8')).toEqual(first)
    const v6 = await one('2600:1f18:4e1a:bc00:95d1:2af1:9d3f:7b21')
    expect(v6).toMatchObject({ type: 'ipv6', country_name: expect.any(String) })
    const { ip: _short, ...short } = await one('2001:4860:4860::8888')
    const { ip: _long, ...long } = await one('2001:4860:4860:0:0:0:0:8888')
    expect(long).toEqual(short)
  })

  test.each(['10.0.0.1', '192.168.1.1', '127.0.0.1', '100.64.1.1', '224.0.0.1', '::1', 'fe80::1', 'fd00::1'])(
    '%s has none',
    async (ip) => {
      expect(await one(ip)).toMatchObject({
        ip,
        country_name: null,
        latitude: null,
        location: { is_eu: null },
      })
    },
  )

  test('the requester', async () => {
    expect(await one('check')).toMatchObject({ ip: '104.53.216.85', city: 'Windsor' })
  })

  test('fields', async () => {
    expect(await one('8.8.8.8', { fields: 'ip,location.is_eu' })).toEqual({
      ip: '8.8.8.8',
      location: { is_eu: expect.any(Boolean) },
    })
    expect(Object.keys(await one('8.8.8.8', { fields: 'main' }))).toHaveLength(12)
  })

  test('places that a test sets itself', async () => {
    sandbox.ipstack.overrides.set('9.9.9.9', { city: null, latitude: 0, longitude: 0 })
    expect(await one('9.9.9.9')).toMatchObject({ city: null, latitude: 0, longitude: 0, type: 'ipv4' })
  })
})

describe('several addresses', () => {
  const addresses = (count: number) => Array.from({ length: count }, (_, i) => `8.8.${i}.8`)

  test('answers in the order of the question, each as if asked alone', async () => {
    const asked = ['8.8.8.8', '10.0.0.1', '104.53.216.85', '8.8.8.8']
    const answers = await get(asked.join(','))
    expect(answers).toEqual(await Promise.all(asked.map((address) => one(address))))
  })

  test('50 are the most', async () => {
    expect(await get(addresses(50).join(','))).toHaveLength(50)
    expect(await code(addresses(51).join(','))).toBe(302)
  })

  test('one that is no address spoils all', async () => {
    expect(await code('8.8.8.8,nonsense')).toBe(106)
  })
})

describe('refused', () => {
  test('tokens', async () => {
    expect(await one('8.8.8.8', { access_key: '' })).toMatchObject({
      success: false,
      error: { code: 101, type: 'missing_access_key' },
    })
    expect(await one('8.8.8.8', { access_key: 'guessed' })).toMatchObject({
      success: false,
      error: { code: 101, type: 'invalid_access_key' },
    })
  })

  test('subjects', async () => {
    expect(await code('nonsense')).toBe(106)
    expect(await code('8.8.8.0/24')).toBe(106)
    expect(await code('')).toBe(404)
  })

  test('what the free plan does not have', async () => {
    const free = { access_key: ipstackFreeToken }
    expect(Object.keys(await one('8.8.8.8', free))).toHaveLength(12)
    expect(await code('8.8.8.8,8.8.4.4', free)).toBe(303)
    expect(await code('8.8.8.8', { ...free, security: '1' })).toBe(105)
    expect(await code('8.8.8.8', { ...free, fields: 'time_zone' })).toBe(301)
    expect(await code('8.8.8.8', { fields: 'no_such_field' })).toBe(301)
    expect(await code('8.8.8.8', { fields: 'security' })).toBe(301)
  })

  test('what is beyond the quota, each address counted', async () => {
    sandbox.ipstack.plans.set('scarce', { bulk: true, security: false, modules: [], quota: 3 })
    const scarce = { access_key: 'scarce' }
    expect(await get('8.8.8.8,8.8.4.4', scarce)).toHaveLength(2)
    expect(await code('8.8.8.8,8.8.4.4', scarce)).toBe(104)
    expect(await one('8.8.8.8', scarce)).toMatchObject({ ip: '8.8.8.8' })
    expect(await code('8.8.8.8', scarce)).toBe(104)
  })
})

test('the log of calls shows addresses and options, but no token', () => {
  const calls = sandbox.calls.list({ service: 'ipstack' })
  expect(calls.map(({ operation }) => operation)).toContain('bulk')
  expect(calls.map(({ operation }) => operation)).toContain('check')
  expect(calls).toContainEqual(
    expect.objectContaining({
      operation: 'lookup',
      parameters: { addresses: ['82.102.17.180'], hostname: '1', security: '1' },
    }),
  )
  expect(JSON.stringify(calls)).not.toContain(ipstackToken)
})

test.each([
  ['America/New_York', '2024-01-15T12:00:00Z', '2024-01-15T07:00:00-05:00', 'EST', false],
  ['America/New_York', '2024-07-15T12:00:00Z', '2024-07-15T08:00:00-04:00', 'EDT', true],
  ['Australia/Sydney', '2024-01-15T12:00:00Z', '2024-01-15T23:00:00+11:00', 'AEDT', true],
  ['Asia/Kolkata', '2024-07-15T12:00:00Z', '2024-07-15T17:30:00+05:30', 'IST', false],
  ['Europe/London', '2024-01-15T12:00:00Z', '2024-01-15T12:00:00+00:00', 'GMT', false],
])('the time in %s at %s', (id, now, current_time, zone, is_daylight_saving) => {
  expect(localTime(id, new Date(now))).toMatchObject({ current_time, code: zone, is_daylight_saving })
})
