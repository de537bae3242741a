/** A certificate authority: certificates of servers, a list of those that are revoked, and answers over OCSP. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { Constructed, Enumerated, GeneralizedTime, Integer, OctetString, Primitive } from 'asn1js'
import * as pkijs from 'pkijs'

export interface ServerCertificate {
  /** PEM: the private key; the certificate, followed by the authority's. */
  readonly key: string
  readonly cert: string
}

export interface Authority {
  readonly certificates: {
    readonly valid: ServerCertificate
    readonly revoked: ServerCertificate
    readonly withoutOcsp: ServerCertificate
    readonly selfSigned: ServerCertificate
  }
  /** Its list of revoked certificates, in DER. */
  readonly list: Buffer
  /** Answers a request for a certificate's state, both in DER. */
  answerOcsp(request: Buffer): Promise<Buffer>
}

export interface AuthorityUrls {
  readonly listUrl: string
  readonly ocspUrl: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const day = 86_400_000

const serials = { root: '01', valid: '0a11ce', revoked: '0bad', withoutOcsp: '0c0ffee0', selfSigned: '5e1f' }

/** When, and why, the revoked certificate was revoked. */
const revokedAt = new Date('2022-07-06T00:00:00Z')
const keyCompromise = 1

export async function makeAuthority({ listUrl, ocspUrl }: AuthorityUrls): Promise<Authority> {
  x509.cryptoProvider.set(webcrypto)
  const now = Date.now()
  const notBefore = new Date(now - day)
  const notAfter = new Date(now + 90 * day)
  const keys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const rootKeys = await keys()
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serials.root,
    name: 'C=US, O=Sandbox, CN=Sandbox Authority',
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    keys: rootKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  const issue = async (serialNumber: string, name: string, extensions: x509.Extension[]) => {
    const own = await keys()
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber,
      subject: name,
      issuer: root.subject,
      notBefore,
      notAfter,
      signingAlgorithm: algorithm,
      publicKey: own.publicKey,
      signingKey: rootKeys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.SubjectAlternativeNameExtension([
          { type: 'dns', value: 'example.com' },
          { type: 'dns', value: 'www.example.com' },
          { type: 'ip', value: '127.0.0.1' },
        ]),
        ...extensions,
      ],
    })
    return { key: await pem(own.privateKey), cert: `${certificate.toString('pem')}\n${root.toString('pem')}` }
  }
  const lists = new x509.CRLDistributionPointsExtension([listUrl])
  const access = new x509.AuthorityInfoAccessExtension({ ocsp: [ocspUrl] })
  const subject = 'C=US, ST=California, L=Windsor, O=Example, OU=Web, CN=example.com'
  const own = await keys()
  const selfSigned = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serials.selfSigned,
    name: 'CN=self-signed.example.com',
    notBefore: new Date(now - 20 * day),
    notAfter: new Date(now - 10 * day),
    signingAlgorithm: algorithm,
    keys: own,
  })
  const list = await makeList(root, rootKeys.privateKey, notBefore, notAfter)
  return {
    certificates: {
      valid: await issue(serials.valid, subject, [lists, access]),
      revoked: await issue(serials.revoked, subject, [lists, access]),
      withoutOcsp: await issue(serials.withoutOcsp, subject, [lists]),
      selfSigned: { key: await pem(own.privateKey), cert: selfSigned.toString('pem') },
    },
    list,
    answerOcsp: (request) => answerOcsp(request, root, rootKeys.privateKey),
  }
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}(?!$)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
}

async function makeList(
  root: x509.X509Certificate,
  key: webcrypto.CryptoKey,
  thisUpdate: Date,
  nextUpdate: Date,
): Promise<Buffer> {
  const list = new pkijs.CertificateRevocationList()
  list.version = 1 // the second
  list.issuer = pkijs.Certificate.fromBER(root.rawData).subject
  list.thisUpdate = new pkijs.Time({ value: thisUpdate })
  list.nextUpdate = new pkijs.Time({ value: nextUpdate })
  const revoked = new pkijs.RevokedCertificate()
  revoked.userCertificate = Integer.fromBigInt(BigInt(`0x${serials.revoked}`))
  revoked.revocationDate = new pkijs.Time({ value: revokedAt })
  list.revokedCertificates = [revoked]
  await list.sign(key, 'SHA-256')
  return Buffer.from(list.toSchema(true).toBER(false))
}

/** Signed by the authority itself (RFC 6960, section 4.2.1). */
async function answerOcsp(
  request: Buffer,
  root: x509.X509Certificate,
  key: webcrypto.CryptoKey,
): Promise<Buffer> {
  const asked = pkijs.OCSPRequest.fromBER(request)
  const issuer = pkijs.Certificate.fromBER(root.rawData)
  const basic = new pkijs.BasicOCSPResponse()
  basic.tbsResponseData.responderID = issuer.subject
  basic.tbsResponseData.producedAt = new Date()
  for (const { reqCert } of asked.tbsRequest.requestList) {
    const single = new pkijs.SingleResponse({ certID: reqCert })
    const isRevoked = reqCert.serialNumber.isEqual(Integer.fromBigInt(BigInt(`0x${serials.revoked}`)))
    single.certStatus = isRevoked ? revokedStatus() : goodStatus()
    single.thisUpdate = new Date()
    basic.tbsResponseData.responses.push(single)
  }
  basic.certs = [issuer]
  await basic.sign(key, 'SHA-256')
  const response = new pkijs.OCSPResponse()
  response.responseStatus.valueBlock.valueDec = 0
  response.responseBytes = new pkijs.ResponseBytes({
    responseType: pkijs.id_PKIX_OCSP_Basic,
    response: new OctetString({ valueHex: basic.toSchema().toBER(false) }),
  })
  return Buffer.from(response.toSchema().toBER(false))
}

function goodStatus(): Primitive {
  return new Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, lenBlock: { length: 1 } })
}

function revokedStatus(): Constructed {
  return new Constructed({
    idBlock: { tagClass: 3, tagNumber: 1 },
    value: [
      new GeneralizedTime({ valueDate: revokedAt }),
      new Constructed({
        idBlock: { tagClass: 3, tagNumber: 0 },
        value: [new Enumerated({ value: keyCompromise })],
      }),
    ],
  })
}
