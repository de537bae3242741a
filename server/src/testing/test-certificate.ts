/** A server's certificate of a test's own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificate, loadOrCreateCertificate } from '../certificate.js'

export async function testCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-certificate-'))
  try {
    return await loadOrCreateCertificate(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}
