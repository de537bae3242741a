/** Names in the certificate that a client has presented. */
import type { X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { CertificateName } from './accounts.js'

/** Whether a client has presented a certificate of the trusted authority that has the name. */
export function presents(stream: Duplex, name: CertificateName): boolean {
  if (!(stream instanceof TLSSocket) || !stream.authorized) return false
  const certificate = stream.getPeerX509Certificate()
  return certificate !== undefined && hasName(certificate, name)
}

export function hasName(certificate: X509Certificate, { kind, name }: CertificateName): boolean {
  if (kind === 'cn') return commonNames(certificate).join('\n') === name
  const exactly = { subject: 'never', wildcards: false } as const
  return (
    certificate.checkEmail(name, exactly) !== undefined ||
    certificate.checkHost(name, exactly) !== undefined ||
    resourceNames(certificate).includes(name)
  )
}

/** Of several, none counts: which one is meant is a matter of taste. */
function commonNames(certificate: X509Certificate): readonly string[] {
  const { CN = [] } = certificate.toLegacyObject().subject
  return [CN].flat()
}

/** The URIs among the alternative names, as Node.js lists them: with quotes where they hold what might be misread. */
function resourceNames({ subjectAltName = '' }: X509Certificate): readonly string[] {
  const names = subjectAltName.matchAll(
    /(?:^|, )(?<kind>[A-Za-z ]+):(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^,"]*))/g,
  )
  return [...names].flatMap(({ groups }) =>
    groups?.kind === 'URI' && groups.plain !== undefined ? [groups.plain] : [],
  )
}
