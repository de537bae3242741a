/** The certificate of a gateway that was given none: self-signed, and stored in the home. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

export interface Certificate {
  /** The private key; it and the certificate are PEM. */
  readonly key: string
  readonly cert: string
  /** The certificates, as PEM, of the authority whose certificates clients may present; undefined where none count. */
  readonly clientAuthority?: string | undefined
  /** Whether clients that do not encrypt their connections are refused. Default is no. */
  readonly isRequired?: boolean
}

const fileName = 'certificate.json'
/** The certificate alone: what a client verifies the server by (libpq's `sslrootcert`). */
const publicFileName = 'certificate.pem'
const certificate = z.object({ key: z.string(), cert: z.string(), expires: z.iso.datetime() })

/** How long it is valid, and how long before its end another one is made, in days. */
const validDays = 825
const renewalDays = 30

const millisecondsPerDay = 86_400_000

/** Reads the certificate of a folder; makes one if there is none, or it is about to expire. */
export async function loadOrCreateCertificate(folder: string, now = new Date()): Promise<Certificate> {
  const path = join(folder, fileName)
  const known = certificate.safeParse(await readJson(path))
  const latest = new Date(now.getTime() + renewalDays * millisecondsPerDay)
  if (known.success && new Date(known.data.expires) > latest) {
    await publish(folder, known.data.cert)
    return known.data
  }
  const expires = new Date(now.getTime() + validDays * millisecondsPerDay)
  // Loaded where one has to be made, once in two years: it takes longer than the rest of the server.
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now.getTime() - millisecondsPerDay),
    notAfterDate: expires,
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  const content = { key: made.private, cert: made.cert, expires: expires.toISOString() }
  await mkdir(folder, { recursive: true })
  // It is never readable to others.
  await replaceFile(path, JSON.stringify(content), 0o600)
  await publish(folder, content.cert)
  return content
}

/** Writes the certificate without its key, unless it is there. */
async function publish(folder: string, cert: string): Promise<void> {
  const path = join(folder, publicFileName)
  const pem = `${cert.trimEnd()}\n`
  if ((await readText(path)) !== pem) await replaceFile(path, pem, 0o644)
}

/** Writes a file that is at no time half a file. */
async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, content, { mode })
  await rename(draft, path)
}

/** @returns undefined where it cannot be read */
function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readText(path)) ?? '')
  } catch {
    return undefined
  }
}
