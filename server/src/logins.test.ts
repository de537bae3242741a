/** Who is let in, and what those hear who are not. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { LogLines } from '@millrace/sql-engine/testing/log-lines'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Certificate } from './certificate.js'
import { endPointOf } from './startup/channel-binding.js'
import { makeVerifier, parseVerifier, preparedPassword, verifierText } from './startup/scram-verifier.js'
import { openSocket } from './testing/open-socket.js'
import { psql, psqlTest } from './testing/psql.js'
import { testCertificate } from './testing/test-certificate.js'
import { password, startTestGateway, type TestGateway } from './testing/test-gateway.js'
import { readErrorFields } from './wire/backend-messages.js'
import { ByteWriter } from './wire/byte-writer.js'
import { startupPacket } from './wire/frontend-messages.js'

let gateway: TestGateway
let certificate: Certificate

beforeAll(async () => {
  certificate = await testCertificate()
  gateway = await startTestGateway({
    tls: certificate,
    users: [{ name: 'alice', connections: ['*'], verifier: await makeVerifier('of alice', 10_000) }],
  })
})
afterAll(() => gateway?.stop())

/** One message of the server's: its type and its body. */
async function message(socket: Socket): Promise<{ readonly type: string; readonly body: Buffer }> {
  const read = async (length: number): Promise<Buffer> => {
    for (;;) {
      const bytes: unknown = socket.read(length)
      if (Buffer.isBuffer(bytes)) return bytes
      await once(socket, 'readable')
    }
  }
  const head = await read(5)
  return { type: head.toString('latin1', 0, 1), body: await read(head.readInt32BE(1) - 4) }
}

interface Tried {
  readonly mechanisms: string
  readonly salt: string
  readonly iterations: string
  /** The fields of the error; undefined where the client is let in. */
  readonly error: ReadonlyMap<string, string> | undefined
}

/** Logs in, or tries to. */
async function tryLogin(
  socket: Socket,
  user: string,
  secret: string,
  {
    mechanism = 'SCRAM-SHA-256',
    header = 'n,,',
    binding = new Uint8Array(),
  }: { mechanism?: string; header?: string; binding?: Uint8Array } = {},
): Promise<Tried> {
  socket.write(
    startupPacket([
      ['user', user],
      ['database', 'millrace'],
    ]),
  )
  const mechanisms = (await message(socket)).body.toString('latin1', 4)
  const nonce = randomBytes(12).toString('base64')
  const bare = `n=,r=${nonce}`
  const first = header + bare
  socket.write(new ByteWriter().string(mechanism).int32(first.length).bytes(Buffer.from(first)).message('p'))
  const challenge = await message(socket)
  const said = challenge.body.toString('latin1', 4)
  const [, all = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(said) ?? []
  if (challenge.type === 'E') return { mechanisms, salt, iterations, error: errorIn(challenge) }
  const withoutProof = `c=${Buffer.concat([Buffer.from(header), binding]).toString('base64')},r=${all}`
  const salted = pbkdf2Sync(secret, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256')
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const key = hmac(salted, 'Client Key')
  const stored = createHash('sha256').update(key).digest()
  const signature = hmac(stored, `${bare},${said},${withoutProof}`)
  const proof = Buffer.from(key.map((byte, index) => byte ^ (signature[index] ?? 0)))
  socket.write(
    new ByteWriter().bytes(Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)).message('p'),
  )
  const outcome = await message(socket)
  return { mechanisms, salt, iterations, error: outcome.type === 'E' ? errorIn(outcome) : undefined }
}

function errorIn({ body }: { readonly body: Buffer }): ReadonlyMap<string, string> {
  return readErrorFields(Buffer.concat([Buffer.alloc(5), body]))
}

/** A socket over TLS. */
async function encrypted(): Promise<Socket> {
  const socket = openSocket(gateway)
  socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]))
  await once(socket, 'readable')
  expect(String(socket.read(1))).toBe('S')
  const secure = connectTls({ socket, rejectUnauthorized: false })
  secure.on('error', () => {})
  await once(secure, 'secureConnect')
  return secure
}

describe('a user that does not exist', () => {
  test('looks as one with a wrong password does: words, mechanisms, salt and iterations', async () => {
    const tries = []
    for (const user of ['alice', 'nobody', 'alice', 'nobody', 'somebody', 'else', 'who', 'ever']) {
      tries.push(await tryLogin(openSocket(gateway), user, 'wrong'))
    }
    const [alice, nobody, aliceAgain, nobodyAgain, ...others] = tries
    expect(nobody).toMatchObject({ salt: nobodyAgain?.salt, iterations: nobodyAgain?.iterations })
    expect(alice?.salt).toBe(aliceAgain?.salt)
    expect(nobody?.salt).not.toBe(alice?.salt)
    expect(nobody?.salt).toHaveLength(alice?.salt.length ?? 0)
    // Those of the home's users, and that of alice.
    for (const { iterations, mechanisms } of [...others, nobody].flatMap((one) => one ?? [])) {
      expect(['4096', '10000']).toContain(iterations)
      expect(mechanisms).toBe(alice?.mechanisms)
    }
    const words = (one: Tried | undefined, user: string) =>
      JSON.stringify([...(one?.error ?? [])]).replaceAll(user, '…')
    expect(words(nobody, 'nobody')).toBe(words(alice, 'alice'))
    expect(alice?.error?.get('C')).toBe('28P01')
  })

  test('has the same salt after the server has started again', async () => {
    const { salt } = await tryLogin(openSocket(gateway), 'nobody', 'wrong')
    expect(gateway.engine.mockSecret).toHaveLength(32)
    const straight = await gateway.connectStraight()
    const { rows } = await straight.query('select secret from pg_millrace.mock_authentication')
    expect(rows).toEqual([{ secret: gateway.engine.mockSecret }])
    const owner = await gateway.connect()
    await expect(owner.query('select * from pg_millrace.mock_authentication')).rejects.toMatchObject({
      code: '42501',
    })
    expect(salt).not.toBe('')
  })
})

describe('a failed login', () => {
  test('is logged with user, address and reason, and never the password', async () => {
    const lines = new LogLines()
    const other = await startTestGateway({ log: lines.log })
    onTestFinished(() => other.stop())
    const attempt = { user: 'millrace', password: 'hunter2' }
    await expect(other.connect(attempt)).rejects.toMatchObject({ code: '28P01' })
    await expect(other.connect({ ...attempt, user: 'nobody' })).rejects.toMatchObject({ code: '28P01' })
    expect(lines.all.join('\n')).not.toContain('hunter2')
    const logged = lines.all.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'a login has failed')
    expect(logged).toMatchObject([
      { user: 'millrace', address: '127.0.0.1', reason: 'wrong password' },
      { user: 'nobody', address: '127.0.0.1', reason: 'unknown user' },
    ])
  })

  test('slows the next ones down, right and wrong alike; nothing is left of those that wait when the server stops', async () => {
    const waits: number[] = []
    let hold = false
    let holding = () => {}
    const held = new Promise<void>((resolve) => {
      holding = resolve
    })
    const other = await startTestGateway({
      failedLogins: {
        wait: (milliseconds, signal) => {
          waits.push(milliseconds)
          if (!hold) return Promise.resolve()
          holding()
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        },
      },
    })
    for (let failure = 0; failure < 12; failure++) {
      await expect(other.connect({ password: 'wrong' })).rejects.toMatchObject({ code: '28P01' })
    }
    expect(waits).toHaveLength(1)
    await (await other.connect()).query('select 1')
    expect(waits).toHaveLength(2)
    hold = true
    const waiting = other.connect().catch((error: unknown) => error)
    await held
    await other.gateway.stop()
    expect(await waiting).toBeInstanceOf(Error)
    await other.stop()
  })
})

describe('channel binding', () => {
  const bound = 'SCRAM-SHA-256-PLUS'
  const header = 'p=tls-server-end-point,,'

  psqlTest('works with libpq’s channel_binding=require, and only with TLS', async () => {
    const url = (options: string) =>
      `postgres://alice:${encodeURIComponent('of alice')}@127.0.0.1:${gateway.gateway.port}/millrace?${options}`
    const run = await psql(url('sslmode=require&channel_binding=require'), 'select current_user')
    expect(run).toMatchObject({ status: 0, output: 'alice\n' })
    expect(await psql(url('sslmode=disable&channel_binding=require'), 'select 1')).toMatchObject({
      status: 2,
      complaints: expect.stringContaining('channel binding required'),
    })
    expect(await psql(url('sslmode=require&channel_binding=disable'), 'select 1')).toMatchObject({
      status: 0,
    })
  })

  test('lets in who is bound to this server’s certificate', async () => {
    const binding = endPointOf(certificate.cert) ?? new Uint8Array()
    const tried = await tryLogin(await encrypted(), 'alice', 'of alice', {
      mechanism: bound,
      header,
      binding,
    })
    expect(tried.mechanisms).toContain(bound)
    expect(tried.error).toBeUndefined()
  })

  test('refuses who is bound to another, as with somebody in between', async () => {
    const binding = endPointOf((await testCertificate()).cert) ?? new Uint8Array()
    const tried = await tryLogin(await encrypted(), 'alice', 'of alice', {
      mechanism: bound,
      header,
      binding,
    })
    expect(tried.error?.get('C')).toBe('28000')
  })

  test('refuses who has not been offered it though it was: somebody has taken it out of the offer', async () => {
    const tried = await tryLogin(await encrypted(), 'alice', 'of alice', { header: 'y,,' })
    expect(tried.error?.get('M')).toBe('SCRAM channel binding negotiation error')
    const plain = await tryLogin(openSocket(gateway), 'alice', 'of alice', { header: 'y,,' })
    expect(plain.error).toBeUndefined()
  })

  test.each([
    ['another kind of binding', { mechanism: bound, header: 'p=tls-unique,,' }],
    ['binding without saying so', { mechanism: bound, header: 'n,,' }],
    ['saying so without binding', { header }],
    ['being somebody else', { header: 'n,a=millrace,' }],
  ])('refuses %s', async (_, options) => {
    expect((await tryLogin(await encrypted(), 'alice', 'of alice', options)).error?.get('C')).toMatch(
      /08P01|0A000/,
    )
  })

  test('without encryption there is none', async () => {
    const tried = await tryLogin(openSocket(gateway), 'alice', 'of alice', { mechanism: bound, header })
    expect(tried.error?.get('C')).toBe('08P01')
  })
})

test('a server that requires encryption refuses plain connections before it asks for a password, PostgreSQL’s own excepted', async () => {
  gateway.gateway.setCertificate({ ...certificate, isRequired: true })
  onTestFinished(() => gateway.gateway.setCertificate(certificate))
  const socket = openSocket(gateway)
  socket.write(startupPacket([['user', 'alice']]))
  const refusal = await message(socket)
  expect(refusal.type).toBe('E')
  expect(errorIn(refusal).get('C')).toBe('28000')
  // Whoever says that it is PostgreSQL needs PostgreSQL's password.
  await expect(gateway.connect({ application_name: 'millrace_loopback 1' })).rejects.toMatchObject({
    code: '28P01',
  })
  const ssl = { rejectUnauthorized: false }
  const client = new pg.Client({ ...gateway.config, ssl })
  await client.connect()
  await client.query("do $$ begin perform city from place where ip = '1.1.1.1'; end $$")
  await client.end()
})

describe('verifiers', () => {
  test('are PostgreSQL’s: what it writes can be read, and what is written it takes', async () => {
    const straight = await gateway.connectStraight()
    await straight.query(`create role written password 'pàss wörd'`)
    const { rows } = await straight.query(`select rolpassword from pg_authid where rolname = 'written'`)
    const verifier = parseVerifier(rows[0].rolpassword)
    expect(verifier).toBeDefined()
    if (verifier === undefined) return
    expect(verifierText(verifier)).toBe(rows[0].rolpassword)
    await gateway.setUsers([{ name: 'erin', connections: ['*'], verifier }])
    const client = await gateway.connect({ user: 'erin', password: preparedPassword('pàss wörd') })
    expect((await client.query('select current_user')).rows).toEqual([{ current_user: 'erin' }])
    await straight.query(`alter role written password '${verifierText(await makeVerifier('x'))}'`)
    await straight.query('drop role written')
  })

  test.each([
    '',
    'x',
    'md5d41d8cd98f00b204e9800998ecf8427e',
    'SCRAM-SHA-256$0:YQ==$YQ==:YQ==',
    'SCRAM-SHA-256$4096:$:',
  ])('"%s" is none', (text) => {
    expect(parseVerifier(text)).toBeUndefined()
  })

  test('of a password that is not prepared, PostgreSQL’s clients send what is', () => {
    expect(preparedPassword('I\u00adX')).toBe('IX')
    expect(preparedPassword('\u2168')).toBe('IX')
    expect(preparedPassword('a\u00a0b')).toBe('a b')
    expect(preparedPassword('\u0007')).toBe('\u0007')
    expect(preparedPassword(password)).toBe(password)
  })
})
