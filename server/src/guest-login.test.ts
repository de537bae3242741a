/** How the engine and clients' sessions get into a PostgreSQL of the user's: passwords, encryption, sockets. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorOf as errorOfKind } from '@millrace/plugin-sdk/testing'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { type DebianServer, startTemporaryServer } from '@millrace/sql-engine/testing/debian-postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Certificate, loadOrCreateCertificate } from './certificate.js'
import { hasServer, startGuestGateway } from './testing/guest-gateway.js'

let server: DebianServer
let folder: string
let certificate: Certificate

/** Each role with a method of its own. */
const hba = `
local   all       postgres                  scram-sha-256
local   all       all                       scram-sha-256
hostssl all       only_encrypted  all       scram-sha-256
host    all       only_encrypted  all       reject
host    all       by_md5          all       md5
host    all       by_password     all       password
host    all       by_trust        all       trust
host    all       nobody          all       reject
host    all       all             all       scram-sha-256
`
const roles = ['only_encrypted', 'by_md5', 'by_password', 'by_trust', 'nobody', 'umläut']
const secret = 'geheim ½ ß'

beforeAll(async () => {
  if (!hasServer) return
  folder = await mkdtemp(join(tmpdir(), 'millrace-login-'))
  certificate = await loadOrCreateCertificate(folder)
  const other = await loadOrCreateCertificate(join(folder, 'other'))
  await writeFile(join(folder, 'root.pem'), certificate.cert)
  await writeFile(join(folder, 'other.pem'), other.cert)
  server = await startTemporaryServer()
  await server.write('server.crt', certificate.cert)
  await server.write('server.key', certificate.key)
  await server.write('pg_hba.conf', hba)
  const admin = await server.admin('postgres')
  await admin.query('alter system set ssl = on')
  await admin.query(roles.map((role) => `create role "${role}" login password '${secret}'`).join('; '))
  await admin.query(`set password_encryption = md5; alter role by_md5 password '${secret}'`)
  await admin.query(`grant create on database millrace to ${roles.map((role) => `"${role}"`).join(', ')}`)
  await admin.query('select pg_reload_conf()')
  await admin.end()
  await isEncrypted()
})
afterAll(async () => {
  await server?.stop()
  if (hasServer) await rm(folder, { recursive: true, force: true })
})

/** The server reads its settings when it comes to it. */
async function isEncrypted(): Promise<void> {
  const config = { host: '127.0.0.1', port: server.port, user: 'by_trust', database: 'postgres' }
  for (;;) {
    const client = new pg.Client({ ...config, ssl: { rejectUnauthorized: false } })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await client.end().catch(() => {})
    }
  }
}

const urlOf = (role: string, parameters = '', host = `127.0.0.1:${server.port}`, password = secret) =>
  `postgres://${encodeURIComponent(role)}:${encodeURIComponent(password)}@${host}/millrace${parameters}`

/** What the engine's URL and a client's role give: who the session is, and whether it is encrypted. */
async function sessionOf(url: string): Promise<unknown> {
  const started = await startGuestGateway(server, { url })
  onTestFinished(() => started.stop())
  const client = await started.connect()
  const { rows } = await client.query(
    'select current_user as role, ssl from pg_stat_ssl where pid = pg_backend_pid()',
  )
  expect((await client.query("select city from place where ip = '1.1.1.1'")).rowCount).toBe(1)
  // A cancel request takes the same way.
  const sleeping = client.query('select pg_sleep(60)')
  const { processID, secretKey } = Object(client)
  const canceller = new pg.Client(started.config)
  Object(canceller).connection.on('connect', () => {})
  const cancelled = new Promise<void>((resolve) => {
    const { connection } = Object(canceller)
    connection.connect(started.config.port, '127.0.0.1')
    connection.once('connect', () => connection.cancel(processID, secretKey))
    connection.once('end', () => resolve())
  })
  await expect(sleeping).rejects.toMatchObject({ code: '57014' })
  await cancelled
  await started.stop()
  const admin = await server.admin()
  const schemas = (
    await admin.query(
      'select nspname from pg_namespace n join millrace_internal.own_schema o on o.schema = n.oid',
    )
  ).rows
  await admin.query(`drop schema ${schemas.map(({ nspname }) => nspname).join(', ')} cascade`)
  await admin.query('drop server if exists millrace_loopback cascade')
  await admin.end()
  return rows[0]
}

const refusalOf = (url: string) => errorOfKind(startGuestGateway(server, { url }), DatabaseError)

describe.runIf(hasServer)('a session gets in', () => {
  test.each([
    ['by SCRAM, encrypted where the server can', 'millrace_engine', '', true],
    ['by SCRAM, without encryption', 'millrace_engine', '?sslmode=disable', false],
    ['where only encrypted ones may', 'only_encrypted', '?sslmode=require', true],
    ['by MD5', 'by_md5', '', true],
    ['by a clear password', 'by_password', '?sslmode=require', true],
    ['without a password', 'by_trust', '', true],
    ['as a role with other letters', 'umläut', '', true],
  ])('%s', async (_, role, parameters, ssl) => {
    const password = role === 'millrace_engine' ? 'a secret: of %40 the tests' : secret
    const url = urlOf(role, parameters, undefined, role === 'by_trust' ? '' : password)
    expect(await sessionOf(url)).toEqual({ role, ssl })
  })

  test('by a certificate that is checked, with the name of the host', async () => {
    const root = encodeURIComponent(join(folder, 'root.pem'))
    const verified = `?sslmode=verify-full&sslrootcert=${root}`
    expect(await sessionOf(urlOf('only_encrypted', verified, `localhost:${server.port}`))).toEqual({
      role: 'only_encrypted',
      ssl: true,
    })
  })

  test('by a socket', async () => {
    const socket = encodeURIComponent(server.socketFolder)
    expect(await sessionOf(urlOf('only_encrypted', '', `${socket}:${server.port}`))).toEqual({
      role: 'only_encrypted',
      ssl: false,
    })
  })
})

describe.runIf(hasServer)('no session gets in', () => {
  test.each([
    [
      'with a wrong password',
      () => urlOf('by_md5', '', undefined, 'wrong'),
      '28P01',
      /password authentication failed/,
    ],
    ['without the password', () => urlOf('only_encrypted', '', undefined, ''), '08001', /password/],
    ['that pg_hba.conf rejects', () => urlOf('nobody'), '28000', /pg_hba\.conf/],
    [
      'without encryption where that is asked for',
      () => urlOf('only_encrypted', '?sslmode=disable'),
      '28000',
      /no encryption/,
    ],
    [
      'where the certificate is somebody else’s',
      () =>
        urlOf('by_md5', `?sslmode=verify-ca&sslrootcert=${encodeURIComponent(join(folder, 'other.pem'))}`),
      '08001',
      /self-signed certificate|certificate signature|unable to verify/i,
    ],
    [
      'where the certificate is nobody’s',
      () => urlOf('by_md5', '?sslmode=verify-full'),
      '08001',
      /self-signed certificate/,
    ],
    ['where nothing listens', () => urlOf('by_md5', '', '127.0.0.1:1'), '08001', /ECONNREFUSED/],
    [
      'to a database that does not exist',
      () => urlOf('by_md5').replace('/millrace', '/nowhere'),
      '3D000',
      /does not exist/,
    ],
  ])('%s', async (_, url, sqlState, message) => {
    const error = await refusalOf(url())
    expect(error).toMatchObject({ sqlState, message: expect.stringMatching(message) })
    expect(`${error.message} ${error.detail} ${error.hint}`).not.toContain(secret)
  })

  test('whose role may not create, whose database is not UTF-8', async () => {
    const admin = await server.admin('postgres')
    await admin.query(`create role weak login password '${secret}'`)
    await admin.query(
      "create database narrow encoding 'LATIN1' template template0 locale_provider libc locale 'C' owner weak",
    )
    await admin.end()
    expect(await refusalOf(urlOf('weak'))).toMatchObject({
      sqlState: '42501',
      hint: expect.stringContaining('GRANT CREATE ON DATABASE "millrace" TO "weak"'),
    })
    expect(await refusalOf(urlOf('weak').replace('/millrace', '/narrow'))).toMatchObject({
      sqlState: '0A000',
      message: 'the database "narrow" has the encoding LATIN1',
    })
  })
})
