/** Users that log in by certificates, made by openssl and presented by psql. */
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endPointOf } from './startup/channel-binding.js'
import { hasName } from './startup/client-certificate.js'
import { makeVerifier } from './startup/scram-verifier.js'
import { psql, psqlTest } from './testing/psql.js'
import { testCertificate } from './testing/test-certificate.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let folder = ''
let gateway: TestGateway

const at = (name: string) => join(folder, name)
const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', args, { cwd: folder })

/** A key `<name>.key`, and what is asked of an authority, or of oneself, for it. */
const request = (name: string, subject: string, ...more: readonly string[]) =>
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-subj', subject, ...more)

/** Each certificate has a number of its own: openssl's file for them is not for several that sign at once. */
let lastSerial = 0

/** A certificate `<name>.crt`, with its key `<name>.key`, that an authority has signed. */
async function issue(name: string, subject: string, more = '', authority = 'ca', days = '30'): Promise<void> {
  await request(name, subject, '-out', `${name}.csr`)
  await writeFile(at(`${name}.ext`), more)
  const signer = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-set_serial', `${++lastSerial}`]
  const args = ['-req', '-in', `${name}.csr`, ...signer, '-days', days, '-extfile', `${name}.ext`]
  await openssl('x509', ...args, '-out', `${name}.crt`)
}

async function authority(name: string): Promise<void> {
  await request(name, `/CN=${name}`, '-x509', '-out', `${name}.crt`)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-certificates-'))
  await Promise.all([authority('ca'), authority('other-ca')])
  await Promise.all([
    issue('alice', '/O=Acme/CN=alice'),
    issue('forged', '/O=Acme/CN=alice', '', 'other-ca'),
    issue('server-only', '/CN=alice', 'extendedKeyUsage = serverAuth'),
    issue(
      'mail',
      '/CN=somebody',
      'subjectAltName = email:carol@example.com, DNS:carol.example.com, URI:spiffe://acme/carol',
    ),
    issue('two-names', '/CN=alice/CN=bob'),
  ])
  const certificate = await testCertificate()
  gateway = await startTestGateway({
    tls: { ...certificate, clientAuthority: await readFile(at('ca.crt'), 'utf8') },
    users: [
      { name: 'alice', connections: ['*'], certificate: { kind: 'cn', name: 'alice' } },
      { name: 'carol', connections: [], certificate: { kind: 'san', name: 'carol@example.com' } },
      { name: 'service', connections: [], certificate: { kind: 'san', name: 'spiffe://acme/carol' } },
      {
        name: 'bob',
        connections: [],
        certificate: { kind: 'cn', name: 'alice' },
        verifier: await makeVerifier('of bob'),
      },
    ],
  })
}, 120_000)
afterAll(async () => {
  await gateway?.stop()
  await rm(folder, { recursive: true, force: true })
})

function asUser(user: string, certificate: string | undefined, { secret = '', mode = 'require' } = {}) {
  const url = new URL(`postgres://${user}@127.0.0.1:${gateway.gateway.port}/millrace`)
  url.searchParams.set('sslmode', mode)
  url.password = secret
  if (certificate !== undefined) {
    url.searchParams.set('sslcert', at(`${certificate}.crt`))
    url.searchParams.set('sslkey', at(`${certificate}.key`))
  }
  return psql(url.href, 'select current_user')
}

const refused = { status: 2, output: '' }

describe('a user with a certificate', () => {
  psqlTest('is let in by it, without a password', async () => {
    expect(await asUser('alice', 'alice')).toMatchObject({ status: 0, output: 'alice\n' })
    expect(await asUser('carol', 'mail')).toMatchObject({ output: 'carol\n' })
    expect(await asUser('service', 'mail')).toMatchObject({ output: 'service\n' })
  })

  psqlTest(
    'is not let in without it, by another, by one of another authority, or by one for servers',
    async () => {
      for (const certificate of [undefined, 'mail', 'forged', 'server-only', 'two-names']) {
        expect(await asUser('alice', certificate, { secret: 'x' })).toMatchObject(refused)
      }
      expect(await asUser('alice', 'alice', { mode: 'disable', secret: 'x' })).toMatchObject(refused)
      expect(await asUser('carol', 'alice', { secret: 'x' })).toMatchObject(refused)
    },
  )

  psqlTest('is refused in the words of a wrong password: nobody learns who has a certificate', async () => {
    const said = async (user: string) =>
      (await asUser(user, undefined, { secret: 'x' })).complaints.replaceAll(user, '…')
    expect(await said('alice')).toBe(await said('nobody'))
  })

  psqlTest('and a verifier needs both', async () => {
    expect(await asUser('bob', 'alice', { secret: 'of bob' })).toMatchObject({ status: 0, output: 'bob\n' })
    expect(await asUser('bob', 'alice', { secret: 'wrong' })).toMatchObject(refused)
    expect(await asUser('bob', undefined, { secret: 'of bob' })).toMatchObject(refused)
    expect(await asUser('bob', 'forged', { secret: 'of bob' })).toMatchObject(refused)
  })

  psqlTest('and the owner still log in by password, with or without a certificate', async () => {
    const secret = String(gateway.config.password)
    expect(await asUser('millrace', undefined, { secret })).toMatchObject({ output: 'millrace\n' })
    expect(await asUser('millrace', 'alice', { secret })).toMatchObject({ output: 'millrace\n' })
    expect(await asUser('millrace', 'alice')).toMatchObject(refused)
  })
})

test('names are compared as a whole', async () => {
  const mail = new X509Certificate(await readFile(at('mail.crt')))
  expect(hasName(mail, { kind: 'san', name: 'carol.example.com' })).toBe(true)
  for (const name of [
    'carol',
    'example.com',
    '*.example.com',
    'spiffe://acme',
    'somebody',
    '',
    'email:carol@example.com',
  ]) {
    expect(hasName(mail, { kind: 'san', name })).toBe(false)
  }
  expect(hasName(mail, { kind: 'cn', name: 'somebody' })).toBe(true)
  expect(hasName(mail, { kind: 'cn', name: 'SOMEBODY' })).toBe(false)
})

describe('what a password exchange is bound to', () => {
  test.each([
    ['rsa with SHA-256', ['rsa:2048', '-sha256'], 32],
    ['rsa with SHA-512', ['rsa:2048', '-sha512'], 64],
    ['RSA-PSS with SHA-384', ['rsa:2048', '-sha384', '-sigopt', 'rsa_padding_mode:pss'], 48],
    ['Ed25519', ['ed25519'], undefined],
  ] as const)(
    'is the hash of the certificate by its own algorithm: %s',
    async (name, [key, ...how], bytes) => {
      const file = `${name.replaceAll(' ', '-')}.crt`
      await openssl(
        'req',
        '-x509',
        '-newkey',
        key,
        '-nodes',
        '-keyout',
        `${file}.key`,
        '-subj',
        '/CN=x',
        '-out',
        file,
        ...how,
      )
      expect(endPointOf(await readFile(at(file), 'utf8'))?.length).toBe(bytes)
    },
  )
})
