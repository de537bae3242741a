/** What is recorded over a server of this machine is replayed once that has gone; no secret is in the file. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HttpClient, type HttpClientOptions } from '../http/http-client.js'
import { errorOf } from './error-of.js'
import { recordedHttp } from './recorded-http.js'

let folder = ''
let file = ''
let server: Server
let url = ''
let asked = 0
let answer: (request: IncomingMessage, response: ServerResponse) => unknown
const clients: HttpClient[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-recording-'))
  file = join(folder, 'recordings/answers.json')
  asked = 0
  server = createServer((request, response) => {
    asked++
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

const signal = new AbortController().signal

function clientOf(secrets: HttpClientOptions['secrets'] = {}): HttpClient {
  const client = new HttpClient({ api: { name: 'Acme' }, url: `${url}/v1`, secrets })
  clients.push(client)
  return client
}

/** Records what some work is answered; then does it again, without the server. */
async function recordAndReplay<Result>(
  work: () => Promise<Result>,
  secrets: readonly string[] = [],
): Promise<{ readonly recorded: Result; readonly replayed: Result; readonly text: string }> {
  const recording = await recordedHttp(file, { record: true, secrets })
  const recorded = await work()
  await recording.end()
  const before = asked
  const replay = await recordedHttp(file, { record: false, secrets })
  const replayed = await work()
  await replay.end()
  expect(asked).toBe(before)
  return { recorded, replayed, text: await readFile(file, 'utf8') }
}

test('answers are replayed as they were: status, headers, body, and in their order', async () => {
  answer = ({ url }, response) => {
    response.writeHead(url?.endsWith('gone') ? 404 : 200, {
      'content-type': 'application/json',
      'x-left': '7',
    })
    response.end(JSON.stringify({ asked, url }))
  }
  const { recorded, replayed, text } = await recordAndReplay(async () => {
    const client = clientOf()
    const all = [
      await client.get('/users', { signal, query: { page: '2' } }),
      await client.get('/users', { signal, query: { page: '2' } }),
      await client.get('/gone', { signal }),
      await client.post('/search', { name: 'a' }, { signal }),
      await client.post('/search', { name: 'b' }, { signal }),
    ]
    return all.map(({ status, headers, json }) => ({ status, left: headers['x-left'], json }))
  })
  expect(replayed).toEqual(recorded)
  expect(recorded.map(({ status }) => status)).toEqual([200, 200, 404, 200, 200])
  // For people to read.
  expect(text).toContain(`"url": "${url}/v1/users?page=2"`)
  expect(text).toContain('"name": "b"')
  expect(text).not.toMatch(/"(?:date|connection|content-length)"/)
})

test('the last of equal answers is given again and again', async () => {
  answer = (_, response) => response.end(JSON.stringify({ asked }))
  const recording = await recordedHttp(file, { record: true })
  const client = clientOf()
  await client.get('/users', { signal })
  await client.get('/users', { signal })
  await recording.end()
  const replay = await recordedHttp(file, { record: false })
  const given: unknown[] = []
  for (let time = 0; time < 4; time++) given.push((await client.get('/users', { signal })).json)
  expect(given).toEqual([{ asked: 1 }, { asked: 2 }, { asked: 2 }, { asked: 2 }])
  expect(replay.requests).toEqual(Array(4).fill(`GET ${url}/v1/users`))
  await replay.end()
})

test.each([
  '{"big": 12345678901234567890, "one": 1.0}',
  '<html>no JSON</html>',
  '',
  '{"cut": ',
  '{"escaped":"\\u2122 \\" 1.0"}',
  '{\n  "spaced": [1, 2,   "a  b"]\n}',
])('no character that matters is lost: %s', async (body) => {
  answer = (_, response) => response.end(body)
  const { replayed } = await recordAndReplay(async () => (await clientOf().get('/', { signal })).text)
  const expected = /spaced|escaped/.test(body) ? JSON.stringify(JSON.parse(body)) : body
  expect(replayed).toBe(expected)
})

test('no secret gets into the file, wherever it comes back', async () => {
  const secrets = {
    query: { access_key: 'query&secret' },
    headers: { authorization: 'Bearer header-secret' },
  }
  answer = ({ url, headers }, response) => {
    response.writeHead(200, {
      'set-cookie': 'session=cookie-secret',
      'x-echo': headers.authorization ?? '',
      link: `<${url}>`,
    })
    response.end(
      JSON.stringify({
        url,
        headers,
        told: 'further-secret',
        refresh_token: 'new-secret',
        next_page_token: 'page-3',
      }),
    )
  }
  const { text, replayed } = await recordAndReplay(async () => {
    const client = clientOf(secrets)
    const request = {
      signal,
      query: { token: 'plain-secret', page: '1' },
      headers: { cookie: 'a=sent-secret' },
    }
    return [
      (await client.get('/further-secret/users', request)).json,
      (await client.post('/users', { api_key: 'posted-secret', note: 'header-secret' }, { signal })).status,
    ]
  }, ['further-secret', 'sent-secret'])
  expect(text).not.toMatch(/secret(?!s)/)
  expect(text).toContain('page-3')
  expect(replayed).toMatchObject([{ told: '***', refresh_token: '***', next_page_token: 'page-3' }, 200])
})

test('a request that is not recorded fails, by name, in the plugin and at the end', async () => {
  answer = (_, response) => response.end('{}')
  const recording = await recordedHttp(file, { record: true })
  await clientOf().get('/users', { signal })
  await recording.end()
  const replay = await recordedHttp(file, { record: false })
  const client = clientOf({ query: { token: 'secret' } })
  const error = await errorOf(client.get('/teams', { signal, query: { page: '1' } }))
  expect(error.message).toBe(`no answer to GET ${url}/v1/teams?page=1 is recorded in ${file}`)
  expect(error.hint).toContain('MILLRACE_RECORD=1')
  expect(error.retry).toBeUndefined()
  await expect(replay.end()).rejects.toThrow(`no answer to GET ${url}/v1/teams?page=1 is recorded`)
  // It has ended all the same.
  expect((await client.get('/teams', { signal })).status).toBe(200)
})

test('one at a time; and what is no recording says so', async () => {
  await expect(recordedHttp(file, { record: false })).rejects.toThrow(
    /^there is no recording .*MILLRACE_RECORD=1/,
  )
  const broken = join(folder, 'broken.json')
  await writeFile(broken, '{ "recorded": [{ "request": { "method": "PUT" } }] }')
  await expect(recordedHttp(broken, { record: false })).rejects.toThrow(
    /broken\.json is no recording: .*method/s,
  )
  const recording = await recordedHttp(file, { record: true })
  await expect(recordedHttp(file, { record: true })).rejects.toThrow('recorded or replayed already')
  await recording.end()
})
