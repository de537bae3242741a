/**
 * What a server keeps of a password to check it by SCRAM-SHA-256 (RFC 5802, section 3), as PostgreSQL writes it in
 * pg_authid: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, the last three in base64.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { createScramSha256Data, type ScramSha256Data } from 'pg-gateway'

/** Salt and keys are in base64. */
export type ScramVerifier = Readonly<ScramSha256Data>

/** PostgreSQL's own: SCRAM_SHA_256_DEFAULT_ITERATIONS and SCRAM_DEFAULT_SALT_LEN. */
export const usualIterations = 4096
const saltBytes = 16
/** The length of SHA-256. */
const keyBytes = 32

const written = /^SCRAM-SHA-256\$(\d{1,10}):([A-Za-z0-9+/]+=*)\$([A-Za-z0-9+/]+=*):([A-Za-z0-9+/]+=*)$/

/** @returns undefined for a text that is not of that form */
export function parseVerifier(text: string): ScramVerifier | undefined {
  const [, digits = '', salt = '', storedKey = '', serverKey = ''] = written.exec(text) ?? []
  const iterations = Number(digits)
  const isWhole =
    iterations >= 1 &&
    iterations <= 0x7fff_ffff &&
    bytesOf(salt) > 0 &&
    bytesOf(storedKey) === keyBytes &&
    bytesOf(serverKey) === keyBytes
  return isWhole ? { iterations, salt, storedKey, serverKey } : undefined
}

function bytesOf(base64: string): number {
  return Buffer.from(base64, 'base64').length
}

export function verifierText({ iterations, salt, storedKey, serverKey }: ScramVerifier): string {
  return `SCRAM-SHA-256$${iterations}:${salt}$${storedKey}:${serverKey}`
}

/** Makes a verifier with a salt of its own. */
export function makeVerifier(password: string, iterations = usualIterations): Promise<ScramVerifier> {
  return createScramSha256Data(password, iterations)
}

/** A verifier that no password fulfils, and that looks like others from outside. @param seed the same gives the same salt */
export function mockVerifier(secret: Buffer, seed: string, iterations: number): ScramVerifier {
  const key = () => randomBytes(keyBytes).toString('base64')
  const salt = hmac(secret, seed).subarray(0, saltBytes).toString('base64')
  return { iterations, salt, storedKey: key(), serverKey: key() }
}

export function hmac(key: Uint8Array, data: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest()
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
