/**
 * AWS Signature Version 4, checked from the service's side.
 *
 * Written from AWS's description of the algorithm ("Create a signed AWS API request") rather than with the
 * SDK's signer, so that client and sandbox do not share a mistake.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { ApiRequest } from '../service.js'

export interface SignatureScope {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
}

export interface SignedRequest {
  readonly scope: SignatureScope
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

export type SignatureFault = 'missing' | 'malformed' | 'expired' | 'mismatch'

/** The largest clock skew; services reject requests whose clock is off by more. */
const largestSkewMs = 5 * 60 * 1000

/** Reads the Authorization header; if something is wrong with it, returns a word for that. */
export function readSignature(request: ApiRequest): SignedRequest | 'missing' | 'malformed' {
  const { authorization } = request.headers
  if (authorization === undefined) return 'missing'
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      authorization,
    )
  const [, accessKeyId, date, region, service, headers, signature] = found ?? []
  if (!accessKeyId || !date || !region || !service || !headers || !signature) return 'malformed'
  return { scope: { accessKeyId, date, region, service }, signedHeaders: headers.split(';'), signature }
}

/** In what the services differ: S3 takes a path as it was sent; all others encode it once more. */
export interface SignatureRules {
  readonly isPathAsSent: boolean
}

/** Recomputes the signature; null when it is right and fresh. */
export function checkSignature(
  request: ApiRequest,
  signed: SignedRequest,
  secretAccessKey: string,
  rules: SignatureRules = { isPathAsSent: false },
): Exclude<SignatureFault, 'missing'> | null {
  const timestamp = request.headers['x-amz-date']
  const time = timestamp === undefined ? Number.NaN : parseTimestamp(timestamp)
  if (timestamp === undefined || Number.isNaN(time)) return 'malformed'
  if (!signed.signedHeaders.includes('host') || !signed.signedHeaders.includes('x-amz-date'))
    return 'malformed'
  const payloadHash = sha256(request.body)
  const declaredHash = request.headers['x-amz-content-sha256']
  if (declaredHash !== undefined && declaredHash !== payloadHash) return 'mismatch'
  const { date, region, service } = signed.scope
  if (!timestamp.startsWith(date)) return 'mismatch'
  const stringToSign = [
    'AWS4-HMAC-SHA256',
    timestamp,
    `${date}/${region}/${service}/aws4_request`,
    sha256(canonicalRequest(request, signed.signedHeaders, payloadHash, rules)),
  ].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${secretAccessKey}`,
  )
  const expected = createHmac('sha256', key).update(stringToSign).digest()
  if (!timingSafeEqual(expected, Buffer.from(signed.signature, 'hex'))) return 'mismatch'
  return Math.abs(Date.now() - time) > largestSkewMs ? 'expired' : null
}

function canonicalRequest(
  request: ApiRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
  { isPathAsSent }: SignatureRules,
): string {
  const [path = '/'] = request.target.split('?', 1)
  const query = [...request.url.searchParams]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    // By name, then by value; the encoded texts are ASCII.
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const headers = signedHeaders.map((name) => `${name}:${normalise(request.headers[name] ?? '')}\n`).join('')
  return [
    request.method,
    isPathAsSent ? path : path.split('/').map(encode).join('/'),
    query,
    headers,
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function normalise(value: string): string {
  return value.trim().replace(/\s+/g, ' ')
}

/** RFC 3986, as the algorithm asks; encodeURIComponent leaves five more characters as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

/** The time `20260102T030405Z` as epoch milliseconds; NaN when the text is not a time. */
function parseTimestamp(timestamp: string): number {
  return Date.parse(
    timestamp.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6.000Z'),
  )
}
