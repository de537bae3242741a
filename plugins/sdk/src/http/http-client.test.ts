/** The client against a server on this machine, which answers as each test says. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ApiError } from '../api-error.js'
import { errorOf } from '../testing/error-of.js'
import { HttpClient, type HttpClientOptions } from './http-client.js'

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown

let server: Server
let answer: Answer
let sockets = 0
let clients: HttpClient[]
let url: string

beforeEach(async () => {
  server = createServer((request, response) => void answer(response, request))
  sockets = 0
  server.on('connection', () => sockets++)
  clients = []
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const client of clients) await client.close()
  await stopServer()
})

async function stopServer(): Promise<void> {
  server.closeAllConnections()
  if (server.listening) await new Promise((resolve) => server.close(resolve))
}

const api = {
  name: 'Acme',
  credentials: 'token',
  hints: { credentials: 'Set token.', address: 'Check the setting url', throttled: 'Ask for fewer users.' },
}

function clientOf(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = new HttpClient({ api, url, ...options })
  clients.push(client)
  return client
}

const signal = new AbortController().signal

const say = (status: number, body: string | Buffer, headers: Record<string, string> = {}) => {
  answer = (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

/** All that anybody could be shown of an error. */
function textsOf(error: ApiError): string {
  return JSON.stringify({ ...error, message: error.message, cause: error.cause, stack: error.stack })
}

const ask = async (options: Partial<HttpClientOptions> = {}) =>
  (await clientOf(options).get('/users', { signal })).expectJson()

describe('a request', () => {
  test('has the path and parameters of the API, of the request, and the secret ones', async () => {
    answer = (response, request) => {
      const { accept, 'x-version': version, 'x-more': more, authorization } = request.headers
      response.end(JSON.stringify({ url: request.url, accept, version, more, authorization }))
    }
    const client = clientOf({
      url: `${url}/v1/`,
      headers: { 'x-version': '2' },
      secrets: { query: { key: 'a b' }, headers: { authorization: 'Bearer abc' } },
    })
    const request = { signal, query: { name: 'ä&', team: undefined }, headers: { 'x-more': 'yes' } }
    expect((await client.get('/users', request)).expectJson()).toEqual({
      url: '/v1/users?key=a+b&name=%C3%A4%26',
      accept: 'application/json',
      version: '2',
      more: 'yes',
      authorization: 'Bearer abc',
    })
  })

  test('with a body is sent as JSON', async () => {
    answer = async (response, request) => {
      const { method, headers } = request
      response.end(JSON.stringify({ method, type: headers['content-type'], sent: await text(request) }))
    }
    expect((await clientOf().post('/search', { ids: [1] }, { signal })).expectJson()).toEqual({
      method: 'POST',
      type: 'application/json',
      sent: '{"ids":[1]}',
    })
  })

  test('goes over a connection that is there already', async () => {
    say(200, '[]')
    const client = clientOf()
    for (let i = 0; i < 5; i++) await client.get('/', { signal })
    // The next request may come while the last answer's connection is still being put back.
    expect(sockets).toBeLessThanOrEqual(2)
  })
})

describe('an answer', () => {
  test('is given with status, headers and JSON', async () => {
    say(404, '{"error":"none"}', { link: '</next>; rel="next"' })
    const given = await clientOf().get('/users/1', { signal })
    expect(given).toMatchObject({ status: 404, json: { error: 'none' }, text: '{"error":"none"}' })
    expect(given.headers.link).toBe('</next>; rel="next"')
  })

  test('may be packed', async () => {
    say(200, gzipSync('{"name":"Bob"}'), { 'content-encoding': 'gzip' })
    expect(await ask()).toEqual({ name: 'Bob' })
  })

  test('whose packing is broken may be whole the next time', async () => {
    say(200, gzipSync('{"name":"Bob"}').subarray(0, 15), { 'content-encoding': 'gzip' })
    expect(await errorOf(ask())).toMatchObject({
      message: 'the answer of Acme is cut short or garbled',
      detail: `Z_BUF_ERROR in what ${url} sent`,
      retry: 'unanswered',
    })
  })

  test.each([
    ['as it is', Buffer.alloc(1024 * 1024 + 1, ' '), {}],
    ['once unpacked', gzipSync(Buffer.alloc(1024 * 1024 + 1, ' ')), { 'content-encoding': 'gzip' }],
  ])('that is too large %s is not read on', async (_, body, headers) => {
    say(200, body, headers)
    expect(await errorOf(ask({ maxAnswerBytes: 1024 * 1024 }))).toMatchObject({
      sqlState: 'HV000',
      message: 'the answer is larger than 1 MB',
      hint: expect.stringContaining('max_answer_mb'),
    })
  })
})

describe('an error tells, for', () => {
  test.each([
    [401, '{}', 'Acme does not accept the token', 'Set token.', undefined],
    [403, '{"error":"no"}', 'Acme denied access', undefined, undefined],
    [429, '', 'Acme was asked too often', 'Ask for fewer users.', 'throttled'],
    [500, 'oh no', 'Acme gave an answer that is not its own', /^Check the setting url, and/, 'transient'],
    [404, '{}', 'Acme gave an answer that is not its own', /^Check the setting url, and/, undefined],
  ] as const)('status %i', async (status, body, message, hint, retry) => {
    say(status, body, { 'retry-after': '7' })
    const error = await errorOf(ask())
    expect(error).toMatchObject({
      sqlState: 'HV000',
      code: `HTTP ${status}`,
      message,
      detail: `HTTP ${status}, application/json: ${body || 'no content'}`,
      retry,
      hint: hint instanceof RegExp ? expect.stringMatching(hint) : hint,
    })
    if (retry !== undefined) expect(error.retryAfter).toBe(7000)
  })

  test('a page of HTML', async () => {
    say(200, '<html>\n<title>Sign in</title>\u0000', { 'content-type': 'text/html' })
    expect(await errorOf(ask())).toMatchObject({
      message: 'Acme gave an answer that is not its own',
      code: undefined,
      detail: 'HTTP 200, text/html: <html> <title>Sign in</title>',
      hint: expect.stringContaining('sign-in page'),
      retry: undefined,
    })
  })

  test.each(['', '{"name": "B'])('half an answer, which may be whole the next time: %j', async (body) => {
    say(200, body)
    expect(await errorOf(ask())).toMatchObject({ retry: 'unanswered' })
  })

  test('a redirect, which is not followed', async () => {
    let asked = 0
    answer = (response) => {
      asked++
      response.writeHead(302, { location: '/login?back=secret-token', 'content-type': 'text/plain' }).end()
    }
    const error = await errorOf(ask({ secrets: { query: { key: 'secret-token' } } }))
    expect(error.detail).toBe('HTTP 302, text/plain, leads to /login?back=***: no content')
    expect(asked).toBe(1)
  })

  test('nobody there', async () => {
    await stopServer()
    expect(await errorOf(ask())).toMatchObject({
      sqlState: 'HV00N',
      message: 'Acme could not be reached',
      detail: `ECONNREFUSED at ${url}`,
      hint: 'Check the setting url, and the network.',
      retry: 'unanswered',
    })
  })

  test('a connection that is cut', async () => {
    answer = (response) => response.destroy()
    expect(await errorOf(ask())).toMatchObject({ sqlState: 'HV00N', retry: 'transient' })
  })

  test('silence', async () => {
    answer = () => {}
    expect(await errorOf(ask({ answerTimeout: 50 }))).toMatchObject({
      sqlState: 'HV00N',
      detail: `UND_ERR_HEADERS_TIMEOUT at ${url}`,
      retry: 'unanswered',
    })
  })
})

describe('secrets are in no text of an error', () => {
  const token = 'to ken/<&"\\é'
  const secrets = {
    query: { key: token },
    headers: { authorization: `Bearer ${Buffer.from(token).toString('base64')}` },
  }
  const spellings = [
    token,
    encodeURIComponent(token),
    new URLSearchParams({ key: token }).toString().slice(4),
    JSON.stringify(token),
    'to ken/&lt;&amp;&quot;\\é',
    secrets.headers.authorization,
    Buffer.from(token).toString('base64'),
  ]

  test.each(spellings)('that an API repeats as %s', async (spelling) => {
    say(500, `you asked with ${spelling}, and ${'x'.repeat(140)}${spelling}`)
    const error = await errorOf(ask({ secrets }))
    expect(error.detail).toMatch(/^HTTP 500, application\/json: you asked with "?\*\*\*"?, and x/)
    for (const secret of spellings) expect(textsOf(error)).not.toContain(JSON.stringify(secret).slice(1, -1))
  })

  test.each<[string, Answer]>([
    ['the connection is cut', (response) => response.destroy()],
    ['nothing is said', () => {}],
    ['the protocol is none', (response) => response.socket?.end('no HTTP\r\n\r\n')],
    ['too much is said', (response) => response.end(Buffer.alloc(2000, ' '))],
  ])('where %s', async (_, given) => {
    answer = given
    const error = await errorOf(ask({ secrets, answerTimeout: 50, maxAnswerBytes: 1000 }))
    for (const secret of [...spellings, 'Bearer']) expect(textsOf(error)).not.toContain(secret)
  })
})

describe('ending', () => {
  test('a signal that is aborted already makes no request', async () => {
    let asked = 0
    answer = () => asked++
    const reason = new Error('cancelled')
    await expect(clientOf().get('/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(asked).toBe(0)
  })

  test.each(['before the answer', 'within it'])('a signal ends the request: %s', async (when) => {
    const cancel = new AbortController()
    const ended = new Promise<void>((resolve) => {
      answer = (response) => {
        response.on('close', resolve)
        if (when === 'within it') response.write('[')
        setImmediate(() => cancel.abort(new Error('cancelled')))
      }
    })
    await expect(clientOf().get('/', { signal: cancel.signal })).rejects.toThrow('cancelled')
    await ended
  })

  test('closing ends connections that are kept, and requests', async () => {
    say(200, '[]')
    const client = clientOf()
    const connected = once(server, 'connection')
    await client.get('/', { signal })
    const [socket] = await connected
    const closed = once(socket, 'close')
    await client.close()
    await closed

    const other = clientOf()
    const asked = new Promise<void>((resolve) => {
      answer = () => resolve()
    })
    const asking = errorOf(other.get('/', { signal }))
    await asked
    await other.close()
    expect(await asking).toMatchObject({ sqlState: 'HV00N' })
    expect(await errorOf(other.get('/', { signal }))).toMatchObject({ sqlState: 'HV00N' })
  })
})
