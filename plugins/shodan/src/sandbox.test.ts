import type { Columns, Table } from '@millrace/plugin-sdk'
import { collectRows, errorOf, type ScanRequest } from '@millrace/plugin-sdk/testing'
import { shodanFreeKey, shodanKey } from '@millrace/sandbox/credentials'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { shodanConfig } from './config.js'
import type { ShodanConnection } from './connection.js'
import plugin from './plugin.js'
import { shodanAccountProfile } from './tables/shodan-account-profile.js'
import { shodanApiInfo } from './tables/shodan-api-info.js'
import { shodanDnsReverse } from './tables/shodan-dns-reverse.js'
import { shodanDomain } from './tables/shodan-domain.js'
import { shodanExploit } from './tables/shodan-exploit.js'
import { shodanHost } from './tables/shodan-host.js'
import { shodanHostService } from './tables/shodan-host-service.js'
import { shodanPort } from './tables/shodan-port.js'
import { shodanProtocol } from './tables/shodan-protocol.js'
import { shodanScan } from './tables/shodan-scan.js'
import { shodanSearch } from './tables/shodan-search.js'
import { shodanService } from './tables/shodan-service.js'

let sandbox: Sandbox
let connections: ShodanConnection[]

beforeEach(async () => {
  sandbox = await startSandbox()
  connections = []
})
afterEach(async () => {
  for (const connection of connections) await plugin.close?.(connection)
  await sandbox.stop()
})

function connect(settings: object = {}, environment: Readonly<Record<string, string>> = {}) {
  const connection = plugin.connect(shodanConfig.parse(settings), {
    connectionName: 'shodan',
    environment: { ...sandbox.environment, ...environment },
  })
  connections.push(connection)
  return connection
}

const equal = <Value>(value: Value, ...others: Value[]) =>
  [{ operator: '=', values: [value, ...others] }] as const

const rowsOf = <TableColumns extends Columns>(
  table: Table<ShodanConnection, TableColumns>,
  request: Partial<ScanRequest<ShodanConnection, TableColumns>> = {},
) => collectRows(table, { connection: connect(), ...request })

const asked = () =>
  sandbox.calls.list().map(({ operation, parameters }) => ({ operation, ...Object(parameters) }))

const host = (ip: string, more: Partial<ScanRequest<ShodanConnection, typeof shodanHost.columns>> = {}) =>
  rowsOf(shodanHost, { quals: { ip: equal(ip) }, ...more })

describe('shodan_host', () => {
  test('a host, without what was found at its ports', async () => {
    expect(await host('89.248.165.99')).toMatchObject([
      {
        ip: '89.248.165.99',
        hostnames: '["host-89-248-165-99.example.net"]',
        ports: '[22,80,111]',
        tags: '["scanner"]',
        country_code: 'NL',
        city: 'Diemen',
        latitude: expect.any(Number),
        last_update: '2022-07-06T04:12:33.123456Z',
        os: null,
        postal_code: null,
      },
    ])
    expect(asked()).toEqual([{ operation: 'host', subject: '89.248.165.99', minify: 'true' }])
  })

  test('what Shodan knows nothing of has no row; a network takes no call', async () => {
    expect(await host('104.53.216.85')).toEqual([])
    expect(await host('10.0.0.1')).toEqual([])
    expect(await host('10.0.0.0/8')).toEqual([])
    expect(asked()).toHaveLength(2)
  })

  test('services of a host', async () => {
    const rows = await rowsOf(shodanHostService, { quals: { ip: equal('89.248.165.99') } })
    expect(rows).toMatchObject([
      {
        ip: '89.248.165.99',
        port: 22,
        product: 'OpenSSH',
        version: '8.2p1',
        hash: -1_234_567_868,
        banners: '["SSH-2.0-OpenSSH_8.2p1","Key type: ssh-rsa"]',
        ssh: '{"type":"ssh-rsa","mac":"umac-64@openssh.com"}',
        http: null,
      },
      { port: 80, banners: '["HTTP/1.1 200 OK","Server: nginx/1.18.0"]' },
      { port: 111, product: null, version: null },
    ])
    expect(asked()).toEqual([{ operation: 'host', subject: '89.248.165.99' }])
  })
})

describe('shodan_search', () => {
  type Request = Partial<ScanRequest<ShodanConnection, typeof shodanSearch.columns>>
  const search = (more: Request = {}, query = 'nginx') =>
    rowsOf(shodanSearch, { quals: { query: equal(query) }, ...more })
  const credits = () => sandbox.shodan.plans.get(shodanKey)?.queryCredits

  test('page by page until the end, addresses of both kinds, and what is not as documented', async () => {
    const rows = await search()
    expect(rows).toHaveLength(250)
    expect(rows[1]).toMatchObject({ ip: '2600:1f18::1', ipv6: '2600:1f18::1' })
    expect(rows[2]).toMatchObject({
      minecraft: '{"description":{"text":"A server"}}',
      product: '7',
      uptime: null,
    })
    expect(rows.every(({ ip, ports }) => typeof ip === 'string' && ports === null)).toBe(true)
    expect(asked().map(({ page }) => page)).toEqual([undefined, '2', '3'])
    expect(credits()).toBe(998)
  })

  test('LIMIT ends the pages, and spares credits', async () => {
    expect(await search({ limit: 100 })).toHaveLength(100)
    expect(asked()).toHaveLength(1)
    expect(credits()).toBe(1000)
    await search({ limit: 101 })
    expect(credits()).toBe(999)
  })

  test('nothing found, and an end that never comes', async () => {
    sandbox.shodan.totals.set('nothing', 0)
    expect(await search({}, 'nothing')).toEqual([])
    sandbox.shodan.totals.set('odd', 3)
    expect(await search({}, 'odd')).toHaveLength(3)
    expect(asked()).toHaveLength(2)
  })

  test('whole banners only where they are shown', async () => {
    const [small] = await search({ columns: ['ip', 'port'], limit: 1 })
    const [large] = await search({ columns: ['ip', 'http'], limit: 1 })
    expect(String(small?.http)).not.toContain('html')
    expect(String(large?.http)).toContain('html')
    expect(asked().map(({ minify }) => minify)).toEqual(['true', 'false'])
  })

  test('credits that are used up', async () => {
    const plan = sandbox.shodan.plans.get(shodanKey)
    if (plan !== undefined) plan.queryCredits = 1
    expect(await errorOf(search())).toMatchObject({
      message: "the plan's query credits are used up",
      detail: expect.stringMatching(/^HTTP 403: Insufficient query credits/),
      retry: undefined,
    })
  })
})

describe('shodan_domain', () => {
  const domain = (
    name: string,
    more: Partial<ScanRequest<ShodanConnection, typeof shodanDomain.columns>> = {},
  ) => rowsOf(shodanDomain, { quals: { domain: equal(name) }, ...more })

  test('all pages, or as many as LIMIT takes', async () => {
    const rows = await domain('example.com')
    expect(rows).toHaveLength(250)
    expect(rows[0]).toEqual({
      domain: 'example.com',
      subdomain: null,
      type: 'A',
      value: '93.184.216.0',
      last_seen: '2022-07-01T00:00:00.000000Z',
    })
    expect(asked().map(({ page }) => page)).toEqual([undefined, '2', '3'])
    sandbox.calls.clear()
    expect(await domain('example.com', { limit: 5 })).toHaveLength(100)
    expect(asked()).toHaveLength(1)
    expect(await domain('nobody.test')).toEqual([])
  })

  test('a plan that gives the first page only: the rows, and a notice that there are more', async () => {
    sandbox.shodan.plans.set('small', { name: 'small', isMember: true, domainPages: 1, queryCredits: 5 })
    const left: string[] = []
    const rows = await domain('example.com', {
      connection: connect({ api_key: 'small' }),
      onLeftOut: (part, { detail }) => left.push(`${part}: ${detail}`),
    })
    expect(rows).toHaveLength(100)
    expect(left).toEqual([
      'example.com from page 2 on: HTTP 401: Accessing results past the first page requires enterprise access',
    ])
  })
})

test('shodan_dns_reverse: one call for many addresses, however they are spelt', async () => {
  const rows = await rowsOf(shodanDnsReverse, {
    quals: { ip: equal('89.248.165.99', '2600:1f18::1', '10.0.0.1', '10.0.0.0/8') },
  })
  expect(rows).toEqual([
    { ip: '89.248.165.99', host: 'host-89-248-165-99.example.net' },
    { ip: '2600:1f18::1', host: 'host-2600-1f18-1.example.net' },
  ])
  expect(asked()).toEqual([{ operation: 'reverse', ips: '89.248.165.99,2600:1f18::1,10.0.0.1' }])
})

test('shodan_exploit: identifiers of both kinds, pages until LIMIT', async () => {
  const rows = await rowsOf(shodanExploit, { quals: { query: equal('ssh') }, limit: 150 })
  expect(rows.slice(0, 2)).toMatchObject([
    { query: 'ssh', id: '40000', cve: '["CVE-2022-0"]', port: 22 },
    { id: 'CVE-2022-1', author: null },
  ])
  expect(asked().map(({ operation, page }) => [operation, page])).toEqual([
    ['exploits', '1'],
    ['exploits', '2'],
  ])
})

test('lists, the account and what is left', async () => {
  expect(await rowsOf(shodanPort)).toContainEqual({ port: 443 })
  expect(await rowsOf(shodanProtocol)).toContainEqual({ name: 'mysql', description: 'Grab a MySQL banner' })
  expect(await rowsOf(shodanService)).toContainEqual({ port: 22, name: 'SSH' })
  expect(await rowsOf(shodanScan)).toEqual([
    {
      id: 'YEaVJdaB7vT3fn5M',
      status: 'DONE',
      created: '2022-07-06T10:00:00.123456Z',
      credits_left: 5,
      size: 1,
      status_check: '2022-07-06T11:00:00.000000Z',
    },
  ])
  expect(await rowsOf(shodanAccountProfile)).toEqual([
    { display_name: 'sandbox', member: true, credits: 0, created: '2020-12-15T10:48:40.134000Z' },
  ])
  expect(await rowsOf(shodanApiInfo)).toMatchObject([
    { plan: 'dev', query_credits: 1000, scan_credits: 0, https: false, monitored_ips: null },
  ])
})

describe('refusals', () => {
  test('a free account', async () => {
    const connection = connect({ api_key: shodanFreeKey })
    expect(await errorOf(host('8.8.8.8', { connection }))).toMatchObject({
      sqlState: 'HV000',
      message: "the account's plan does not include this",
      detail: 'HTTP 403: Requires membership or higher to access',
      hint: expect.stringContaining('membership'),
      retry: undefined,
    })
  })

  test('a wrong key, which no text of the error shows', async () => {
    const connection = connect({ api_key: 'guessed-key' })
    const error = await errorOf(host('8.8.8.8', { connection }))
    expect(error).toMatchObject({ message: 'Shodan does not accept the API key', code: 'HTTP 401' })
    sandbox.faults.add({ kind: 'error', status: 400, message: 'not with guessed-key' })
    const echoed = await errorOf(host('8.8.8.8', { connection }))
    expect(echoed.detail).toBe('HTTP 400: not with ***')
    for (const each of [error, echoed]) {
      expect(JSON.stringify({ ...each, message: each.message, cause: each.cause })).not.toContain('guessed')
    }
  })

  test('no key: no call', async () => {
    const connection = connect({}, { SHODAN_API_KEY: '' })
    expect(await errorOf(host('8.8.8.8', { connection }))).toMatchObject({
      message: 'no Shodan API key was found',
      detail: expect.stringContaining('SHODAN_API_KEY'),
    })
    expect(asked()).toEqual([])
  })

  test('an error within an answer that says 200', async () => {
    sandbox.faults.add({ kind: 'error', status: 200, message: 'Something is wrong' })
    expect(await errorOf(host('8.8.8.8'))).toMatchObject({
      message: 'Shodan refused the request',
      detail: 'HTTP 200: Something is wrong',
    })
  })

  test.each([{ kind: 'error', status: 503 }, { kind: 'throttle' }, { kind: 'cut' }] as const)(
    'that pass: %j',
    async (fault) => {
      sandbox.faults.add({ ...fault, times: 1 })
      expect(await host('89.248.165.99')).toHaveLength(1)
      await sandbox.calls.idle()
      expect(sandbox.calls.list().map(({ faults }) => faults)).toEqual([[fault.kind], []])
    },
  )

  test('an address where another API answers', async () => {
    const connection = connect({ endpoint_url: `${sandbox.url}/ipstack` })
    for (const table of plugin.tables.filter(({ keys }) => Object.keys(keys).length === 0)) {
      const { message } = await errorOf(collectRows(table, { connection }))
      expect(message, table.name).toBe('Shodan gave an answer that is not its own')
    }
    expect(await errorOf(host('8.8.8.8', { connection }))).toMatchObject({
      message: 'Shodan gave an answer that is not its own',
      hint: expect.stringContaining('SHODAN_ENDPOINT'),
    })
  })

  test('a cancelled query ends its call', async () => {
    sandbox.faults.add({ kind: 'hang' })
    const cancel = new AbortController()
    const begun = sandbox.calls.next()
    const reading = host('8.8.8.8', { signal: cancel.signal }).catch((error: unknown) => error)
    const call = await begun
    cancel.abort()
    expect(await reading).toBeInstanceOf(Error)
    await sandbox.calls.until(() => call.aborted)
  })
})

test('one request a second by default, whatever is asked', () => {
  const context = { connectionName: 'shodan', environment: { SHODAN_API_KEY: 'x' } }
  expect(plugin.limits?.(shodanConfig.parse({}), context)).toMatchObject({ rates: { '*': 1 } })
})
