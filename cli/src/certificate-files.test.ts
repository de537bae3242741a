import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadOrCreateCertificate } from '@millrace/server/certificate'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadCertificate } from './certificate-files.js'
import { readSettings } from './config/settings.js'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-certificate-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

async function load(cert: string, key: string) {
  await writeFile(join(home, 'server.crt'), cert)
  await writeFile(join(home, 'server.key'), key)
  const settings = await readSettings({ MILLRACE_HOME: home })
  return loadCertificate({ ...settings, tls: { certificate: 'server.crt', key: 'server.key' } })
}

it("a certificate of the user's own is taken with its key", async () => {
  const { cert, key } = await loadOrCreateCertificate(home)
  expect(await load(cert, key)).toMatchObject({ cert, key, isRequired: false })
})

it('a file that is not what it should be is named', async () => {
  const { cert, key } = await loadOrCreateCertificate(home)
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const
  const plain = { type: 'pkcs8', format: 'pem' } as const
  for (const [file, wrongCert, wrongKey] of [
    ['server.crt', 'no PEM', key],
    ['server.crt', key, key],
    ['server.key', cert, 'no PEM'],
    ['server.key', cert, cert],
    ['server.key', cert, String(other.export(locked))],
    ['server.key', cert, String(other.export(plain))],
  ] as const) {
    await expect(load(wrongCert, wrongKey)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(join(home, file)),
    })
  }
})
