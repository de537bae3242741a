import { collectRows, errorOf, type ScanRequest } from '@millrace/plugin-sdk/testing'
import { abuseipdbFreeKey } from '@millrace/sandbox/credentials'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { abuseipdbConfig } from './config.js'
import type { AbuseipdbConnection } from './connection.js'
import plugin from './plugin.js'
import { abuseipdbCategory } from './tables/abuseipdb-category.js'
import { abuseipdbCheckCidr } from './tables/abuseipdb-check-cidr.js'
import { abuseipdbCheckIp } from './tables/abuseipdb-check-ip.js'
import { abuseipdbDeny } from './tables/abuseipdb-deny.js'

let sandbox: Sandbox
let connections: AbuseipdbConnection[]

beforeEach(async () => {
  sandbox = await startSandbox({ now: () => new Date('2022-07-06T20:38:09Z') })
  connections = []
})
afterEach(async () => {
  for (const connection of connections) await plugin.close?.(connection)
  await sandbox.stop()
})

function connect(settings: object = {}, environment: Readonly<Record<string, string>> = {}) {
  const connection = plugin.connect(abuseipdbConfig.parse(settings), {
    connectionName: 'abuseipdb',
    environment: { ...sandbox.environment, ...environment },
  })
  connections.push(connection)
  return connection
}

const equal = <Value>(value: Value, ...others: Value[]) =>
  [{ operator: '=', values: [value, ...others] }] as const

type CheckRequest = Partial<ScanRequest<AbuseipdbConnection, typeof abuseipdbCheckIp.columns>>

const check = (address: string, more: CheckRequest = {}) =>
  collectRows(abuseipdbCheckIp, {
    connection: connect(),
    ...more,
    quals: { ip_address: equal(address), ...more.quals },
  })

const asked = () => sandbox.calls.list().map(({ operation, parameters }) => ({ operation, parameters }))

describe('abuseipdb_check_ip', () => {
  test('a reported address', async () => {
    const [row] = await check('89.248.165.99')
    expect(row).toMatchObject({
      ip_address: '89.248.165.99',
      abuse_confidence_score: 100,
      country_code: 'NL',
      ip_version: 4,
      is_public: true,
      max_age_in_days: 90n,
      total_reports: 15,
      last_reported_at: expect.any(Date),
    })
    const reports = JSON.parse(String(row?.reports))
    expect(reports).toHaveLength(15)
    expect(Object.keys(reports[0])).toEqual([
      ...['reportedAt', 'comment', 'categories', 'reporterId', 'reporterCountryCode', 'reporterCountryName'],
    ])
    expect(asked()).toEqual([
      {
        operation: 'check',
        parameters: { ipAddress: '89.248.165.99', maxAgeInDays: '90', verbose: '1' },
      },
    ])
  })

  test('an address that was never reported has a row, and a private one too', async () => {
    expect(await check('104.53.216.85')).toMatchObject([
      { abuse_confidence_score: 0, total_reports: 0, last_reported_at: null, reports: '[]' },
    ])
    expect(await check('10.0.0.1')).toMatchObject([
      { is_public: false, isp: null, domain: null, usage_type: null, country_code: null },
    ])
    expect(await check('2001:db8::1')).toMatchObject([{ ip_address: '2001:db8::1', ip_version: 6 }])
  })

  test('days are passed on, and reports only where a column shows them', async () => {
    const columns = ['ip_address', 'total_reports'] as const
    const [row] = await check('89.248.165.99', { columns, quals: { max_age_in_days: equal(7n) } })
    expect(row).toMatchObject({ total_reports: 1, max_age_in_days: 7n, reports: null })
    expect(asked()[0]?.parameters).toEqual({ ipAddress: '89.248.165.99', maxAgeInDays: '7' })
  })

  test('a network has no row, and takes no call', async () => {
    expect(await check('10.0.0.0/8')).toEqual([])
    expect(asked()).toEqual([])
  })

  test('days that the API does not take', async () => {
    expect(await errorOf(check('8.8.8.8', { quals: { max_age_in_days: equal(1000n) } }))).toMatchObject({
      message: 'AbuseIPDB refused the request',
      code: 'HTTP 422',
      detail: 'HTTP 422: The maxAgeInDays must be an integer between 1 and 365. (maxAgeInDays)',
      retry: undefined,
    })
  })
})

describe('abuseipdb_check_cidr', () => {
  const block = (cidr: string, settings: object = {}) =>
    collectRows(abuseipdbCheckCidr, { connection: connect(settings), quals: { cidr: equal(cidr) } })

  test('reported addresses of a network', async () => {
    const rows = await block('89.248.165.0/24')
    expect(rows.length).toBeGreaterThan(10)
    expect(rows).toContainEqual({
      ip_address: '89.248.165.99',
      abuse_confidence_score: 100,
      cidr: '89.248.165.0/24',
      country_code: 'NL',
      last_reported_at: expect.any(Date),
      max_age_in_days: 30n,
      num_reports: 5,
    })
  })

  test('none are none', async () => {
    expect(await block('10.0.0.0/24')).toEqual([])
  })

  test('a network that is too large for the plan', async () => {
    expect(await errorOf(block('89.248.0.0/16', { api_key: abuseipdbFreeKey }))).toMatchObject({
      code: 'HTTP 422',
      detail: 'HTTP 422: The network must be /24 or smaller on this plan. (network)',
    })
  })
})

describe('abuseipdb_deny', () => {
  type Request = Partial<ScanRequest<AbuseipdbConnection, typeof abuseipdbDeny.columns>>
  const deny = (more: Request = {}) => collectRows(abuseipdbDeny, { connection: connect(), ...more })

  test('the list from 90 on, as long as the plan gives it', async () => {
    const rows = await deny()
    expect(rows[0]).toEqual({
      ip_address: '89.248.165.99',
      abuse_confidence_score: 100,
      last_reported_at: new Date('2022-07-06T20:37:09Z'),
      confidence_minimum: null,
    })
    expect(Math.min(...rows.map((row) => Number(row.abuse_confidence_score)))).toBe(90)
    expect(asked()).toEqual([
      { operation: 'blacklist', parameters: { confidenceMinimum: '90', limit: '500000' } },
    ])
  })

  test('LIMIT and the lowest score reach the API', async () => {
    const rows = await deny({ limit: 3, quals: { confidence_minimum: equal(50n) } })
    expect(rows.map((row) => row.confidence_minimum)).toEqual([50n, 50n, 50n])
    expect(asked()[0]?.parameters).toEqual({ confidenceMinimum: '50', limit: '3' })
  })

  test('a plan that does not give scores below 100', async () => {
    expect(await errorOf(deny({ connection: connect({ api_key: abuseipdbFreeKey }) }))).toMatchObject({
      message: "the account's plan does not include this",
      detail: 'HTTP 402: A confidence minimum below 100 is a subscriber feature.',
    })
  })
})

test('abuseipdb_category: 23 categories, without a key or a call', async () => {
  const connection = connect({}, { ABUSEIPDB_API_KEY: '' })
  const rows = await collectRows(abuseipdbCategory, { connection })
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 23 }, (_, index) => index + 1))
  expect(rows.filter(({ description }) => description === '').map(({ id }) => id)).toEqual([5, 8, 15])
  expect(asked()).toEqual([])
})

describe('the daily quota', () => {
  const used = () => {
    const plan = sandbox.abuseipdb.plans.get(abuseipdbFreeKey)
    if (plan === undefined) throw new Error('there is no free plan')
    return plan.used
  }

  test('is known from the answers', async () => {
    const connection = connect({ api_key: abuseipdbFreeKey })
    expect(abuseipdbCheckIp.costLeft?.(connection)).toBeUndefined()
    await check('8.8.8.8', { connection })
    expect(abuseipdbCheckIp.costLeft?.(connection)).toBe('999 of 1000 a day are left')
    expect(abuseipdbDeny.costLeft?.(connection)).toBeUndefined()
  })

  test('once used up, is an error at once that says when it is whole again', async () => {
    used().check = 1000
    const connection = connect({ api_key: abuseipdbFreeKey })
    expect(await errorOf(check('8.8.8.8', { connection }))).toMatchObject({
      sqlState: 'HV000',
      message: 'the daily quota of calls to check is used up',
      code: 'HTTP 429',
      detail:
        'HTTP 429: Daily rate limit of 1000 requests exceeded for this endpoint. See headers for additional ' +
        'details. (0 of 1000 a day are left, until 2022-07-07T00:00:00Z)',
      hint: expect.stringContaining('after 2022-07-07T00:00:00Z'),
      retry: undefined,
    })
    expect(asked()).toHaveLength(1)
    expect(abuseipdbCheckIp.costLeft?.(connection)).toBe(
      '0 of 1000 a day are left, until 2022-07-07T00:00:00Z',
    )
  })
})

describe('the key', () => {
  test('of the settings comes before that of the environment, and no text of an error shows it', async () => {
    const error = await errorOf(check('8.8.8.8', { connection: connect({ api_key: 'guessed-key' }) }))
    expect(error).toMatchObject({
      message: 'AbuseIPDB does not accept the API key',
      detail: 'HTTP 401: Authentication failed: the API key is missing, incorrect or revoked.',
      hint: expect.stringContaining('ABUSEIPDB_API_KEY'),
    })
    sandbox.faults.add({ kind: 'error', status: 422, message: 'not with guessed-key' })
    const echoed = await errorOf(check('8.8.8.8', { connection: connect({ api_key: 'guessed-key' }) }))
    expect(echoed.detail).toBe('HTTP 422: not with ***')
    for (const each of [error, echoed]) {
      expect(JSON.stringify({ ...each, message: each.message, cause: each.cause })).not.toContain('guessed')
    }
  })

  test('is missing: no call', async () => {
    const connection = connect({}, { ABUSEIPDB_API_KEY: '' })
    expect(await errorOf(check('8.8.8.8', { connection }))).toMatchObject({
      message: 'no AbuseIPDB API key was found',
      detail: expect.stringContaining('ABUSEIPDB_API_KEY'),
    })
    expect(asked()).toEqual([])
  })
})

describe('failures', () => {
  test.each([{ kind: 'error', status: 503 }, { kind: 'cut' }] as const)('that pass: %j', async (fault) => {
    sandbox.faults.add({ ...fault, times: 1 })
    expect(await check('8.8.8.8')).toHaveLength(1)
    await sandbox.calls.idle()
    expect(sandbox.calls.list().map(({ faults }) => faults)).toEqual([[fault.kind], []])
  })

  test('an address where another API answers', async () => {
    const endpoint = `${sandbox.url}/ipstack`
    const error = await errorOf(check('8.8.8.8', { connection: connect({ endpoint_url: endpoint }) }))
    expect(error.message).toMatch(/^AbuseIPDB gave an answer that is not its own/)
    expect(error.hint).toMatch(/ABUSEIPDB_ENDPOINT/)
  })

  test('a cancelled query ends its call', async () => {
    sandbox.faults.add({ kind: 'hang' })
    const cancel = new AbortController()
    const begun = sandbox.calls.next()
    const reading = check('8.8.8.8', { signal: cancel.signal }).catch((error: unknown) => error)
    const call = await begun
    cancel.abort()
    expect(await reading).toBeInstanceOf(Error)
    await sandbox.calls.until(() => call.aborted)
  })
})
