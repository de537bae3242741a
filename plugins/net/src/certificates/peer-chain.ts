/** The certificates that a TLS server sends. */
import { isIP } from 'node:net'
import { createSecureContext, type DetailedPeerCertificate } from 'node:tls'
import type { AddressSource } from '@millrace/plugin-sdk'
import type { HostPort } from '../addresses/host-port.js'
import { openSocket } from '../sockets/open-socket.js'
import { secureSocket } from '../sockets/secure-socket.js'
import { type CertificateDetails, readCertificate } from './certificate-details.js'

export interface PeerChain {
  readonly leaf: CertificateDetails
  /** The others that the server has sent, each the issuer of the one before. */
  readonly others: readonly CertificateDetails[]
  readonly ipAddress: string | undefined
}

export interface PeerOptions {
  readonly source: AddressSource
  /** How long connection and handshake may take each, in milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal
}

/** Nothing is verified: expired certificates, and those for other names, are shown as they are. */
export async function peerChain(
  target: HostPort,
  { source, timeout, signal }: PeerOptions,
): Promise<PeerChain> {
  const socket = await openSocket(target, { source, timeout, signal })
  try {
    const secured = await secureSocket(
      {
        socket,
        // No authorities, or Node.js would add theirs to what the server sends. Old servers have certificates too.
        secureContext: createSecureContext({ ca: [], minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
        ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
      },
      timeout,
    )
    const sent = sentCertificates(secured.getPeerCertificate(true))
    const [leaf, ...others] = sent.map(readCertificate)
    if (leaf === undefined) throw new Error('the server has sent no certificate')
    return { leaf, others, ipAddress: socket.remoteAddress }
  } finally {
    socket.destroy()
  }
}

/** A root is its own issuer. */
function sentCertificates(first: DetailedPeerCertificate): readonly Buffer[] {
  const found: Buffer[] = []
  let next: DetailedPeerCertificate | undefined = first
  while (next?.raw !== undefined && !found.some((raw) => raw.equals(next?.raw ?? raw))) {
    found.push(next.raw)
    next = next.issuerCertificate
  }
  return found
}
