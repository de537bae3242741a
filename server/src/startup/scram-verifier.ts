/**
 * What a server keeps of a password to check it by SCRAM-SHA-256 (RFC 5802, section 3), as PostgreSQL writes it in
 * pg_authid: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, the last three in base64.
 */
import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

export interface ScramVerifier {
  readonly iterations: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** PostgreSQL's own: SCRAM_SHA_256_DEFAULT_ITERATIONS and SCRAM_DEFAULT_SALT_LEN. */
export const usualIterations = 4096
const saltBytes = 16
/** The length of SHA-256. */
const keyBytes = 32

const written = /^SCRAM-SHA-256\$(\d{1,10}):([A-Za-z0-9+/]+=*)\$([A-Za-z0-9+/]+=*):([A-Za-z0-9+/]+=*)$/

/** @returns undefined for a text that is not of that form */
export function parseVerifier(text: string): ScramVerifier | undefined {
  const [, iterations = '', salt = '', storedKey = '', serverKey = ''] = written.exec(text) ?? []
  const verifier = {
    iterations: Number(iterations),
    salt: Buffer.from(salt, 'base64'),
    storedKey: Buffer.from(storedKey, 'base64'),
    serverKey: Buffer.from(serverKey, 'base64'),
  }
  const isWhole =
    verifier.iterations >= 1 &&
    verifier.iterations <= 0x7fff_ffff &&
    verifier.salt.length > 0 &&
    verifier.storedKey.length === keyBytes &&
    verifier.serverKey.length === keyBytes
  return isWhole ? verifier : undefined
}

export function verifierText({ iterations, salt, storedKey, serverKey }: ScramVerifier): string {
  const [saltText, stored, server] = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'))
  return `SCRAM-SHA-256$${iterations}:${saltText}$${stored}:${server}`
}

/** Makes a verifier with a salt of its own. */
export async function makeVerifier(
  password: string,
  iterations = usualIterations,
  salt: Buffer = randomBytes(saltBytes),
): Promise<ScramVerifier> {
  const salted = await promisify(pbkdf2)(password, salt, iterations, keyBytes, 'sha256')
  return {
    iterations,
    salt,
    storedKey: sha256(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  }
}

/** A verifier that no password fulfils, and that looks like others from outside. @param seed the same gives the same salt */
export function mockVerifier(secret: Buffer, seed: string, iterations: number): ScramVerifier {
  return {
    iterations,
    salt: hmac(secret, seed).subarray(0, saltBytes),
    storedKey: randomBytes(keyBytes),
    serverKey: randomBytes(keyBytes),
  }
}

export function hmac(key: Uint8Array, data: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

export function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest()
}

/** Characters that RFC 3454 maps to a space (C.1.2), and to nothing (B.1). */
const spaces = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu
const nothing = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu
/** Those that it prohibits: controls, private use, non-characters, surrogates, tagging characters. */
const prohibited = /[\p{Cc}\p{Co}\p{Cn}\p{Cs}\u06dd\u070f\u2028\u2029\u206a-\u206f\ufff9-\uffff]/u

/**
 * A password as PostgreSQL's clients send it: SASLprep (RFC 4013), and where that prohibits it, as it is.
 */
export function preparedPassword(password: string): string {
  const prepared = password.replace(spaces, ' ').replace(nothing, '').normalize('NFKC')
  return prepared === '' || prohibited.test(prepared) ? password : prepared
}
