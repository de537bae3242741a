/** Clients that break off, do not read, or send what no client should: nobody else suffers, nothing is left over. */
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe as describeTests, expect, onTestFinished, test } from 'vitest'
import { openSocket } from './testing/open-socket.js'
import { propertyRuns, propertyTimeout } from './testing/property-runs.js'
import { describe, queryMessage, RawClient } from './testing/raw-client.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'
import {
  bindMessage,
  bindRest,
  copyFailMessage,
  describeMessage as describePortal,
  executeMessage,
  parseMessage,
  startupPacket,
  syncMessage,
} from './wire/frontend-messages.js'

let harness: TestGateway
/** Straight to PostgreSQL. */
let watcher: pg.Client

beforeAll(async () => {
  harness = await startTestGateway()
  watcher = await harness.connectStraight()
})

afterAll(() => harness?.stop())

/** Resolves when no client has a connection to PostgreSQL. */
async function noSessionIsLeft(client: pg.Client): Promise<void> {
  const text = `select from pg_stat_activity where usename = 'millrace' and pid <> pg_backend_pid()`
  while ((await client.query(text)).rowCount !== 0) {}
}

async function isFine(config: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client(config)
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query(`select city from place where ip = '1.1.1.1'`)
  await client.end()
  return rows[0].city === 'city of 1.1.1.1'
}

test.each(['reset', 'end'] as const)(
  'a client that goes (%s) while it is being let in leaves nothing behind',
  async (how) => {
    const gates: (() => void)[] = []
    const slow = await startTestGateway({
      ready: () => new Promise((resolve) => gates.push(resolve)),
      maxConnections: 1,
    })
    onTestFinished(() => slow.stop())
    const client = new pg.Client(slow.config)
    client.on('error', () => {})
    const { connection } = Object(client)
    const isLetIn = once(connection, 'authenticationOk')
    client.connect().catch(() => {})
    await isLetIn
    if (how === 'reset') connection.stream.resetAndDestroy()
    else connection.stream.end()
    // Once another client has been answered, the gateway has seen that the first is gone.
    const other = openSocket(slow)
    other.write(startupPacket([['user', 'millrace']]))
    await once(other, 'data')
    for (const openGate of gates) openGate()
    const straight = await slow.connectStraight()
    await noSessionIsLeft(straight)
    await straight.end()
    other.destroy()
    const next = isFine(slow.config)
    while (gates.length < 2) await setImmediate()
    gates.at(-1)?.()
    expect(await next).toBe(true)
  },
)

test('a client that never reads is let go when its session is ended', async () => {
  const raw = await RawClient.connect(harness.config)
  onTestFinished(() => raw.close())
  raw.socket.pause()
  raw.send(queryMessage(`select repeat('x', 1000000) from generate_series(1, 100)`))
  const isStuck = `select from pg_stat_activity where pid = ${raw.processId} and wait_event = 'ClientWrite'`
  for (let times = 0; times < 20; await setTimeout(5)) {
    times = (await watcher.query(isStuck)).rowCount === 0 ? 0 : times + 1
  }
  const before = await openDescriptors()
  harness.closeAll(new DatabaseError('the engine has crashed', { sqlState: '57P02' }))
  await noSessionIsLeft(watcher)
  // Those of the gateway to both sides; the client itself keeps its own.
  while ((await openDescriptors()) > before - 2) await setTimeout(50)
})

test('a Flush that holds something fails, and what follows it up to Sync is read over', async () => {
  const raw = await RawClient.connect(harness.config)
  onTestFinished(() => raw.close())
  const flush = Buffer.from('H\0\0\0\u0007abc', 'latin1')
  raw.send(flush, queryMessage('deallocate all'), queryMessage(`select city from place where ip = '1.1.1.1'`))
  raw.send(syncMessage)
  expect((await raw.until('Z')).map(({ type }) => type)).toEqual(['E', 'Z'])
  raw.send(queryMessage(`select city from place where ip = '1.1.1.1'`))
  expect((await raw.until('Z')).map(({ type }) => type)).toEqual(['T', 'D', 'C', 'Z'])
  raw.send(
    queryMessage('create temp table t (a int); copy t from stdin'),
    flush,
    flush,
    copyFailMessage('no'),
  )
  expect((await raw.until('Z')).map(({ type }) => type)).toEqual(['C', 'G', 'E', 'Z'])
})

test.each([...'PBDEC'])(
  'a message of type %s that cannot be read fails, and the session goes on',
  async (type) => {
    const raw = await RawClient.connect(harness.config)
    onTestFinished(() => raw.close())
    const unreadable = Buffer.from(`${type}\0\0\0\u0006xy`, 'latin1')
    const straight = await RawClient.connect({
      ...harness.postgres.engineConfig,
      user: 'millrace',
      options: '',
    })
    onTestFinished(() => straight.close())
    for (const client of [raw, straight]) client.send(unreadable, executeMessage(''), syncMessage)
    const [told, expected] = await Promise.all([raw.until('Z'), straight.until('Z')])
    expect(told.map(describe)).toEqual(expected.map(describe))
    expect(told.map((message) => message.type)).toEqual(['E', 'Z'])
    raw.send(queryMessage(`select city from place where ip = '1.1.1.1'`))
    expect((await raw.until('Z')).map((message) => message.type)).toEqual(['T', 'D', 'C', 'Z'])
  },
)

describeTests(
  'the unnamed portal of a simple query that has failed, at which PostgreSQL 18.4 itself crashes',
  () => {
    const unnamed = bindRest(undefined)
    test.each([
      ['Execute', executeMessage('')],
      ['Describe', describePortal('P', '')],
    ])('%s', async (_, message) => {
      const other = new pg.Client(harness.config)
      await other.connect()
      onTestFinished(() => other.end())
      const raw = await RawClient.connect(harness.config)
      onTestFinished(() => raw.close())
      raw.send(queryMessage('begin'), queryMessage('copy no_such_table to stdout'))
      // A Bind that fails leaves the portal as it is.
      raw.send(parseMessage('s', 'select 1', []), syncMessage, bindMessage('', 's', unnamed), syncMessage)
      for (let times = 0; times < 4; times++) await raw.until('Z')
      raw.send(message, syncMessage)
      expect((await raw.until('Z')).map(describe)).toEqual([expect.stringContaining('"C":"34000"'), 'Z "E"'])
      raw.send(queryMessage('rollback'), message, syncMessage)
      await raw.until('Z')
      expect((await raw.until('Z')).map(describe)).toEqual([expect.stringContaining('"C":"34000"'), 'Z "I"'])
      // A portal that the client has bound is its own.
      raw.send(
        queryMessage('begin'),
        parseMessage('', 'select 1', []),
        bindMessage('', '', unnamed),
        syncMessage,
      )
      raw.send(message, syncMessage)
      for (let times = 0; times < 2; times++) await raw.until('Z')
      expect((await raw.until('Z')).map(({ type }) => type).join('')).toMatch(/^(DC|T)Z$/)
      expect((await other.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    })
  },
)

const garbage = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
/** A message whose type and length are right. */
const framed = fc
  .tuple(fc.constantFrom(...'BCDEFHPQScdfXp'), fc.uint8Array({ maxLength: 40 }))
  .map(([type, body]) => {
    const head = Buffer.alloc(5)
    head.write(type, 'latin1')
    head.writeInt32BE(body.length + 4, 1)
    return Buffer.concat([head, body])
  })
const packet = fc
  .tuple(
    fc.constantFrom(196_608, 196_610, 131_072, 80_877_102, 80_877_103, 80_877_104),
    fc.uint8Array({ maxLength: 60 }),
  )
  .map(([code, body]) => {
    const head = Buffer.alloc(8)
    head.writeInt32BE(body.length + 8)
    head.writeInt32BE(code, 4)
    return Buffer.concat([head, body])
  })

async function openDescriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}

/** Sends what is said, and takes what comes until both sides are done. */
async function sayAndLeave(socket: Socket, messages: readonly Buffer[]): Promise<void> {
  socket.resume()
  for (const message of messages) {
    socket.write(message)
    await setImmediate()
  }
  socket.end()
  if (!socket.closed) await once(socket, 'close')
}

test(
  'garbage instead of a start-up packet or a password',
  async () => {
    // The engine keeps connections of its own for a while.
    await isFine(harness.config)
    const before = await openDescriptors()
    const messages = fc.array(
      fc.oneof(garbage, packet, framed, fc.constant(startupPacket([['user', 'millrace']]))),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    await fc.assert(
      fc.asyncProperty(messages, (sent) => sayAndLeave(openSocket(harness), sent)),
      propertyRuns(200),
    )
    expect(await isFine(harness.config)).toBe(true)
    await noSessionIsLeft(watcher)
    // The gateway hears of the last goodbyes a moment later.
    while ((await openDescriptors()) > before) await setImmediate()
  },
  propertyTimeout,
)

test(
  'garbage in a session',
  async () => {
    const other = new pg.Client(harness.config)
    await other.connect()
    await isFine(harness.config)
    const before = await openDescriptors()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(garbage, framed), { minLength: 1, maxLength: 6 }), async (sent) => {
        const raw = await RawClient.connect(harness.config)
        await sayAndLeave(raw.socket, sent)
      }),
      propertyRuns(100),
    )
    expect((await other.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await other.end()
    expect(await isFine(harness.config)).toBe(true)
    await noSessionIsLeft(watcher)
    while ((await openDescriptors()) > before) await setImmediate()
  },
  propertyTimeout,
)
