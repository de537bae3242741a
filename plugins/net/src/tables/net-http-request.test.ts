import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { errorOf } from '@millrace/plugin-sdk/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { equal, NetHarness, type NetRequest } from '../testing/net-harness.js'
import { netHttpRequest } from './net-http-request.js'

let harness: NetHarness
beforeAll(async () => {
  harness = await NetHarness.start()
})
afterAll(() => harness.stop())
afterEach(() => harness.reset())

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

  type HttpRequest = NetRequest<typeof netHttpRequest.columns>
  const request = (url: string, quals: HttpRequest['quals'] = {}, connection = harness.connect()) =>
    harness.rowsOf(netHttpRequest, { connection, quals: { url: equal(url), ...quals } })

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
    const [row] = await request(origin, {}, harness.connect({}, { maxAnswerBytes: 1024 * 1024 }))
    expect(row).toMatchObject({ response_error: 'the answer is larger than 1 MB' })
  })

  test('addresses that are not public are refused: at once, after resolution, and after a redirect', async () => {
    const port = origin.split(':')[2]
    const connection = harness.connect({ allow_private_addresses: false })
    harness.sandbox.dns.overrides.set('inside.example.com', {
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
    const narrow = harness.connect({ allow_private_addresses: ['127.0.0.1'] })
    expect(await request(origin, {}, narrow)).toMatchObject([
      { response_error: expect.stringMatching(/^::1 is not public/) },
    ])
    expect(requests).toHaveLength(1)
  })

  test('a name that changes its answer gains nothing: what is checked is what is connected to', async () => {
    const port = origin.split(':')[2]
    const connection = harness.connect({ allow_private_addresses: ['127.0.0.1'] })
    const point = (data: string) =>
      harness.sandbox.dns.overrides.set('moving.example.com', {
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
    harness.sandbox.dns.overrides.set('other.example.com', {
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
    const reading = harness.rowsOf(netHttpRequest, { signal: cancel.signal, quals: { url: equal(origin) } })
    const failure = await errorOf(reading, Error)
    expect(failure).toBe(cancel.signal.reason)
    await gone
  })
})
