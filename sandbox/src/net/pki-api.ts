/** What a certificate authority serves over HTTP: its list of revoked certificates, and its OCSP server. */
import type { Answer, ApiCall, ApiRequest, Refusal, Service } from '../service.js'

/** The path of all that it serves. */
export const pkiPath = '/pki'

export class PkiApi implements Service {
  readonly name = 'pki'
  /** The list in DER, by the last part of its path. */
  readonly lists = new Map<string, Buffer>()
  /** Answers an OCSP request, both in DER. */
  ocsp: ((request: Buffer) => Promise<Buffer>) | undefined

  recognise({ body, method, url }: ApiRequest): ApiCall | null {
    if (!url.pathname.startsWith(`${pkiPath}/`)) return null
    const path = url.pathname.slice(pkiPath.length + 1)
    const isOcsp = path === 'ocsp' && method === 'POST'
    return {
      service: this.name,
      operation: isOcsp ? 'ocsp' : 'crl',
      region: undefined,
      parameters: { path },
      answer: async () => {
        if (isOcsp && this.ocsp !== undefined) {
          return say(200, 'application/ocsp-response', await this.ocsp(body))
        }
        const list = this.lists.get(path)
        return list === undefined ? missing : say(200, 'application/pkix-crl', list)
      },
      refuse: ({ status, message }: Refusal) => say(status ?? 500, 'text/plain', message ?? 'no answer'),
    }
  }
}

const missing = say(404, 'text/plain', 'There is nothing here.')

function say(status: number, type: string, body: string | Buffer): Answer {
  return { status, headers: { 'content-type': type }, body }
}
