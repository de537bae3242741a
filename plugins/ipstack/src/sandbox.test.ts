import { collectRows, errorOf, type ScanRequest, scanOf } from '@millrace/plugin-sdk/testing'
import { ipstackFreeToken } from '@millrace/sandbox/credentials'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { articlePlaces } from '@millrace/sandbox/testing/article-places'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LookupColumn, LookupColumns } from './columns.js'
import { ipstackConfig } from './config.js'
import type { IpstackConnection } from './connection.js'
import plugin from './plugin.js'
import { ipstackIp } from './tables/ipstack-ip.js'
import { ipstackMyIp } from './tables/ipstack-my-ip.js'

let sandbox: Sandbox
let connections: IpstackConnection[]

beforeEach(async () => {
  sandbox = await startSandbox({ now: () => new Date('2022-07-06T20:38:09Z') })
  connections = []
})
afterEach(async () => {
  for (const connection of connections) await plugin.close?.(connection)
  await sandbox.stop()
})

function connect(
  settings: object = {},
  environment: Readonly<Record<string, string>> = {},
): IpstackConnection {
  const connection = plugin.connect(ipstackConfig.parse(settings), {
    connectionName: 'ipstack',
    environment: { ...sandbox.environment, ...environment },
  })
  connections.push(connection)
  return connection
}

type Request = ScanRequest<IpstackConnection, LookupColumns>

function requestOf(addresses: readonly string[], more: Partial<Request> = {}): Request {
  return {
    connection: connect(),
    columns: ['ip', 'city'],
    ...more,
    quals: { ip: [{ operator: '=', values: addresses as [string] }] },
  }
}

const locate = (addresses: readonly string[], more: Partial<Request> = {}) =>
  collectRows(ipstackIp, requestOf(addresses, more))

/** As the engine runs it: so many calls at once. */
async function locateBounded(addresses: readonly string[], atOnce: number, connection: IpstackConnection) {
  const scan = scanOf(ipstackIp, requestOf(addresses, { connection }))
  const waiting: (() => void)[] = []
  let running = 0
  const rows = []
  const list = ipstackIp.list({
    ...scan,
    call: async (_, run) => {
      if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
      running++
      try {
        return await run(scan.signal)
      } finally {
        running--
        waiting.shift()?.()
      }
    },
  })
  for await (const batch of list) rows.push(...batch)
  return rows
}

const publicAddresses = (count: number) =>
  Array.from({ length: count }, (_, i) => `8.${Math.floor(i / 250)}.4.${i % 250}`)
const operations = () => sandbox.calls.list().map(({ operation }) => operation)
const askedAddresses = () =>
  sandbox.calls.list().flatMap(({ parameters }) => (parameters as { addresses: string[] }).addresses)

describe('the addresses of a join', () => {
  test("the article's rows, by one call", async () => {
    const columns: LookupColumn[] = ['ip', 'continent_name', 'country_name', 'region_name', 'city']
    const rows = await locate(
      articlePlaces.map(([ip]) => ip),
      { columns },
    )
    expect(rows.map((row) => columns.map((column) => row[column]))).toEqual(articlePlaces)
    expect(operations()).toEqual(['bulk'])
  })

  test('50 to a call, each asked once, each with its own row', async () => {
    const addresses = publicAddresses(121)
    const rows = await locate(addresses)
    expect(rows.map((row) => row.ip)).toEqual(addresses)
    expect(rows.every((row) => row.city)).toBe(true)
    expect(operations()).toEqual(['bulk', 'bulk', 'bulk'])
    expect(askedAddresses().sort()).toEqual([...addresses].sort())
  })

  test('the calls run side by side', async () => {
    sandbox.faults.add({ kind: 'hang' })
    const cancel = new AbortController()
    const reading = locate(publicAddresses(150), { signal: cancel.signal }).catch(() => {})
    await sandbox.calls.until(({ inFlight }) => inFlight === 3)
    cancel.abort()
    await reading
    await sandbox.calls.idle()
    expect(sandbox.calls.list().map(({ aborted }) => aborted)).toEqual([true, true, true])
  })

  test('one address is looked up alone', async () => {
    await locate(['8.8.8.8'])
    expect(operations()).toEqual(['lookup'])
  })

  test('addresses of both kinds, private ones, and spellings; a network has no row', async () => {
    const addresses = ['2600:1f18::1', '10.0.0.1', '8.8.8.8', '::ffff:1.2.3.4', '10.0.0.0/8', 'fe80::1']
    const rows = await locate(addresses, { columns: ['ip', 'type', 'country_name', 'latitude'] })
    expect(rows.map((row) => row.ip)).toEqual(addresses.filter((address) => !address.includes('/')))
    expect(rows[0]).toMatchObject({ type: 'ipv6', country_name: expect.any(String) })
    expect(rows[1]).toMatchObject({ type: 'ipv4', country_name: null, latitude: null })
    expect(askedAddresses()).not.toContain('10.0.0.0/8')
    expect(await locate(['10.0.0.0/8'])).toEqual([])
  })

  test('a row is the same, whether its address was asked for alone or with others', async () => {
    const columns = Object.keys(ipstackIp.columns) as LookupColumn[]
    const connection = connect({ security: true })
    const together = await locate(['8.8.8.8', '104.53.216.85'], { columns, connection })
    const [alone] = await locate(['8.8.8.8'], { columns, connection })
    expect(together[0]).toEqual(alone)
    expect(together[1]).toMatchObject({
      city: 'Windsor',
      hostname: expect.any(String),
      location_languages: '[{"code":"en","name":"English","native":"English"}]',
      location_is_eu: false,
      timezone_current_time: new Date('2022-07-06T20:38:09Z'),
      timezone_gmt_offset: -25_200,
      timezone_is_daylight_saving: true,
      currency_code: 'USD',
      asn: expect.any(Number),
      is_proxy: expect.any(Boolean),
    })
  })

  test('a limit keeps addresses from being asked', async () => {
    expect(await locate(publicAddresses(100), { limit: 3 })).toHaveLength(3)
    expect(askedAddresses()).toHaveLength(3)
  })
})

describe('a plan without bulk lookups', () => {
  const free = { IPSTACK_TOKEN: ipstackFreeToken }

  test('single calls take over, and the plan is remembered', async () => {
    const connection = connect({}, free)
    const addresses = publicAddresses(20)
    expect((await locate(addresses, { connection })).map((row) => row.ip)).toEqual(addresses)
    expect(operations()).toEqual(['bulk', ...Array.from({ length: 20 }, () => 'lookup')])
    expect(askedAddresses().slice(20).sort()).toEqual([...addresses].sort())
    sandbox.calls.clear()
    await locate(['8.8.8.8', '8.8.4.4'], { connection })
    expect(operations()).toEqual(['lookup', 'lookup'])
  })

  test('no more of them at once than the connection may make', async () => {
    const connection = connect({}, free)
    await locate(['8.8.8.8', '8.8.4.4'], { connection })
    await sandbox.calls.idle()
    sandbox.calls.clear()
    // Long enough that calls which may overlap do.
    sandbox.faults.add({ kind: 'latency', milliseconds: 20 })
    const addresses = publicAddresses(30)
    const rows = await locateBounded(addresses, 5, connection)
    expect(rows.map((row) => row.ip)).toEqual(addresses)
    await sandbox.calls.idle()
    expect(askedAddresses().sort()).toEqual([...addresses].sort())
    expect(sandbox.calls.maxInFlight()).toBeLessThanOrEqual(5)
    expect(sandbox.calls.maxInFlight()).toBeGreaterThan(1)
  })

  test('columns of modules that the plan lacks are NULL; the main ones are there', async () => {
    const [row] = await locate(['104.53.216.85'], {
      connection: connect({}, free),
      columns: ['city', 'currency_code', 'asn', 'timezone_id', 'is_tor'],
    })
    expect(row).toMatchObject({
      city: 'Windsor',
      currency_code: null,
      asn: null,
      timezone_id: null,
      is_tor: null,
    })
  })

  test('the first that fails stops the others', async () => {
    const connection = connect({}, free)
    await locate(['8.8.8.8', '8.8.4.4'], { connection })
    await sandbox.calls.idle()
    sandbox.calls.clear()
    sandbox.faults.add({ kind: 'error', code: '104', times: 1 })
    sandbox.faults.add({ kind: 'hang', after: 1 })
    expect((await errorOf(locate(publicAddresses(10), { connection }))).sqlState).toBe('HV000')
    await sandbox.calls.idle()
    // Some of the others may not have left yet; of those that have, none is waited for.
    const [failed, ...others] = sandbox.calls.list()
    expect(failed?.faults).toEqual(['error'])
    expect(others.length).toBeLessThan(10)
    expect(others.every(({ aborted }) => aborted)).toBe(true)
  })
})

test('a plan that takes fewer addresses a call is asked for as many as it takes', async () => {
  const addresses = publicAddresses(30)
  sandbox.faults.add({ kind: 'error', code: '302', operation: 'bulk', times: 1 })
  expect((await locate(addresses)).map((row) => row.ip)).toEqual(addresses)
  expect(sandbox.calls.list().map(({ parameters }) => Object(parameters).addresses.length)).toEqual([
    30, 15, 15,
  ])
})

test('modules and host names are asked for only where columns show them', async () => {
  const connection = connect({ security: true })
  const optionsOf = async (columns: LookupColumn[]) => {
    sandbox.calls.clear()
    await locate(['8.8.8.8'], { connection, columns })
    const { addresses: _, ...options } = Object(sandbox.calls.list()[0]?.parameters)
    return options
  }
  expect(await optionsOf(['ip', 'city', 'latitude'])).toEqual({ fields: 'main' })
  expect(await optionsOf(['city', 'asn'])).toEqual({})
  expect(await optionsOf(['hostname'])).toEqual({ hostname: '1' })
  expect(await optionsOf(['is_tor'])).toEqual({ security: '1' })
})

test('ipstack_my_ip', async () => {
  const rows = await collectRows(ipstackMyIp, { connection: connect(), columns: ['ip', 'city'] })
  expect(rows).toEqual([{ ip: '104.53.216.85', city: 'Windsor' }])
})

describe('refusals', () => {
  const two = ['8.8.8.8', '8.8.4.4']

  test('a wrong token, which no text of the error shows', async () => {
    for (const addresses of [['8.8.8.8'], two]) {
      const error = await errorOf(
        locate(addresses, { connection: connect({}, { IPSTACK_TOKEN: 'guessed-token' }) }),
      )
      expect(error).toMatchObject({
        sqlState: 'HV000',
        detail: '101 invalid_access_key: You have not supplied a valid API Access Key.',
        hint: expect.stringContaining('IPSTACK_TOKEN'),
      })
      expect(JSON.stringify({ ...error, message: error.message, cause: error.cause })).not.toContain(
        'guessed',
      )
    }
    expect(operations()).toEqual(['lookup', 'bulk'])
  })

  test('no token: no call', async () => {
    const error = await errorOf(locate(two, { connection: connect({}, { IPSTACK_TOKEN: '' }) }))
    expect(error.sqlState).toBe('HV000')
    expect(operations()).toEqual([])
  })

  test('a spent quota', async () => {
    sandbox.ipstack.plans.set('scarce', { bulk: true, security: false, modules: [], quota: 1 })
    const error = await errorOf(locate(two, { connection: connect({ token: 'scarce' }) }))
    expect(error).toMatchObject({
      sqlState: 'HV000',
      detail: expect.stringMatching(/^104 usage_limit_reached/),
    })
  })

  test('a module that the plan lacks', async () => {
    const connection = connect({ security: true }, { IPSTACK_TOKEN: ipstackFreeToken })
    const error = await errorOf(locate(['8.8.8.8'], { connection, columns: ['is_tor'] }))
    expect(error).toMatchObject({ sqlState: 'HV000', hint: expect.stringContaining('security = false') })
  })

  test('nobody there', async () => {
    await sandbox.stop()
    const error = await errorOf(locate(['8.8.8.8']))
    expect(error).toMatchObject({ sqlState: 'HV00N', detail: expect.stringContaining('ECONNREFUSED') })
  })
})

describe('failures that pass', () => {
  test.each([
    { kind: 'error', status: 503 },
    { kind: 'throttle', status: 429 },
    { kind: 'cut' },
    { kind: 'cut', afterBytes: 0 },
  ] as const)('%j', async (fault) => {
    sandbox.faults.add({ ...fault, times: 1 })
    expect(await locate(['104.53.216.85', '8.8.8.8'])).toMatchObject([{ city: 'Windsor' }, {}])
    await sandbox.calls.idle()
    expect(sandbox.calls.list().map(({ faults }) => faults)).toEqual([[fault.kind], []])
  })
})

test('a cancelled query ends its call', async () => {
  sandbox.faults.add({ kind: 'hang' })
  const cancel = new AbortController()
  const begun = sandbox.calls.next()
  const reading = locate(['8.8.8.8'], { signal: cancel.signal }).catch((error: unknown) => error)
  const call = await begun
  cancel.abort()
  expect(await reading).toBeInstanceOf(Error)
  await sandbox.calls.until(() => call.aborted)
  expect(operations()).toHaveLength(1)
})
