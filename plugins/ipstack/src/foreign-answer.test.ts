/** Answers that are not ipstack's own: an error that says so, never a row of NULLs. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { collectRows, errorOf } from '@millrace/plugin-sdk/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ipstackConfig } from './config.js'
import type { IpstackConnection } from './connection.js'
import plugin from './plugin.js'
import { ipstackIp } from './tables/ipstack-ip.js'
import { ipstackMyIp } from './tables/ipstack-my-ip.js'

let server: Server
let answer: (response: ServerResponse) => void
let connection: IpstackConnection
const maxAnswerBytes = 1024 * 1024

beforeEach(async () => {
  server = createServer((_, response) => answer(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const settings = {
    token: 'the-token',
    endpoint_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  }
  connection = plugin.connect(ipstackConfig.parse(settings), {
    connectionName: 'ipstack',
    environment: {},
    maxAnswerBytes,
  })
})
afterEach(async () => {
  await plugin.close?.(connection)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const say = (body: string, contentType = 'application/json', status = 200) => {
  answer = (response) => response.writeHead(status, { 'content-type': contentType }).end(body)
}

const lookUp = (...addresses: [string, ...string[]]) =>
  collectRows(ipstackIp, {
    connection,
    columns: ['ip', 'city'],
    quals: { ip: [{ operator: '=', values: addresses }] },
    attempts: 1,
  })
const lookUpRequester = () => collectRows(ipstackMyIp, { connection, columns: ['ip'], attempts: 1 })

const notItsOwn = 'ipstack gave an answer that is not its own'

describe.each([
  ['a single lookup', () => lookUp('8.8.8.8')],
  ['a lookup of the requester', lookUpRequester],
  ['a bulk lookup', () => lookUp('8.8.8.8', '8.8.4.4')],
])('%s', (name, run) => {
  const foreign = [
    'null',
    '42',
    '"text"',
    '{}',
    '{"city":"x"}',
    name === 'a bulk lookup' ? '{"ip":"8.8.8.8"}' : '[]',
  ]
  test.each([...foreign, ...(name === 'a bulk lookup' ? [] : ['[[[1]]]', '[{"ip":"8.8.8.8"}]'])])(
    'with JSON of another kind: %s',
    async (json) => {
      say(json)
      expect(await errorOf(run())).toMatchObject({
        sqlState: 'HV000',
        message: notItsOwn,
        detail: `HTTP 200, application/json: ${json}`,
        retry: undefined,
      })
    },
  )

  test('with a page of HTML, whose words stand on one line and hold no token', async () => {
    say('<html>\n<title>Sign in</title>\u0000 the-token', 'text/html')
    expect(await errorOf(run())).toMatchObject({
      message: notItsOwn,
      detail: 'HTTP 200, text/html: <html> <title>Sign in</title> ***',
      hint: expect.stringContaining('endpoint_url'),
    })
  })

  test('with half of it, or nothing: asked again, a few times', async () => {
    say('{"ip": "8.8.8.')
    expect(await errorOf(run())).toMatchObject({ message: notItsOwn, retry: 'unanswered' })
    say('')
    expect(await errorOf(run())).toMatchObject({
      detail: 'HTTP 200, application/json: no content',
      retry: 'unanswered',
    })
  })

  test('that never ends', async () => {
    answer = (response) => {
      const more = () => {
        if (!response.destroyed) response.write(Buffer.alloc(64 * 1024, ' '), () => setImmediate(more))
      }
      more()
    }
    expect(await errorOf(run())).toMatchObject({
      sqlState: 'HV000',
      message: 'the answer is larger than 1 MB',
      hint: expect.stringContaining('max_answer_mb'),
    })
  })
})
