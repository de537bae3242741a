/**
 * What binds a password exchange to the TLS connection that it runs over, so that nobody in between can pass it on: the hash
 * of the server's certificate, `tls-server-end-point` (RFC 5929, section 4).
 */
import { createHash, X509Certificate } from 'node:crypto'

/** Ends of the OIDs of signature algorithms, in DER, by what they hash with. MD5 and SHA-1 become SHA-256. */
const digests: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d010104', 'sha256'], // md5WithRSAEncryption
  ['2a864886f70d010105', 'sha256'], // sha1WithRSAEncryption
  ['2a864886f70d01010b', 'sha256'], // sha256WithRSAEncryption
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d0401', 'sha256'], // ecdsa-with-SHA1
  ['2a8648ce3d040302', 'sha256'], // ecdsa-with-SHA256
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
])

/** id-RSASSA-PSS, and the hashes that its parameters name first. */
const pss = '2a864886f70d01010a'
const pssDigests: ReadonlyMap<string, string> = new Map([
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
])

/**
 * The data to which a client binds.
 * @param certificate PEM; of several, the first is the server's
 * @returns undefined where it is signed by an algorithm without a hash of its own, such as Ed25519: then there is no binding
 */
export function endPointOf(certificate: string): Buffer | undefined {
  const der = new X509Certificate(certificate).raw
  const digest = digestOf(der)
  return digest === undefined ? undefined : createHash(digest).update(der).digest()
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters }, signature } (RFC 5280). */
function digestOf(der: Buffer): string | undefined {
  const certificate = elementAt(der, 0)
  const signed = elementAt(der, certificate.start)
  const algorithm = elementAt(der, signed.end)
  const identifier = elementAt(der, algorithm.start)
  const oid = der.toString('hex', identifier.start, identifier.end)
  if (oid !== pss) return digests.get(oid)
  const parameters = der.toString('hex', identifier.end, algorithm.end)
  const named = [...pssDigests].filter(([hash]) => parameters.includes(hash))
  return named.sort(([one], [other]) => parameters.indexOf(one) - parameters.indexOf(other))[0]?.[1]
}

/** Where the content of a DER element starts and ends. */
function elementAt(der: Buffer, offset: number): { readonly start: number; readonly end: number } {
  const first = der.readUInt8(offset + 1)
  if (first < 0x80) return { start: offset + 2, end: offset + 2 + first }
  const bytes = first & 0x7f
  const start = offset + 2 + bytes
  return { start, end: start + der.readUIntBE(offset + 2, bytes) }
}
