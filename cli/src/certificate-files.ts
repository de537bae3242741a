/** The certificate that the server presents to clients: the home's own, or the user's. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Certificate, loadOrCreateCertificate } from '@millrace/server/certificate'
import type { Settings } from './config/settings.js'
import { UserError } from './user-error.js'

/**
 * @returns undefined where connections are not encrypted
 * @throws UserError that names the file which cannot be read, or is not what it should be
 */
export async function loadCertificate({
  home,
  tls,
}: Pick<Settings, 'home' | 'tls'>): Promise<Certificate | undefined> {
  if (tls === false) return undefined
  if (tls === true) return loadOrCreateCertificate(home)
  const { certificate, key, require: isRequired = false, client_ca: authority } = tls
  const [own, clientAuthority] = await Promise.all([
    certificate === undefined || key === undefined
      ? loadOrCreateCertificate(home)
      : readPair(resolve(home, certificate), resolve(home, key)),
    authority === undefined ? undefined : readAuthority(resolve(home, authority)),
  ])
  return { ...own, isRequired, clientAuthority }
}

async function readPair(
  certificatePath: string,
  keyPath: string,
): Promise<Pick<Certificate, 'cert' | 'key'>> {
  const [cert, key] = await Promise.all([readPem(certificatePath), readPem(keyPath)])
  const certificate = understand(certificatePath, 'certificate', () => new X509Certificate(cert))
  const privateKey = understand(keyPath, 'key without a passphrase', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new UserError(`${keyPath} is not the key of the certificate ${certificatePath}`, 2)
  }
  return { cert, key }
}

async function readAuthority(path: string): Promise<string> {
  const pem = await readPem(path)
  understand(path, 'certificate', () => new X509Certificate(pem))
  return pem
}

function readPem(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path}, which tls in the configuration names, cannot be read: ${error.code}`, 2)
  })
}

/** Adds the file's name to an error: OpenSSL's messages name routines, not files. */
function understand<Result>(path: string, kind: string, parse: () => Result): Result {
  try {
    return parse()
  } catch (error) {
    throw new UserError(
      `${path}, which tls in the configuration names, is not a PEM file of a ${kind}`,
      2,
      error,
    )
  }
}
