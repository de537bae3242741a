/** The tables over the sandbox's DNS and TLS servers, and over servers that a query must not reach. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Columns, Table } from '@millrace/plugin-sdk'
import { collectRows, errorOf, type ScanRequest } from '@millrace/plugin-sdk/testing'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { netConfig } from './config.js'
import type { NetConnection } from './connection.js'
import plugin from './plugin.js'
import { netCertificate } from './tables/net-certificate.js'
import { netConnection } from './tables/net-connection.js'
import { netDnsRecord } from './tables/net-dns-record.js'
import { netDnsReverse } from './tables/net-dns-reverse.js'
import { netHttpRequest } from './tables/net-http-request.js'
import { netTlsConnection } from './tables/net-tls-connection.js'

let sandbox: Sandbox
let connections: NetConnection[] = []

beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
beforeEach(() => {
  sandbox.calls.clear()
  sandbox.faults.clear()
  sandbox.dns.overrides.clear()
})
afterEach(async () => {
  for (const connection of connections) await plugin.close?.(connection)
  connections = []
})

function connect(settings: object = {}, context: { maxAnswerBytes?: number } = {}): NetConnection {
  const connection = plugin.connect(netConfig.parse({ ...sandbox.netSettings, ...settings }), {
    connectionName: 'net',
    environment: {},
    ...context,
  })
  connections.push(connection)
  return connection
}

const equal = <Value>(value: Value, ...others: Value[]) =>
  [{ operator: '=', values: [value, ...others] }] as const

type Request<TableColumns extends Columns> = Partial<ScanRequest<NetConnection, TableColumns>>

const rowsOf = <TableColumns extends Columns>(
  table: Table<NetConnection, TableColumns>,
  request: Request<TableColumns>,
) => collectRows(table, { connection: connect(), attempts: 1, ...request })

const asked = () =>
  sandbox.calls
    .list({ service: 'dns' })
    .map(({ operation, parameters }) => ({ operation, ...Object(parameters) }))

describe('net_dns_reverse', () => {
  const reverse = (addresses: [string, ...string[]], more: Request<typeof netDnsReverse.columns> = {}) =>
    rowsOf(netDnsReverse, { quals: { ip_address: equal(...addresses) }, ...more })

  test('names of addresses, of either kind; those without a name have no row', async () => {
    const rows = await reverse(['89.248.165.99', '157.230.162.15', '10.0.0.1', '10.0.0.0/8', '2600:1f18::1'])
    expect(rows.map(({ ip_address, domains }) => [ip_address, JSON.parse(String(domains))]).sort()).toEqual([
      ['2600:1f18::1', ['host-2600-1f18-1.example.net.']],
      ['89.248.165.99', ['host-89-248-165-99.example.net.', 'scanner-99.example.org.']],
    ])
    expect(asked()).toHaveLength(4)
  })

  test('addresses are asked for side by side', async () => {
    sandbox.faults.add({ kind: 'hang', service: 'dns' })
    const cancel = new AbortController()
    const addresses = Array.from({ length: 30 }, (_, index) => `8.8.8.${index}`)
    const reading = reverse(addresses as [string], { signal: cancel.signal }).catch(() => {})
    await sandbox.calls.until((log) => log.count({ service: 'dns' }) >= 30)
    cancel.abort()
    await reading
  })

  test('one that the server cannot tell is left out with a notice; the others are there', async () => {
    sandbox.dns.overrides.set('8.8.8.8.in-addr.arpa', { rcode: 'SERVFAIL' })
    const left: string[] = []
    const rows = await reverse(['8.8.8.8', '89.248.165.99'], { onLeftOut: (part) => left.push(part) })
    expect(rows).toHaveLength(1)
    expect(left).toEqual(['8.8.8.8'])
  })

  test('a server that fails for all is an error', async () => {
    sandbox.faults.add({ kind: 'error', service: 'dns' })
    expect(await errorOf(reverse(['8.8.8.8', '89.248.165.99']))).toMatchObject({
      message: 'the DNS server could not tell PTR of 8.8.8.8.in-addr.arpa',
      code: 'SERVFAIL',
    })
  })

  test('a server that is not there, or silent, is an error soon', async () => {
    const gone = await startSandbox()
    await gone.stop()
    const connection = connect({ dns_server: gone.netSettings.dns_server, timeout: 100 })
    expect(await errorOf(reverse(['8.8.8.8'], { connection }))).toMatchObject({
      sqlState: 'HV00N',
      message: 'the DNS server did not answer',
      detail: expect.stringContaining('ECONNREFUSED'),
    })
    sandbox.faults.add({ kind: 'hang', service: 'dns' })
    expect(await errorOf(reverse(['8.8.8.8'], { connection: connect({ timeout: 50 }) }))).toMatchObject({
      detail: expect.stringContaining('ETIMEDOUT'),
    })
    expect(asked()).toHaveLength(3)
  })
})

describe('net_dns_record', () => {
  type Quals = Request<typeof netDnsRecord.columns>['quals']
  const records = (quals: Quals, more: Request<typeof netDnsRecord.columns> = {}) =>
    rowsOf(netDnsRecord, { quals: { domain: equal('example.com'), ...quals }, ...more })

  test('records of every type, each by a question of its own', async () => {
    const rows = await records({})
    const ofType = (type: string) => rows.filter((row) => row.type === type)
    expect(ofType('A')).toMatchObject([
      { domain: 'example.com', ip: '127.0.0.1', ttl: 300, dns_server: null },
    ])
    expect(ofType('AAAA')).toMatchObject([{ ip: '::1' }])
    expect(ofType('MX')).toMatchObject([
      { target: 'mail.example.com.', priority: 0 },
      { target: 'backup.example.com.', priority: 10 },
    ])
    expect(ofType('NS')).toMatchObject([{ target: 'ns1.example.com.' }])
    expect(ofType('SOA')).toMatchObject([
      { target: 'ns1.example.com.', serial: 2022070601, refresh: 7200, retry: 3600, minimum: 0, ttl: 0 },
    ])
    expect(ofType('CAA')).toMatchObject([{ tag: 'issue', value: 'ca.example.net' }])
    expect(ofType('CERT')).toMatchObject([
      { value: 'example.com.\t300\tIN\tCERT\tPKIX 12345 8 YSBjZXJ0aWZpY2F0ZQ==' },
    ])
    expect(
      asked()
        .map(({ operation }) => operation)
        .sort(),
    ).toEqual([...['A', 'AAAA', 'CAA', 'CERT', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT']])
  })

  test('a TXT record in several strings is one text', async () => {
    const rows = await records({ type: equal('TXT') })
    expect(rows.map(({ value }) => value)).toEqual(['v=spf1 include:_spf.example.com -all', 'hello'])
  })

  test('an alias is a CNAME, not an address', async () => {
    const rows = await records({ domain: equal('www.example.com'), type: equal('A', 'CNAME') })
    expect(rows.map(({ type, target, ip }) => ({ type, target, ip }))).toContainEqual({
      type: 'CNAME',
      target: 'example.com.',
      ip: undefined,
    })
    expect(rows).toContainEqual(expect.objectContaining({ type: 'A', ip: '127.0.0.1' }))
    expect(rows).toHaveLength(2)
  })

  test('a truncated answer is asked for again over TCP, and whole', async () => {
    const rows = await records({ domain: equal('large.example.com'), type: equal('TXT') })
    expect(rows).toHaveLength(40)
    expect(asked().map(({ transport }) => transport)).toEqual(['udp', 'tcp'])
  })

  test('a server without EDNS is asked again without', async () => {
    sandbox.dns.knowsEdns = false
    expect(await records({ type: equal('NS') })).toHaveLength(1)
    sandbox.dns.knowsEdns = true
    expect(asked()).toHaveLength(2)
  })

  test('names that do not exist, or cannot, have no rows', async () => {
    const names = ['nothing.example.com', '', 'a..b', 'x'.repeat(70)] as const
    expect(await records({ domain: equal(...names), type: equal('A') })).toEqual([])
    expect(asked()).toHaveLength(1)
  })

  test('one bad domain does not keep back the others', async () => {
    const left: string[] = []
    const rows = await records(
      { domain: equal('broken.example.com', 'refused.example.com', 'example.com'), type: equal('A') },
      { onLeftOut: (part, { code }) => left.push(`${part}: ${code}`) },
    )
    expect(rows).toMatchObject([{ domain: 'example.com' }])
    expect(left.sort()).toEqual(['A of broken.example.com: SERVFAIL', 'A of refused.example.com: REFUSED'])
    expect(await errorOf(records({ domain: equal('broken.example.com'), type: equal('A') }))).toMatchObject({
      detail: 'It answered SERVFAIL: the servers of the domain may not answer.',
    })
  })

  test('a type that is not known', async () => {
    expect(await errorOf(records({ type: equal('a') }))).toMatchObject({
      message: 'there is no type "a" of records',
    })
  })

  test('a server that the query names: shown as it stands there, and only public ones are asked', async () => {
    const server = sandbox.dns.address
    const connection = connect({ dns_server: '127.0.0.1:1' })
    const rows = await records({ type: equal('NS'), dns_server: equal(server) }, { connection })
    expect(rows).toMatchObject([{ dns_server: server }])
    sandbox.calls.clear()
    for (const dns_server of [server, '[::ffff:127.0.0.1]:53', 'localhost', '10.0.0.1']) {
      const refused = records(
        { type: equal('NS'), dns_server: equal(dns_server) },
        { connection: connect({ allow_private_addresses: false }) },
      )
      expect((await errorOf(refused)).message).toMatch(
        / is not public, and the setting allow_private_addresses/,
      )
    }
    expect(asked()).toEqual([])
  })
})

describe('net_connection', () => {
  const attempt = (address: string, protocol?: string, connection = connect()) =>
    rowsOf(netConnection, {
      connection,
      quals: { address: equal(address), ...(protocol === undefined ? {} : { protocol: equal(protocol) }) },
    })

  test('a port that is open, and one that is not', async () => {
    const { address } = sandbox.dns
    expect(await attempt(address)).toEqual([
      {
        protocol: 'tcp',
        address,
        connected: true,
        local_address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        remote_address: address,
      },
    ])
    expect(await attempt('127.0.0.1:1')).toMatchObject([
      { connected: false, error: expect.stringContaining('ECONNREFUSED') },
    ])
    expect(await attempt(address, 'udp')).toMatchObject([{ protocol: 'udp', connected: true }])
  })

  test('names are resolved by the DNS server of the connection', async () => {
    const port = sandbox.dns.address.split(':')[1]
    expect(await attempt(`www.example.com:${port}`, 'tcp4')).toMatchObject([{ connected: true }])
    expect(await attempt('nothing.example.com:80')).toMatchObject([
      { connected: false, error: expect.stringContaining('ENOTFOUND') },
    ])
  })

  test.each([
    ['no-port', undefined, /the port is missing/],
    ['127.0.0.1:99999', undefined, /there is no port 99999/],
    ['127.0.0.1:1', 'unix', /unknown protocol "unix"/],
    ['::1:80', undefined, /with an IPv6 address in brackets/],
  ])('what cannot be asked: %s, %s', async (address, protocol, error) => {
    expect(await attempt(address, protocol)).toMatchObject([
      { connected: false, error: expect.stringMatching(error) },
    ])
  })

  test('addresses that are not public are refused, however they are written or reached', async () => {
    const connection = connect({ allow_private_addresses: false })
    const port = sandbox.dns.address.split(':')[1]
    const records = (type: 'A' | 'AAAA', data: string) => ({
      records: [{ name: 'inside.example.com', type, data, ttl: 0 } as const],
    })
    for (const host of [
      '127.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[64:ff9b::7f00:1]',
      'localhost',
      '0.0.0.0',
    ]) {
      for (const protocol of ['tcp', 'udp']) {
        expect(await attempt(`${host}:${port}`, protocol, connection), host).toMatchObject([
          { connected: false, error: expect.stringContaining('is not public') },
        ])
      }
    }
    for (const [type, data] of [
      ['A', '127.0.0.1'],
      ['A', '169.254.169.254'],
      ['AAAA', '::ffff:127.0.0.1'],
    ] as const) {
      sandbox.dns.overrides.set('inside.example.com', records(type, data))
      expect(await attempt(`inside.example.com:${port}`, undefined, connection)).toMatchObject([
        {
          connected: false,
          error: expect.stringMatching(/the address of inside\.example\.com, is not public/),
        },
      ])
    }
  })
})

describe('net_http_request', () => {
  let server: Server
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  let requests: IncomingMessage[]
  let origin: string

  beforeEach(async () => {
    requests = []
    answer = (_, response) => response.end('hello')
    server = createServer((request, response) => {
      requests.push(request)
      answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  type HttpRequest = Request<typeof netHttpRequest.columns>
  const request = (url: string, quals: HttpRequest['quals'] = {}, connection = connect()) =>
    rowsOf(netHttpRequest, { connection, quals: { url: equal(url), ...quals } })

  test('an answer', async () => {
    answer = (_, response) => {
      response.writeHead(404, { 'x-one': ['1', '2'], 'content-encoding': 'gzip' }).end(gzipSync('not here'))
    }
    const [row] = await request(`${origin}/a?b=c`)
    expect(row).toMatchObject({
      url: `${origin}/a?b=c`,
      method: 'GET',
      follow_redirects: true,
      request_body: null,
      request_headers: null,
      response_status_code: 404,
      response_body: 'not here',
      response_error: '',
    })
    expect(JSON.parse(String(row?.response_headers))).toMatchObject({ 'X-One': ['1', '2'] })
    expect(requests[0]?.url).toBe('/a?b=c')
  })

  test('a POST with body and headers, which the row repeats', async () => {
    let body = ''
    answer = (incoming, response) => {
      incoming.on('data', (chunk) => (body += String(chunk)))
      incoming.on('end', () => response.end())
    }
    const headers = '{"X-List": ["a", "b"], "X-One": "1"}' as never
    const [row] = await request(origin, {
      method: equal('POST'),
      request_body: equal('{"q": 1}'),
      request_headers: equal(headers),
    })
    expect(row).toMatchObject({ request_body: '{"q": 1}', request_headers: headers, response_body: null })
    expect(body).toBe('{"q": 1}')
    expect(requests[0]?.headers).toMatchObject({ 'x-list': 'a, b', 'x-one': '1' })
  })

  test('redirects are followed, or not, as the value says', async () => {
    answer = (incoming, response) =>
      incoming.url === '/from' ? response.writeHead(302, { location: '/to' }).end() : response.end('arrived')
    expect(await request(`${origin}/from`)).toMatchObject([{ response_body: 'arrived' }])
    expect(await request(`${origin}/from`, { follow_redirects: equal(false) })).toMatchObject([
      { follow_redirects: false, response_status_code: 302 },
    ])
    const other = await request(`${origin}/from`, { follow_redirects: [{ operator: '<>', value: true }] })
    expect(other).toMatchObject([{ follow_redirects: false, response_status_code: 302 }])
    answer = (_, response) => response.writeHead(302, { location: '/again' }).end()
    expect(await request(origin)).toMatchObject([{ response_error: 'stopped after 10 redirects' }])
  })

  test('what fails stands in the row', async () => {
    for (const [url, quals, error] of [
      ['http://127.0.0.1:1/', {}, /ECONNREFUSED/],
      ['http://nothing.example.com/', {}, /ENOTFOUND/],
      ['ftp://example.com/', {}, /unsupported protocol "ftp"/],
      ['no url', {}, /is no URL/],
      [origin, { method: equal('DELETE') }, /the method DELETE is not one of GET/],
      [origin, { request_headers: equal('{"X": 1}' as never) }, /neither a text nor a list/],
      [origin, { request_headers: equal('{"X Y": "1"}' as never) }, /./],
    ] as const) {
      expect(await request(url, quals), url).toMatchObject([
        { url, response_error: expect.stringMatching(error) },
      ])
    }
    expect(requests).toHaveLength(0)
  })

  test('a body is bounded', async () => {
    answer = (_, response) => {
      const more = () => {
        if (!response.destroyed) response.write(Buffer.alloc(64 * 1024), () => setImmediate(more))
      }
      more()
    }
    const [row] = await request(origin, {}, connect({}, { maxAnswerBytes: 1024 * 1024 }))
    expect(row).toMatchObject({ response_error: 'the answer is larger than 1 MB' })
  })

  test('addresses that are not public are refused: at once, after resolution, and after a redirect', async () => {
    const port = origin.split(':')[2]
    const connection = connect({ allow_private_addresses: false })
    sandbox.dns.overrides.set('inside.example.com', {
      records: [{ name: 'inside.example.com', type: 'A', data: '127.0.0.1', ttl: 0 }],
    })
    for (const host of [
      '127.0.0.1',
      '0x7f.1',
      '2130706433',
      '[::ffff:127.0.0.1]',
      'localhost',
      'inside.example.com',
    ]) {
      expect(await request(`http://${host}:${port}/`, {}, connection), host).toMatchObject([
        { response_error: expect.stringContaining('is not public') },
      ])
    }
    expect(requests).toHaveLength(0)
    // Allowed at first, and led to what is not.
    answer = (_, response) => response.writeHead(307, { location: `http://[::1]:${port}/` }).end()
    const narrow = connect({ allow_private_addresses: ['127.0.0.1'] })
    expect(await request(origin, {}, narrow)).toMatchObject([
      { response_error: expect.stringMatching(/^::1 is not public/) },
    ])
    expect(requests).toHaveLength(1)
  })

  test('a name that changes its answer gains nothing: what is checked is what is connected to', async () => {
    const port = origin.split(':')[2]
    const connection = connect({ allow_private_addresses: ['127.0.0.1'] })
    const point = (data: string) =>
      sandbox.dns.overrides.set('moving.example.com', {
        records: [{ name: 'moving.example.com', type: 'A', data, ttl: 0 }],
      })
    point('127.0.0.1')
    answer = (_, response) => {
      point('127.0.0.2')
      response.writeHead(302, { location: `http://moving.example.com:${port}/`, connection: 'close' }).end()
    }
    expect(await request(`http://moving.example.com:${port}/`, {}, connection)).toMatchObject([
      {
        response_error: expect.stringMatching(
          /^127\.0\.0\.2, the address of moving\.example\.com, is not public/,
        ),
      },
    ])
    expect(requests).toHaveLength(1)
  })

  test('secrets do not follow to another origin', async () => {
    sandbox.dns.overrides.set('other.example.com', {
      records: [{ name: 'other.example.com', type: 'A', data: '127.0.0.1', ttl: 0 }],
    })
    const port = origin.split(':')[2]
    answer = (incoming, response) =>
      incoming.url === '/from'
        ? response.writeHead(302, { location: `http://other.example.com:${port}/to` }).end()
        : response.end()
    await request(`${origin}/from`, {
      request_headers: equal('{"Authorization": "Bearer x", "X-Mine": "y"}' as never),
    })
    expect(requests[0]?.headers).toMatchObject({ authorization: 'Bearer x', 'x-mine': 'y' })
    expect(requests[1]?.headers.authorization).toBeUndefined()
    expect(requests[1]?.headers).toMatchObject({ 'x-mine': 'y' })
  })

  test('a cancelled query ends its request', async () => {
    const cancel = new AbortController()
    const gone = new Promise((resolve) => {
      answer = (incoming) => {
        incoming.socket.once('close', resolve)
        cancel.abort()
      }
    })
    const reading = rowsOf(netHttpRequest, { signal: cancel.signal, quals: { url: equal(origin) } })
    const failure = await errorOf(reading, Error)
    expect(failure).toBe(cancel.signal.reason)
    await gone
  })
})

describe('net_certificate', () => {
  let addresses: Awaited<ReturnType<Sandbox['startTlsServers']>>['addresses']
  beforeAll(async () => {
    addresses = (await sandbox.startTlsServers()).addresses
  })

  type CertificateRequest = Request<typeof netCertificate.columns>
  const columns = Object.keys(netCertificate.columns).filter(
    (column) => column !== 'transparent',
  ) as CertificateRequest['columns']
  const certificate = (address: string, more: CertificateRequest = {}) =>
    rowsOf(netCertificate, { columns, quals: { address: equal(address) }, ...more } as CertificateRequest)

  test('a certificate, its chain and its state', async () => {
    const [row] = await certificate(addresses.valid)
    expect(row).toMatchObject({
      domain: null,
      address: addresses.valid,
      common_name: 'example.com',
      subject: 'CN=example.com,ST=California,L=Windsor,OU=Web,O=Example,C=US',
      issuer: 'CN=Sandbox Authority,O=Sandbox,C=US',
      issuer_name: 'Sandbox Authority',
      serial_number: '0a11ce'.padStart(32, '0'),
      is_ca: false,
      public_key_algorithm: 'ECDSA',
      public_key_length: 256,
      signature_algorithm: 'ECDSA-SHA256',
      ip_address: '127.0.0.1',
      country: 'US',
      state: 'California',
      locality: 'Windsor',
      organization: 'Example',
      ou: '["Web"]',
      dns_names: '["example.com","www.example.com"]',
      ip_addresses: '["127.0.0.1"]',
      email_addresses: null,
      issuing_certificate_url: null,
      revoked: false,
      ocsp: '{"status":"good"}',
    })
    expect(JSON.parse(String(row?.chain))).toMatchObject([
      { common_name: 'Sandbox Authority', is_certificate_authority: true },
    ])
  })

  test('a revoked one', async () => {
    const [row] = await certificate(addresses.revoked)
    expect(row?.revoked).toBe(true)
    expect(JSON.parse(String(row?.ocsp))).toEqual({
      status: 'revoked',
      revoked_at: '2022-07-06T00:00:00Z',
      revocation_reason: 'key-compromise',
    })
  })

  test('either the list or the OCSP server suffices; with neither, it is not known', async () => {
    expect(await certificate(addresses.withoutOcsp)).toMatchObject([{ revoked: false, ocsp: null }])
    const down = (operation: string) => sandbox.faults.add({ kind: 'error', service: 'pki', operation })
    down('ocsp')
    expect(await certificate(addresses.revoked)).toMatchObject([{ revoked: true, ocsp: null }])
    sandbox.faults.clear()
    down('crl')
    expect(await certificate(addresses.revoked)).toMatchObject([{ revoked: true }])
    down('ocsp')
    expect(await certificate(addresses.revoked)).toMatchObject([{ revoked: null, ocsp: null }])
  })

  test('URLs of certificates must be public too', async () => {
    const connection = connect({ allow_private_addresses: ['127.0.0.2'] })
    sandbox.calls.clear()
    await expect(certificate(addresses.valid, { connection })).rejects.toThrow(/is not public/)
    expect(sandbox.calls.list({ service: 'pki' })).toEqual([])
  })

  test('one that signed itself and has expired is shown as it is', async () => {
    expect(await certificate(addresses.selfSigned)).toMatchObject([
      { common_name: 'self-signed.example.com', chain: '[]', revoked: null, crl_distribution_points: null },
    ])
  })

  test('servers that do not answer have no row, and a notice; domains that do not exist have none', async () => {
    const left: string[] = []
    const onLeftOut = (part: string) => left.push(part)
    expect(await certificate('127.0.0.1:1', { onLeftOut })).toEqual([])
    expect(await certificate(sandbox.url.replace('http://', ''), { onLeftOut })).toEqual([])
    expect(left).toHaveLength(2)
    expect(await certificate('nothing.example.com:443')).toEqual([])
    expect((await errorOf(certificate('example.com'))).message).toMatch(/the port is missing/)
  })

  test('whether it stands in a transparency log', async () => {
    const server = createServer((_, response) => {
      response.end(JSON.stringify([{ serial_number: '0a11ce' }]))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const transparent = (address: string) =>
      certificate(address, { columns: ['transparent'], connection: connect({ transparency_url: url }) })
    expect(await transparent(addresses.valid)).toMatchObject([{ transparent: true }])
    expect(await transparent(addresses.revoked)).toMatchObject([{ transparent: false }])
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect((await errorOf(transparent(addresses.valid))).message).toBe(
      'the transparency log could not be asked',
    )
  })
})

describe('net_tls_connection', () => {
  let addresses: Awaited<ReturnType<Sandbox['startTlsServers']>>['addresses']
  beforeAll(async () => {
    addresses = (await sandbox.startTlsServers()).addresses
  })
  type TlsRequest = Request<typeof netTlsConnection.columns>
  const handshakes = (address: string, quals: TlsRequest['quals'] = {}, connection = connect()) =>
    rowsOf(netTlsConnection, { connection, quals: { address: equal(address), ...quals } })

  test('every combination has a row; only what goes together is tried', async () => {
    const rows = await handshakes(addresses.withoutOcsp)
    expect(rows).toHaveLength(100)
    const completed = rows.filter((row) => row.handshake_completed)
    expect(completed.map(({ version }) => version)).toContain('TLS v1.2')
    expect(completed.map(({ version }) => version)).not.toContain('TLS v1.3')
    expect(completed).toContainEqual({
      address: addresses.withoutOcsp,
      server_name: null,
      version: 'TLS v1.2',
      cipher_suite_name: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      cipher_suite_id: '0xc02b',
      handshake_completed: true,
      alpn_supported: true,
      local_address: expect.any(String),
      remote_address: addresses.withoutOcsp,
    })
    const impossible = rows.filter((row) => row.error === 'unsupported protocol-cipher combination')
    expect(impossible).toHaveLength(53)
  })

  test('a suite of TLS 1.3 is the one that was asked for', async () => {
    const rows = await handshakes(addresses.valid, {
      version: equal('TLS v1.3'),
      cipher_suite_name: equal('TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384', 'NONE'),
    })
    expect(rows.map(({ handshake_completed: done }) => done)).toEqual([true, true, false])
  })

  test('addresses that are not public are refused', async () => {
    const rows = await handshakes(
      addresses.valid,
      { version: equal('TLS v1.3') },
      connect({ allow_private_addresses: false }),
    )
    const tried = rows.filter(({ error }) => !/unsupported/.test(String(error)))
    expect(tried).toHaveLength(3)
    expect(tried.every(({ error }) => /is not public/.test(String(error)))).toBe(true)
  })
})
