/** What a certificate says. */
import { X509Certificate } from 'node:crypto'
import { isIPv4 } from 'node:net'
import {
  type AltName,
  Certificate,
  type CRLDistributionPoints,
  type GeneralName,
  type InfoAccess,
  RSASSAPSSParams,
} from 'pkijs'
import { DistinguishedName } from './distinguished-name.js'
import {
  accessMethodIds,
  attributeIds,
  extensionIds,
  pssHashes,
  rsaPss,
  signatureAlgorithms,
} from './object-identifiers.js'

export interface CertificateDetails {
  /** Its DER encoding. */
  readonly raw: Buffer
  readonly parsed: Certificate
  readonly commonName: string | undefined
  readonly subject: string
  readonly issuer: string
  readonly issuerName: string | undefined
  /** Hexadecimal, with 32 digits at least. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly isCa: boolean
  readonly publicKeyAlgorithm: string | undefined
  /** In bits. */
  readonly publicKeyLength: number | undefined
  readonly signatureAlgorithm: string | undefined
  readonly country: string | undefined
  readonly state: string | undefined
  readonly locality: string | undefined
  readonly organization: string | undefined
  readonly organizationalUnits: readonly string[]
  readonly dnsNames: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly crlUrls: readonly string[]
  readonly ocspUrls: readonly string[]
  readonly issuerUrls: readonly string[]
}

/** @throws whatever reading throws where it is no certificate */
export function readCertificate(raw: Buffer): CertificateDetails {
  const parsed = Certificate.fromBER(raw)
  const x509 = new X509Certificate(raw)
  const subject = new DistinguishedName(parsed.subject)
  const issuer = new DistinguishedName(parsed.issuer)
  const names = altNames(parsed)
  const ofType = (type: number) =>
    names.flatMap((name) => (name.type === type && typeof name.value === 'string' ? [name.value] : []))
  return {
    raw,
    parsed,
    commonName: subject.one(attributeIds.commonName),
    subject: subject.text,
    issuer: issuer.text,
    issuerName: issuerNameOf(issuer),
    serialNumber: x509.serialNumber.toLowerCase().padStart(32, '0'),
    notBefore: parsed.notBefore.value,
    notAfter: parsed.notAfter.value,
    isCa: x509.ca,
    ...publicKeyOf(x509),
    signatureAlgorithm: signatureAlgorithmOf(parsed),
    country: subject.one(attributeIds.country),
    state: subject.one(attributeIds.state),
    locality: subject.one(attributeIds.locality),
    organization: subject.one(attributeIds.organization),
    organizationalUnits: subject.all(attributeIds.organizationalUnit),
    emailAddresses: ofType(1),
    dnsNames: ofType(2),
    ipAddresses: names.flatMap((name) => (name.type === 7 ? addressOf(name) : [])),
    crlUrls: crlUrlsOf(parsed),
    ocspUrls: accessUrls(parsed, accessMethodIds.ocsp),
    issuerUrls: accessUrls(parsed, accessMethodIds.caIssuers),
  }
}

function issuerNameOf(issuer: DistinguishedName): string | undefined {
  const common = issuer.one(attributeIds.commonName)
  if (common) return common
  const organization = issuer.one(attributeIds.organization)
  const unit = issuer.one(attributeIds.organizationalUnit)
  return organization && unit ? `${organization} / ${unit}` : undefined
}

/** Names as Go's crypto/x509 has them. */
const keyAlgorithms: Readonly<Record<string, string>> = {
  rsa: 'RSA',
  'rsa-pss': 'RSA',
  ec: 'ECDSA',
  dsa: 'DSA',
  ed25519: 'Ed25519',
}

function publicKeyOf(certificate: X509Certificate) {
  let key: X509Certificate['publicKey']
  try {
    key = certificate.publicKey
  } catch {
    // An algorithm that OpenSSL does not know.
    return { publicKeyAlgorithm: undefined, publicKeyLength: undefined }
  }
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details } = key
  const curve = /\d{3}/.exec(details?.namedCurve ?? '')?.[0]
  const length =
    type === 'rsa' || type === 'rsa-pss'
      ? details?.modulusLength
      : curve === undefined
        ? undefined
        : Number(curve)
  return { publicKeyAlgorithm: keyAlgorithms[type], publicKeyLength: length }
}

function signatureAlgorithmOf({ signatureAlgorithm }: Certificate): string | undefined {
  const { algorithmId, algorithmParams } = signatureAlgorithm
  if (algorithmId !== rsaPss) return signatureAlgorithms[algorithmId]
  try {
    const { hashAlgorithm } = new RSASSAPSSParams({ schema: algorithmParams })
    return pssHashes[hashAlgorithm.algorithmId]
  } catch {
    return undefined
  }
}

function extensionOf(certificate: Certificate, id: string): unknown {
  return certificate.extensions?.find(({ extnID }) => extnID === id)?.parsedValue
}

function altNames(certificate: Certificate): readonly GeneralName[] {
  const value = extensionOf(certificate, extensionIds.subjectAltName) as AltName | undefined
  return value?.altNames ?? []
}

function crlUrlsOf(certificate: Certificate): readonly string[] {
  const value = extensionOf(certificate, extensionIds.crlDistributionPoints) as
    | CRLDistributionPoints
    | undefined
  return (value?.distributionPoints ?? []).flatMap(({ distributionPoint }) =>
    Array.isArray(distributionPoint) ? distributionPoint.flatMap(urlOf) : [],
  )
}

function accessUrls(certificate: Certificate, method: string): readonly string[] {
  const value = extensionOf(certificate, extensionIds.authorityInfoAccess) as InfoAccess | undefined
  return (value?.accessDescriptions ?? []).flatMap(({ accessMethod, accessLocation }) =>
    accessMethod === method ? urlOf(accessLocation) : [],
  )
}

/** A general name that is a URI (RFC 5280, section 4.2.1.6). */
function urlOf({ type, value }: GeneralName): readonly string[] {
  return type === 6 && typeof value === 'string' ? [value] : []
}

function addressOf({ value }: GeneralName): readonly string[] {
  const bytes: unknown = Object(Object(value).valueBlock).valueHexView
  if (!(bytes instanceof Uint8Array)) return []
  if (bytes.length === 4) {
    const address = bytes.join('.')
    return isIPv4(address) ? [address] : []
  }
  if (bytes.length !== 16) return []
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  )
  return [new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)]
}
