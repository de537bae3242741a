/**
 * What gateways for PostgreSQL are known to get wrong, by area. What is not here has its tests elsewhere:
 *
 * | area | tests |
 * | --- | --- |
 * | cancelling | here; gateway.test.ts "cancelling"; interruptions.test.ts (fetch, key query, between statements); faults.test.ts (races) |
 * | protocol versions | here; gateway.test.ts "a newer protocol and its options are negotiated down" |
 * | requests for encryption | here; gateway.test.ts "encryption and versions" (bytes before TLS, GSSAPI) |
 * | start-up packet | here; gateway.test.ts "who is refused"; hostile-clients.test.ts (garbage) |
 * | extended query | here; parity.test.ts, parity.property.test.ts (against PostgreSQL, message by message) |
 * | pipelining | here; parity.test.ts "errors in a pipeline", "several Syncs at once"; drivers.test.ts (postgres.js) |
 * | prepared statements | here; statement-names.test.ts; virtual-tables.test.ts "the extended protocol" |
 * | COPY | parity.test.ts "COPY in", "COPY out"; parity.property.test.ts (Sync, Flush, CopyFail); virtual-tables.test.ts |
 * | big results | faults.test.ts "a client that stops reading"; gateway.test.ts "a client that does not read" |
 * | messages at any time | here; interruptions.test.ts "a notification comes when the statement is over" |
 * | ParameterStatus | here |
 * | SCRAM | here; gateway.test.ts "a wrong password and an unknown user"; test/drivers |
 * | errors | virtual-tables.test.ts (positions); statement-parity.test.ts; `npm run fuzz` (messages, positions, names) |
 * | rewriting | virtual-tables.test.ts "fields tell the virtual tables", "Describe asks no API"; statement-parity.test.ts |
 */

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openSocket } from './testing/open-socket.js'
import { describe as describeMessage, queryMessage, RawClient } from './testing/raw-client.js'
import { password, startTestGateway, type TestGateway } from './testing/test-gateway.js'
import { ByteWriter } from './wire/byte-writer.js'
import {
  bindMessage,
  bindRest,
  cancelPacket,
  executeMessage,
  flushMessage,
  parseMessage,
  startupPacket,
  syncMessage,
} from './wire/frontend-messages.js'

let harness: TestGateway

beforeAll(async () => {
  harness = await startTestGateway()
})

afterAll(() => harness?.stop())

async function raw(config: pg.ClientConfig = harness.config): Promise<RawClient> {
  const client = await RawClient.connect(config)
  onTestFinished(() => client.close())
  return client
}

/** What comes until some text is in it. */
async function until(socket: Socket, text: string): Promise<string> {
  let said = ''
  while (!said.includes(text)) said += String((await once(socket, 'data'))[0])
  return said
}

async function untilClosed(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  if (!socket.closed) await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

const city = (ip: string) => `select city from place where ip = '${ip}'`

describe('cancelling', () => {
  const keyOf = ({ processId, secretKey }: RawClient, change = 0) => {
    const key = Buffer.alloc(8)
    key.writeInt32BE(processId)
    key.writeInt32BE(secretKey ^ change, 4)
    return key
  }
  const cancel = async (key: Buffer) => {
    const socket = openSocket(harness)
    socket.end(cancelPacket(key))
    expect(await untilClosed(socket)).toBe('')
  }

  test('a hundred requests for one session do nothing to another', async () => {
    const [one, other] = await Promise.all([raw(), raw()])
    one.send(queryMessage('select pg_sleep(60)'))
    other.send(queryMessage(`select pg_sleep(0.2); ${city('1.1.1.1')}`))
    await Promise.all(Array.from({ length: 100 }, () => cancel(keyOf(one))))
    expect((await one.until('Z')).map(describeMessage).join()).toContain('"C":"57014"')
    expect((await other.until('Z')).map(({ type }) => type).join('')).toBe('TDCTDCZ')
  })

  test('of an idle session, and with a wrong key, nothing happens', async () => {
    const client = await raw()
    await cancel(keyOf(client))
    client.send(queryMessage('select pg_sleep(0.1)'))
    await cancel(keyOf(client, 1))
    expect((await client.until('Z')).map(({ type }) => type).join('')).toBe('TDCZ')
  })

  test('during COPY', async () => {
    const client = await raw()
    client.send(queryMessage('create temp table t (a int); copy t from stdin'))
    await client.until('G')
    await cancel(keyOf(client))
    // PostgreSQL heeds it when more data comes.
    client.send(new ByteWriter().bytes(Buffer.from('1\n')).message('d'))
    expect((await client.until('Z')).map(describeMessage).join()).toContain('"C":"57014"')
    client.send(queryMessage('select 1'))
    expect((await client.until('Z')).map(({ type }) => type).join('')).toBe('TDCZ')
  })
})

describe('protocol versions and encryption', () => {
  test.each([
    ['3.2', 2, []],
    ['3.9999 with an option to test the negotiation', 9999, ['_pq_.test_protocol_negotiation']],
  ])('%s is answered with what is spoken here', async (_, minor, options) => {
    const socket = openSocket(harness)
    const writer = new ByteWriter()
      .int32((3 << 16) + minor)
      .string('user')
      .string('millrace')
    for (const option of options) writer.string(option).string('')
    socket.write(writer.byte(0).packet())
    const said = Buffer.from(await until(socket, 'SCRAM-SHA-256'), 'latin1')
    const negotiated = new ByteWriter().int32(0).int32(options.length)
    for (const option of options) negotiated.string(option)
    const expected = negotiated.message('v')
    expect(said.subarray(0, expected.length)).toEqual(expected)
  })

  test('one request for encryption after the other, and then a session or a cancel request', async () => {
    const requests = [80_877_104, 80_877_103].map((code) => new ByteWriter().int32(code).packet())
    for (const last of [startupPacket([['user', 'millrace']]), cancelPacket(Buffer.alloc(8))]) {
      const socket = openSocket(harness)
      for (const request of requests) {
        socket.write(request)
        expect(String((await once(socket, 'data'))[0])).toBe('N')
      }
      socket.write(last)
      if (last.readInt32BE(4) === 80_877_102) expect(await untilClosed(socket)).toBe('')
      else await until(socket, 'SCRAM-SHA-256')
    }
  })

  test('TLS without a request for it is refused, not waited for', async () => {
    const socket = connectTls({
      port: harness.gateway.port,
      host: '127.0.0.1',
      ALPNProtocols: ['postgresql'],
    })
    const [error] = await once(socket, 'error')
    expect(error).toBeInstanceOf(Error)
    socket.destroy()
  })

  test('a start-up packet byte by byte', async () => {
    const socket = openSocket(harness)
    socket.setNoDelay(true)
    for (const byte of startupPacket([['user', 'millrace']])) {
      socket.write(Buffer.from([byte]))
      await setImmediate()
    }
    await until(socket, 'SCRAM-SHA-256')
  })
})

describe('the start-up packet', () => {
  const settingOf = async (config: pg.ClientConfig, setting: string) => {
    const client = await harness.connect(config)
    const { rows } = await client.query(`select current_setting('${setting}') as value`)
    return rows[0].value
  }

  test('options are settings, also none', async () => {
    expect(await settingOf({ options: '-c work_mem=5MB -c search_path=pg_catalog' }, 'work_mem')).toBe('5MB')
    expect(await settingOf({ options: '' }, 'work_mem')).not.toBe('5MB')
    expect(await settingOf({ application_name: "it's" }, 'application_name')).toBe("it's")
  })

  test('a search path that hides everything changes nothing of how a client is let in', async () => {
    expect(await settingOf({ options: '-c search_path=nowhere' }, 'search_path')).toBe('nowhere')
  })

  test('without a database, it is that of the user’s name', async () => {
    const client = new pg.Client({ ...harness.config, database: 'millrace' })
    const { connection } = Object(client)
    const startup = connection.startup.bind(connection)
    connection.startup = ({ database: _, ...parameters }: Record<string, string>) => startup(parameters)
    await client.connect()
    expect((await client.query('select current_database() as name')).rows).toEqual([{ name: 'millrace' }])
    await client.end()
  })
})

describe('extended query', () => {
  test.each([
    ['PostgreSQL', 'select nonsense'],
    ['the gateway', 'select city from place where ip = $1'],
  ])('an error of %s is told at once, without a Sync or Flush', async (_, text) => {
    const client = await raw()
    const rest = bindRest({ types: [], formats: [], values: text.includes('$1') ? [Buffer.from('x')] : [] })
    client.send(parseMessage('', text, []), bindMessage('', '', rest), executeMessage(''))
    expect((await client.until('E')).at(-1)?.type).toBe('E')
    client.send(syncMessage)
    expect((await client.until('Z')).map(({ type }) => type)).toEqual(['Z'])
  })

  test('fifty queries in one write', async () => {
    const client = await raw()
    const texts = Array.from({ length: 50 }, (_, number) => (number % 2 ? city('2.2.2.2') : 'select 1'))
    client.send(...texts.map(queryMessage))
    for (const _ of texts) {
      expect((await client.until('Z')).map(({ type }) => type).join('')).toBe('TDCZ')
    }
  })

  test('a plan whose result has another type is refused as PostgreSQL does it', async () => {
    const client = await raw()
    client.send(
      queryMessage('create temp table t (a int)'),
      parseMessage('s', 'select * from t', []),
      syncMessage,
    )
    client.send(
      queryMessage('alter table t add b text'),
      bindMessage('', 's', bindRest(undefined)),
      syncMessage,
    )
    for (let times = 0; times < 3; times++) await client.until('Z')
    const said = (await client.until('Z')).map(describeMessage).join()
    expect(said).toContain('"C":"0A000","M":"cached plan must not change result type"')
  })

  test('rows stay where they are between Bind and Execute, whatever runs between', async () => {
    const [client, other] = await Promise.all([raw(), raw()])
    client.send(
      parseMessage('v', city('1.1.1.1'), []),
      bindMessage('c', 'v', bindRest(undefined)),
      flushMessage,
    )
    await client.until('2')
    other.send(queryMessage(city('1.1.1.1')))
    await other.until('Z')
    client.send(executeMessage('c'), syncMessage)
    expect((await client.until('Z')).map(describeMessage).join()).toContain('city of 1.1.1.1')
  })
})

describe('messages that nobody asked for', () => {
  test('a notification reaches an idle session', async () => {
    const client = await raw()
    client.send(queryMessage('listen news'))
    await client.until('Z')
    const other = await harness.connect()
    await other.query("notify news, 'hello'")
    expect((await client.until('A')).map(describeMessage).join()).toContain('hello')
  })

  test('a setting that clients follow is told when it changes, in a virtual statement’s text too', async () => {
    const client = await raw()
    client.send(queryMessage(`set TimeZone = 'Asia/Tokyo'; ${city('1.1.1.1')}`))
    expect((await client.until('Z')).map(describeMessage).join()).toContain('TimeZone\\u0000Asia/Tokyo')
  })

  test('a session is told the same parameters as by PostgreSQL itself', async () => {
    const parametersOf = async (config: pg.ClientConfig) => {
      const client = new pg.Client(config)
      const told = new Map<string, string>()
      const { connection } = Object(client)
      connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) =>
        told.set(message.parameterName, message.parameterValue),
      )
      await client.connect()
      await client.end()
      return new Map([...told].sort())
    }
    const straight = { ...harness.postgres.engineConfig, user: 'millrace', options: '', application_name: '' }
    const expected = await parametersOf(straight)
    expect(await parametersOf({ ...harness.config, application_name: '' })).toEqual(expected)
    if (isDebian) return
    expect(expected.get('server_version')).toMatch(/^18/)
    expect([...expected.keys()]).toContain('search_path')
  })
})

describe('SCRAM', () => {
  const initial = (mechanism: string, length: number, body: string) =>
    new ByteWriter().string(mechanism).int32(length).bytes(Buffer.from(body)).message('p')

  test.each([
    ['a length beyond the message', initial('SCRAM-SHA-256', 1_000_000, 'n,,n=,r=abc')],
    ['a negative length', initial('SCRAM-SHA-256', -5, 'n,,n=,r=abc')],
    ['no response', initial('SCRAM-SHA-256', -1, '')],
    ['another mechanism', initial('SCRAM-SHA-1', 11, 'n,,n=,r=abc')],
    ['no nonce', initial('SCRAM-SHA-256', 3, 'n,,')],
    ['a mechanism without its end', new ByteWriter().bytes(Buffer.from('SCRAM-SHA')).message('p')],
    ['a message that is no answer', queryMessage('select 1')],
  ])('%s: refused, and others can come', async (_, answer) => {
    const socket = openSocket(harness)
    socket.write(startupPacket([['user', 'millrace']]))
    await until(socket, 'SCRAM-SHA-256')
    socket.write(answer)
    expect(await untilClosed(socket)).toMatch(/^$|C(28P01|08P01|28000)/)
    expect((await (await harness.connect()).query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test.each(['', 'c=biws', 'c=biws,r=wrong', 'c=biws,r=wrong,p=', 'c=biws,r=wrong,p=AAAA', 'p=,r=,c='])(
    'an answer to the challenge that reads "%s": refused',
    async (answer) => {
      const socket = openSocket(harness)
      socket.write(startupPacket([['user', 'millrace']]))
      await until(socket, 'SCRAM-SHA-256')
      socket.write(initial('SCRAM-SHA-256', 17, 'n,,n=,r=abcdefghi'))
      await until(socket, 'i=')
      socket.write(new ByteWriter().bytes(Buffer.from(answer)).message('p'))
      expect(await untilClosed(socket)).toMatch(/^$|C(28P01|08P01|28000)/)
    },
  )

  test('a password as long as may be, and another that is wrong in its last letter', async () => {
    const long = 'ä'.repeat(500)
    for (const given of [`${long}x`, `${password}x`]) {
      const client = new pg.Client({ ...harness.config, password: given })
      await expect(client.connect()).rejects.toMatchObject({ code: '28P01' })
    }
  })
})
