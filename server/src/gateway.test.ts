/** Connections: who is let in, who is refused, and what ends them. */

import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { loadOrCreateCertificate } from './certificate.js'
import { startGateway } from './gateway.js'
import { openSocket } from './testing/open-socket.js'
import { describe as describeMessage, queryMessage, RawClient } from './testing/raw-client.js'
import { accountsOf } from './testing/test-accounts.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'
import { until } from './testing/until.js'
import { ByteWriter } from './wire/byte-writer.js'
import { cancelPacket, startupPacket, syncMessage } from './wire/frontend-messages.js'

const certificateFolder = mkdtemp(join(tmpdir(), 'millrace-certificate-'))

let harness: TestGateway

beforeAll(async () => {
  harness = await startTestGateway({ tls: await loadOrCreateCertificate(await certificateFolder) })
})

afterAll(async () => {
  await harness?.stop()
  await rm(await certificateFolder, { recursive: true })
})

const sslRequest = new ByteWriter().int32(80_877_103).packet()
const gssapiRequest = new ByteWriter().int32(80_877_104).packet()

/** Sends bytes as a new client; gives what comes back until the server closes the connection. */
async function say(...packets: readonly Uint8Array[]): Promise<string> {
  const socket = openSocket(harness)
  socket.write(Buffer.concat(packets))
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

async function refusalOf(config: pg.ClientConfig): Promise<pg.DatabaseError> {
  const client = new pg.Client({ ...harness.config, ...config })
  client.on('error', () => {})
  const error = await client.connect().then(
    () => client.end(),
    (reason: unknown) => reason,
  )
  if (!(error instanceof pg.DatabaseError)) throw new Error(`not refused, but: ${String(error)}`)
  return error
}

const isFine = async () => {
  const client = await harness.connect()
  const { rows } = await client.query('select 1 as one')
  await client.end()
  return rows[0].one === 1
}

describe('who is refused', () => {
  test('a wrong password and an unknown user, in the same words', async () => {
    const wrong = { code: '28P01', severity: 'FATAL' }
    expect(await refusalOf({ password: 'wrong' })).toMatchObject({
      ...wrong,
      message: 'password authentication failed for user "millrace"',
    })
    expect(await refusalOf({ user: 'nobody' })).toMatchObject({
      ...wrong,
      message: 'password authentication failed for user "nobody"',
    })
  })

  test('an unknown database, as PostgreSQL says it', async () => {
    expect(await refusalOf({ database: 'elsewhere' })).toMatchObject({
      code: '3D000',
      message: `database "elsewhere" ${isDebian ? 'is not served here' : 'does not exist'}`,
    })
  })

  test('replication', async () => {
    expect(await refusalOf({ replication: 'database' } as pg.ClientConfig)).toMatchObject({ code: '0A000' })
  })

  test('a start-up packet without a user', async () => {
    expect(await say(startupPacket([['database', 'millrace']]))).toContain('C28000\0')
  })

  test.each([
    ['too long', new ByteWriter().bytes(Buffer.alloc(10_001)).packet()],
    ['too short', Buffer.from([0, 0, 0, 4])],
    ['of a negative length', Buffer.from([255, 0, 0, 4])],
    ['without its end', new ByteWriter().int32(196_608).bytes(Buffer.from('user\0x')).packet()],
    ['that is an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ])('a packet %s', async (_, packet) => {
    expect(await say(packet)).toContain('C08P01\0')
    expect(await isFine()).toBe(true)
  })

  test('protocol 2', async () => {
    expect(await say(new ByteWriter().int32(131_072).byte(0).packet())).toContain('C0A000\0')
  })

  test('clients beyond the limit; a place that becomes free is given again', async () => {
    const small = await startTestGateway({ maxConnections: 2 })
    onTestFinished(() => small.stop())
    const first = await small.connect()
    await small.connect()
    await expect(small.connect()).rejects.toMatchObject({ code: '53300' })
    await first.end()
    const { rows } = await (await small.connect()).query('select 1 as one')
    expect(rows).toEqual([{ one: 1 }])
  })
})

describe('places', () => {
  test('of clients are not needed for what PostgreSQL asks on their behalf', async () => {
    const small = await startTestGateway({ maxConnections: 2 })
    onTestFinished(() => small.stop())
    const clients = [await small.connect(), await small.connect()]
    const body = "do $$ begin perform city from counting.place where ip = '1.1.1.1'; end $$"
    await Promise.all(clients.map((client) => client.query(body)))
    expect(small.calls.length).toBeGreaterThan(0)
    // Nor does anybody get one of those by what he calls himself: that takes a password that only PostgreSQL has.
    for (const application_name of ['millrace_loopback 1', 'millrace_loopback x']) {
      await expect(small.connect({ application_name })).rejects.toMatchObject({ code: '28P01' })
    }
  })
})

describe('encryption and versions', () => {
  test('encrypted connections work, and plain ones beside them', async () => {
    const client = await harness.connect({ ssl: { rejectUnauthorized: false } })
    const { rows } = await client.query(
      `select repeat('x', 1000000) as long, city from place where ip = '1.1.1.1'`,
    )
    expect(rows).toEqual([{ long: 'x'.repeat(1_000_000), city: 'city of 1.1.1.1' }])
    expect(await isFine()).toBe(true)
  })

  test('what is sent before the encryption begins is not taken for what comes after', async () => {
    const reply = await say(sslRequest, startupPacket([['user', 'millrace']]))
    expect(reply).toContain('C08P01\0')
  })

  test('GSSAPI is declined, and the connection goes on', async () => {
    const socket = openSocket(harness)
    socket.write(gssapiRequest)
    expect(String((await once(socket, 'data'))[0])).toBe('N')
    socket.write(startupPacket([['user', 'millrace']]))
    expect(String((await once(socket, 'data'))[0])).toContain('SCRAM-SHA-256')
  })

  test('a newer protocol and its options are negotiated down', async () => {
    const socket = openSocket(harness)
    const parameters = Buffer.from('user\0millrace\0_pq_.new_feature\0on\0\0')
    socket.write(new ByteWriter().int32(196_610).bytes(parameters).packet())
    const [reply] = await once(socket, 'data')
    const refused = new ByteWriter().int32(0).int32(1).string('_pq_.new_feature').message('v')
    expect(reply.subarray(0, refused.length)).toEqual(refused)
    expect(reply.toString('latin1', refused.length)).toContain('SCRAM-SHA-256')
  })

  test('the certificate is kept, readable to its owner only, and made anew before it expires', async () => {
    const folder = await certificateFolder
    const kept = await loadOrCreateCertificate(folder)
    expect(await loadOrCreateCertificate(folder)).toEqual(kept)
    expect((await stat(join(folder, 'certificate.json'))).mode & 0o777).toBe(0o600)
    const late = new Date(Date.now() + 820 * 86_400_000)
    const renewed = await loadOrCreateCertificate(folder, late)
    expect(renewed).not.toEqual(kept)
    const file = join(folder, 'certificate.pem')
    expect((await readFile(file, 'utf8')).trimEnd()).toBe(renewed.cert.trimEnd())
    // A home of before, which had it with the key alone.
    await rm(file)
    await loadOrCreateCertificate(folder, late)
    expect((await readFile(file, 'utf8')).trimEnd()).toBe(renewed.cert.trimEnd())
  })
})

describe('malformed messages end the session that sends them, and no other', () => {
  test.each([
    ['a length that is too short', Buffer.from([0x51, 0, 0, 0, 3])],
    ['a length that is too long', Buffer.from([0x51, 0x7f, 0, 0, 0])],
    ['a type that there is not', Buffer.from([0x21, 0, 0, 0, 4])],
  ])('%s', async (_, message) => {
    const other = await harness.connect()
    const raw = await RawClient.connect(harness.config)
    raw.send(message)
    const replies = (await raw.untilEnd()).map(describeMessage)
    expect(replies).toEqual([expect.stringContaining('"C":"08P01"')])
    expect((await other.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })
})

describe('cancelling', () => {
  const canceled = { code: '57014', message: 'canceling statement due to user request' }

  function cancel(client: pg.Client): void {
    const { processID, secretKey } = Object(client)
    const key = new ByteWriter().int32(processID).int32(secretKey).packet().subarray(4)
    openSocket(harness).end(cancelPacket(key))
  }

  test('ends what PostgreSQL is doing', async () => {
    const client = await harness.connect()
    const watcher = await harness.connect()
    const sleeping = expect(client.query('select pg_sleep(60)')).rejects.toMatchObject(canceled)
    await until(watcher, `select from pg_stat_activity where wait_event = 'PgSleep'`)
    cancel(client)
    await sleeping
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('ends calls to APIs', async () => {
    const client = await harness.connect()
    for (const values of [undefined, ['1.1.1.1']]) {
      const held = harness.holdCall()
      const text = `select city from place where ip = ${values ? '$1' : "'1.1.1.1'"}`
      const asking = expect(client.query(text, values)).rejects.toMatchObject(canceled)
      const { signal } = await held
      const aborted = once(signal, 'abort')
      cancel(client)
      await aborted
      await asking
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    }
  })

  test('of a session that there is not, nobody is told', async () => {
    expect(await say(cancelPacket(Buffer.alloc(8)))).toBe('')
  })
})

describe('when a client goes', () => {
  test('its calls to APIs end, and its PostgreSQL connection', async () => {
    const watcher = await harness.connect()
    const raw = await RawClient.connect(harness.config)
    const held = harness.holdCall()
    raw.send(queryMessage(`select city from place where ip = '1.1.1.1'`))
    const { signal } = await held
    const aborted = once(signal, 'abort')
    raw.close()
    await aborted
    await until(
      watcher,
      `select 1 where not exists (select from pg_stat_activity where pid = ${raw.processId})`,
    )
  })

  test('what it has asked for before it said goodbye is done', async () => {
    const watcher = await harness.connect()
    await watcher.query('create table last_wishes (a text)')
    const raw = await RawClient.connect(harness.config)
    const terminate = new ByteWriter().message('X')
    raw.send(queryMessage("select pg_sleep(0.05); insert into last_wishes values ('a')"), terminate)
    expect((await raw.untilEnd()).map(({ type }) => type).join('')).toBe('TDCCZ')
    expect((await watcher.query('select * from last_wishes')).rows).toEqual([{ a: 'a' }])
  })

  test('a client that only says that it sends no more gets its replies', async () => {
    const raw = await RawClient.connect(harness.config)
    raw.send(queryMessage('select 1'))
    raw.socket.end()
    expect((await raw.untilEnd()).map(({ type }) => type).join('')).toBe('TDCZ')
  })
})

describe('when PostgreSQL ends a session', () => {
  test('the client reads its reason', async () => {
    const watcher = await harness.connect()
    const raw = await RawClient.connect(harness.config)
    await watcher.query('select pg_terminate_backend($1)', [raw.processId])
    expect((await raw.untilEnd()).map(describeMessage)).toEqual([expect.stringContaining('"C":"57P01"')])
  })

  test('even while an API is asked', async () => {
    const watcher = await harness.connect()
    const raw = await RawClient.connect(harness.config)
    const held = harness.holdCall()
    raw.send(queryMessage(`select city from place where ip = '1.1.1.1'`))
    const { signal } = await held
    const aborted = once(signal, 'abort')
    await watcher.query('select pg_terminate_backend($1)', [raw.processId])
    expect((await raw.untilEnd()).map(describeMessage)).toEqual([expect.stringContaining('"C":"57P01"')])
    await aborted
  })
})

test('a client that comes when PostgreSQL has just died waits until it is back', async () => {
  const socketPath = join(await certificateFolder, 'socket')
  let asked = 0
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    engine: {
      analysable: () => undefined,
      analyse: () => undefined,
      stage: () => Promise.reject(new Error('not asked')),
      endProcess: () => Promise.reject(new Error('not asked')),
      transactionEnded: () => {},
    },
    backend: {
      names: harness.postgres.names,
      sessions: { ...harness.postgres.sessions, place: { kind: 'socket', path: socketPath } },
      // Whoever starts it again has not heard of its death the first time.
      ready: async () => {
        if (++asked === 2) await symlink(harness.postgres.socketPath, socketPath)
      },
    },
    accounts: await accountsOf('millrace', String(harness.config.password)),
    log: pino({ level: 'silent' }),
  })
  onTestFinished(() => gateway.stop())
  const client = await harness.connect({ port: gateway.port })
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  expect(asked).toBe(2)
  await client.end()
})

test('sessions that the gateway ends are told why; others can come', async () => {
  const raw = await RawClient.connect(harness.config)
  harness.closeAll(new DatabaseError('the engine has crashed', { sqlState: '57P02' }))
  expect((await raw.untilEnd()).map(describeMessage)).toEqual([expect.stringContaining('"C":"57P02"')])
  expect(await isFine()).toBe(true)
})

test('stopping tells all clients, those in the midst of a statement too', async () => {
  const other = await startTestGateway()
  onTestFinished(() => other.stop())
  const idle = await RawClient.connect(other.config)
  const busy = await RawClient.connect(other.config)
  const held = other.holdCall()
  busy.send(queryMessage(`select city from place where ip = '1.1.1.1'`))
  await held
  const stopped = other.gateway.stop()
  for (const client of [idle, busy]) {
    expect((await client.untilEnd()).map(describeMessage)).toEqual([expect.stringContaining('"C":"57P01"')])
  }
  await stopped
})

test('draining takes no more clients, and waits for those that are there, admitted or not', async () => {
  const other = await startTestGateway()
  onTestFinished(() => other.stop())
  const admitted = await other.connect()
  // One that PostgreSQL does not know of yet.
  const early = openSocket(other)
  await once(early, 'connect')
  let isDrained = false
  const drained = other.gateway.drain().then(() => {
    isDrained = true
  })
  await expect(other.connect()).rejects.toThrow('ECONNREFUSED')
  expect((await admitted.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await admitted.end()
  early.write(startupPacket([['user', 'millrace']]))
  await once(early, 'data')
  expect(isDrained).toBe(false)
  early.destroy()
  await drained
})

test('a client that does not read is waited for, and then gets every row', async () => {
  const watcher = await harness.connect()
  const raw = await RawClient.connect(harness.config)
  raw.socket.pause()
  raw.send(queryMessage(`select i, repeat('z', 1000) from generate_series(1, 50000) i`), syncMessage)
  // PostgreSQL waits for the gateway, which waits for the client.
  await until(
    watcher,
    `select from pg_stat_activity where pid = ${raw.processId} and wait_event = 'ClientWrite'`,
  )
  raw.socket.resume()
  const replies = await raw.until('Z')
  expect(replies.filter(({ type }) => type === 'D')).toHaveLength(50_000)
  raw.close()
})
