/** TLS servers on this machine, with certificates of an authority that is made for them. */
import { createServer, type Server, type TlsOptions } from 'node:tls'
import type { Authority } from './authority.js'
import { type PkiApi, pkiPath } from './pki-api.js'

export interface TlsServers {
  readonly authority: Authority
  /** `127.0.0.1:port` by what is special about the server's certificate. */
  readonly addresses: {
    /** Valid, for example.com. */
    readonly valid: string
    /** On the list of revoked certificates, and known as revoked to the OCSP server. */
    readonly revoked: string
    /** With a list, but without an OCSP server, as most certificates are today. */
    readonly withoutOcsp: string
    /** Signed by itself, and expired. */
    readonly selfSigned: string
  }
  stop(): Promise<void>
}

/** @param url of the sandbox, where the authority's lists are */
export async function startTlsServers(url: string, pki: PkiApi): Promise<TlsServers> {
  // What makes certificates takes its time to load, and few need it.
  const { makeAuthority } = await import('./authority.js')
  const authority = await makeAuthority({
    listUrl: `${url}${pkiPath}/authority.crl`,
    ocspUrl: `${url}${pkiPath}/ocsp`,
  })
  pki.lists.set('authority.crl', authority.list)
  pki.ocsp = (request) => authority.answerOcsp(request)
  const { valid, revoked, withoutOcsp, selfSigned } = authority.certificates
  const servers: Server[] = []
  const start = async (options: TlsOptions) => {
    const server = createServer({ ALPNProtocols: ['http/1.1'], ...options }, (socket) => {
      socket.on('error', () => {})
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello')
    })
    server.on('tlsClientError', () => {})
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  }
  const addresses = {
    valid: await start(valid),
    revoked: await start(revoked),
    withoutOcsp: await start({ ...withoutOcsp, maxVersion: 'TLSv1.2' }),
    selfSigned: await start(selfSigned),
  }
  return {
    authority,
    addresses,
    stop: async () => {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}
