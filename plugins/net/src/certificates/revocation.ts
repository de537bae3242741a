/** Whether a certificate was revoked: by its issuer's list (CRL), or by asking its OCSP server. Either suffices. */
import type { GuardedHttp } from '@millrace/plugin-sdk'
import { BasicOCSPResponse, CertificateRevocationList, OCSPRequest, OCSPResponse } from 'pkijs'
import type { CertificateDetails } from './certificate-details.js'

/** What an OCSP server says; members as Steampipe has them. */
export interface OcspStatus {
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly revoked_at?: string
  readonly revocation_reason?: string
}

export interface RevocationQuestion {
  readonly leaf: CertificateDetails
  /** Undefined where the server has not sent it: nothing that is said of the certificate can then be verified. */
  readonly issuer: CertificateDetails | undefined
  readonly http: GuardedHttp
  readonly signal: AbortSignal
}

/** Reasons by their number (RFC 5280, section 5.3.1). */
const reasons: Readonly<Record<number, string>> = {
  0: 'unspecified',
  1: 'key-compromise',
  2: 'ca-compromise',
  3: 'affiliation-changed',
  4: 'superseded',
  5: 'cessation-of-operation',
  6: 'certificate-hold',
  8: 'remove-from-crl',
  9: 'privilege-withdrawn',
  10: 'aa-compromise',
}

/** @returns undefined where no list that the issuer has signed, and that is still valid, could be had */
export async function isOnList(question: RevocationQuestion): Promise<boolean | undefined> {
  const { leaf, issuer } = question
  if (issuer === undefined) return undefined
  let isKnown = false
  for (const url of leaf.crlUrls) {
    const list = await tried(() => readList(url, question, issuer), question.signal)
    if (list === undefined) continue
    if (list.isCertificateRevoked(leaf.parsed)) return true
    isKnown = true
  }
  return isKnown ? false : undefined
}

async function readList(
  url: string,
  { http, signal }: RevocationQuestion,
  issuer: CertificateDetails,
): Promise<CertificateRevocationList> {
  const { status, body } = await http.ask({ url: new URL(url), method: 'GET' }, signal)
  if (status >= 300) throw new Error(`HTTP ${status}`)
  const list = CertificateRevocationList.fromBER(derOf(body))
  if (list.nextUpdate !== undefined && list.nextUpdate.value.getTime() < Date.now())
    throw new Error('out of date')
  if (!(await list.verify({ issuerCertificate: issuer.parsed }))) throw new Error('not signed by the issuer')
  return list
}

/** Some lists come as PEM. */
function derOf(body: Buffer): Buffer {
  const [, encoded] = /-----BEGIN X509 CRL-----([^-]*)-----END/.exec(body.toString('latin1')) ?? []
  return encoded === undefined ? body : Buffer.from(encoded, 'base64')
}

/** @returns undefined where no server has given an answer that the issuer, or whom it names, has signed */
export async function askOcsp(question: RevocationQuestion): Promise<OcspStatus | undefined> {
  const { leaf, issuer } = question
  if (issuer === undefined) return undefined
  for (const url of leaf.ocspUrls) {
    const status = await tried(() => askOcspServer(url, question, issuer), question.signal)
    if (status !== undefined) return status
  }
  return undefined
}

async function askOcspServer(
  url: string,
  { leaf, http, signal }: RevocationQuestion,
  issuer: CertificateDetails,
): Promise<OcspStatus> {
  const request = new OCSPRequest()
  // SHA-1 names the issuer here, it protects nothing; other hashes are not known to all servers (RFC 5019).
  await request.createForCertificate(leaf.parsed, {
    hashAlgorithm: 'SHA-1',
    issuerCertificate: issuer.parsed,
  })
  const reply = await http.ask(
    {
      url: new URL(url),
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body: new Uint8Array(request.toSchema(true).toBER()),
    },
    signal,
  )
  if (reply.status >= 300) throw new Error(`HTTP ${reply.status}`)
  const response = OCSPResponse.fromBER(reply.body)
  const bytes = response.responseBytes?.response.valueBlock.valueHexView
  if (bytes === undefined) throw new Error('no status')
  const basic = BasicOCSPResponse.fromBER(bytes)
  if (!(await basic.verify({ trustedCerts: [issuer.parsed] }))) throw new Error('not signed by the issuer')
  const { isForCertificate, status } = await basic.getCertificateStatus(leaf.parsed, issuer.parsed)
  if (!isForCertificate) throw new Error('of another certificate')
  if (status === 0) return { status: 'good' }
  if (status !== 1) return { status: 'unknown' }
  return { status: 'revoked', ...revocationOf(basic, leaf) }
}

/** When and why, as the single response for the certificate has it (RFC 6960, section 4.2.1, RevokedInfo). */
function revocationOf(basic: BasicOCSPResponse, leaf: CertificateDetails) {
  const single = basic.tbsResponseData.responses.find(({ certID }) =>
    certID.serialNumber.isEqual(leaf.parsed.serialNumber),
  )
  const [time, reason] = [Object(Object(single?.certStatus).valueBlock).value].flat()
  const at: unknown = typeof Object(time).toDate === 'function' ? Object(time).toDate() : undefined
  const [enumerated] = [Object(Object(reason).valueBlock).value].flat()
  const number: unknown = Object(Object(enumerated).valueBlock).valueDec
  return {
    ...(at instanceof Date ? { revoked_at: at.toISOString().replace('.000Z', 'Z') } : {}),
    ...(reason === undefined ? {} : { revocation_reason: reasons[Number(number)] ?? 'unknown' }),
  }
}

/** What could not be had, for whatever reason, is not known. */
async function tried<Value>(find: () => Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  try {
    return await find()
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}
