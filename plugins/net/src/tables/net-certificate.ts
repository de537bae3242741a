/** net_certificate: the certificates of TLS servers. */
import {
  ApiError,
  bigint,
  boolean,
  equalValues,
  inet,
  type JsonText,
  jsonb,
  RefusedAddress,
  type Row,
  text,
  timestamptz,
  toJsonText,
} from '@millrace/plugin-sdk'
import { readHostPort } from '../addresses/host-port.js'
import type { CertificateDetails } from '../certificates/certificate-details.js'
import type { PeerChain } from '../certificates/peer-chain.js'
import { isLogged } from '../certificates/transparency.js'
import { defineTable } from '../define-table.js'
import { refusal, UnresolvedName } from '../dns/dns-client.js'
import { failureText } from '../sockets/open-socket.js'

/** What reads certificates is large, and only this table needs it: a start does not wait for it. */
export async function certificateReaders() {
  const [{ peerChain }, { askOcsp, isOnList }] = await Promise.all([
    import('../certificates/peer-chain.js'),
    import('../certificates/revocation.js'),
  ])
  return { peerChain, askOcsp, isOnList }
}

const columns = {
  domain: text('The domain that the query names: its port 443 is asked.'),
  address: text('The address that the query names, host:port.'),
  common_name: text('The common name of the subject.'),
  not_after: timestamptz('When the certificate ends.'),
  revoked: boolean(
    "Whether it was revoked, as the issuer's list (CRL) or its OCSP server says. NULL where neither can be asked. " +
      'Takes further requests.',
  ),
  transparent: boolean(
    'Whether it stands in a Certificate Transparency log, as the setting transparency_url finds it (crt.sh). Takes a ' +
      'further request.',
  ),
  is_ca: boolean('Whether it is that of a certificate authority.'),
  serial_number: text('Its number, hexadecimal with 32 digits at least.'),
  subject: text('Whom it is for.'),
  public_key_algorithm: text('The kind of its key: RSA, ECDSA, Ed25519 or DSA.'),
  public_key_length: bigint('The length of its key in bits, of RSA and ECDSA.'),
  signature_algorithm: text('How the issuer has signed it, such as SHA256-RSA.'),
  ip_address: inet('The address that was connected to.'),
  issuer: text('Who has issued it.'),
  issuer_name: text('The common name of the issuer, or its organization and unit.'),
  chain: jsonb('The other certificates that the server has sent, each the issuer of the one before.'),
  country: text('The country of the subject.'),
  dns_names: jsonb('The domains that it is for.'),
  crl_distribution_points: jsonb("Where the issuer's list of revoked certificates is."),
  ocsp_servers: jsonb('Where its state can be asked for.'),
  ocsp: jsonb(
    'What the OCSP server says: an object with status (good, unknown or revoked), and revoked_at and ' +
      'revocation_reason of a revoked one. Takes a further request.',
  ),
  email_addresses: jsonb('The mail addresses that it is for.'),
  ip_addresses: jsonb('The IP addresses that it is for.'),
  issuing_certificate_url: jsonb("Where the issuer's certificate is."),
  locality: text('The place of the subject.'),
  not_before: timestamptz('When the certificate begins.'),
  organization: text('The organization of the subject.'),
  ou: jsonb('The organizational units of the subject.'),
  state: text('The state or province of the subject.'),
} as const

export const netCertificate = defineTable({
  name: 'net_certificate',
  description:
    'The certificate that a TLS server sends. It is not verified: expired and self-signed ones are shown as well. A ' +
    'server that does not answer has no row, and a notice says so; a domain that does not exist has none either. ' +
    'Addresses that are not public are refused unless the setting allow_private_addresses allows them.',
  columns,
  keys: {
    domain: { operators: ['='], require: 'any-of', valuesPerCall: 1 },
    address: { operators: ['='], require: 'any-of', valuesPerCall: 1 },
  },
  calls: [{ name: 'handshake' }, { name: 'CRL' }, { name: 'OCSP' }, { name: 'transparency log' }],
  async *list(scan) {
    const [domain] = equalValues(scan.quals.domain) ?? []
    const [address] = equalValues(scan.quals.address) ?? []
    const asked =
      address ?? (domain === undefined ? undefined : `${domain.includes(':') ? `[${domain}]` : domain}:443`)
    if (asked === undefined) return
    const target = readHostPort(asked)
    if (!('host' in target))
      throw new ApiError(target.fault, { hint: 'Write host:port, such as example.com:443.' })
    const { connection } = scan
    const { askOcsp, isOnList, peerChain } = await certificateReaders()
    let chain: PeerChain | undefined
    try {
      chain = await scan.call('handshake', (signal) =>
        peerChain(target, { source: connection, timeout: connection.timeout, signal }).catch(
          (error: unknown) => {
            signal.throwIfAborted()
            throw failure(error, asked)
          },
        ),
      )
    } catch (error) {
      // A domain that is not in DNS has no certificate.
      if (ApiError.is(error) && error.code === 'ENOTFOUND') return
      scan.leaveOut(asked, error)
      return
    }
    const question = { leaf: chain.leaf, issuer: chain.others[0], http: connection.http }
    const wants = (column: keyof typeof columns) => scan.columns.has(column)
    const [listed, ocsp] = await Promise.all([
      wants('revoked') && question.leaf.crlUrls.length > 0
        ? scan.call('CRL', (signal) => isOnList({ ...question, signal }))
        : undefined,
      (wants('revoked') || wants('ocsp')) && question.leaf.ocspUrls.length > 0
        ? scan.call('OCSP', (signal) => askOcsp({ ...question, signal }))
        : undefined,
    ])
    yield [
      {
        ...certificateColumns(chain),
        domain: domain ?? null,
        address: address ?? null,
        revoked: revoked(listed, ocsp?.status),
        ocsp: ocsp === undefined ? null : toJsonText(ocsp),
      },
    ]
  },
  hydrate: {
    transparency: {
      columns: ['transparent'],
      fetch: async ({ common_name: name, serial_number: serial }, { call, connection }) => {
        if (!name || !serial) return {}
        const transparent = await call('transparency log', (signal) =>
          isLogged({ name, serial, url: connection.transparencyUrl, http: connection.http, signal }),
        )
        return { transparent }
      },
    },
  },
  examples: [
    {
      title: 'How long a certificate is still valid',
      sql: "select issuer_name, not_after, not_after - now() as left from net_certificate where domain = 'example.com'",
    },
    {
      title: 'Domains that certificates are for',
      sql: `select address, dns_name
from net_certificate, jsonb_array_elements_text(dns_names) as dns_name
where address in ('example.com:443', 'example.org:443')`,
    },
    {
      title: 'The chain that a server sends',
      sql: `select link ->> 'subject' as subject, link ->> 'not_after' as not_after
from net_certificate, jsonb_array_elements(chain) as link
where domain = 'example.com'`,
    },
  ],
})

function failure(error: unknown, asked: string): ApiError {
  if (ApiError.is(error)) return error
  if (error instanceof RefusedAddress) return refusal(error)
  if (error instanceof UnresolvedName) {
    return new ApiError(error.message, { sqlState: 'HV00N', code: error.code })
  }
  const { code } = Object(error)
  return new ApiError(`${asked} has given no certificate`, {
    sqlState: 'HV00N',
    code: typeof code === 'string' ? code : undefined,
    detail: failureText(error),
    cause: error,
  })
}

/** Either source suffices; where they differ, the one that has heard of it is right. */
function revoked(listed: boolean | undefined, status: string | undefined): boolean | null {
  if (listed === true || status === 'revoked') return true
  return listed === false || status === 'good' ? false : null
}

function certificateColumns({ leaf, others, ipAddress }: PeerChain): Row<typeof columns> {
  return {
    common_name: leaf.commonName ?? null,
    not_after: leaf.notAfter,
    is_ca: leaf.isCa,
    serial_number: leaf.serialNumber,
    subject: leaf.subject || null,
    public_key_algorithm: leaf.publicKeyAlgorithm ?? null,
    public_key_length: leaf.publicKeyLength ?? null,
    signature_algorithm: leaf.signatureAlgorithm ?? null,
    ip_address: ipAddress ?? null,
    issuer: leaf.issuer || null,
    issuer_name: leaf.issuerName ?? null,
    chain: toJsonText(others.map(linkOf)),
    country: leaf.country ?? null,
    dns_names: listOrNull(leaf.dnsNames),
    crl_distribution_points: listOrNull(leaf.crlUrls),
    ocsp_servers: listOrNull(leaf.ocspUrls),
    email_addresses: listOrNull(leaf.emailAddresses),
    ip_addresses: listOrNull(leaf.ipAddresses),
    issuing_certificate_url: listOrNull(leaf.issuerUrls),
    locality: leaf.locality ?? null,
    not_before: leaf.notBefore,
    organization: leaf.organization ?? null,
    ou: listOrNull(leaf.organizationalUnits),
    state: leaf.state ?? null,
  }
}

function listOrNull(values: readonly string[]): JsonText | null {
  return values.length === 0 ? null : toJsonText(values)
}

/** A certificate of the chain, with Steampipe's names, which are not always the columns'. Empty members are left out. */
function linkOf(certificate: CertificateDetails): object {
  const members = {
    common_name: certificate.commonName,
    subject: certificate.subject,
    issuer: certificate.issuer,
    issuer_name: certificate.issuerName,
    serial_number: certificate.serialNumber,
    is_certificate_authority: certificate.isCa || undefined,
    public_key_algorithm: certificate.publicKeyAlgorithm,
    public_key_length: certificate.publicKeyLength,
    signature_algorithm: certificate.signatureAlgorithm,
    country: certificate.country,
    state: certificate.state,
    locality: certificate.locality,
    organization: certificate.organization,
    ou: certificate.organizationalUnits,
    dns_names: certificate.dnsNames,
    email_addresses: certificate.emailAddresses,
    ip_addresses: certificate.ipAddresses,
    crl_distribution_points: certificate.crlUrls,
    ocsp_server: certificate.ocspUrls,
    issuing_certificate_url: certificate.issuerUrls,
    not_before: isoTime(certificate.notBefore),
    not_after: isoTime(certificate.notAfter),
  }
  const isEmpty = (value: unknown) =>
    value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isEmpty(value)))
}

function isoTime(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z')
}
