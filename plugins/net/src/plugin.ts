/** Tables over the network itself: DNS, TLS, HTTP, connections. */
import { readFileSync } from 'node:fs'
import { definePlugin } from '@millrace/plugin-sdk'
import { checkConnection } from './check.js'
import { netConfig } from './config.js'
import { NetConnection } from './connection.js'
import { certificateReaders, netCertificate } from './tables/net-certificate.js'
import { netConnection } from './tables/net-connection.js'
import { netDnsRecord } from './tables/net-dns-record.js'
import { netDnsReverse } from './tables/net-dns-reverse.js'
import { netHttpRequest } from './tables/net-http-request.js'
import { netTlsConnection } from './tables/net-tls-connection.js'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

export default definePlugin({
  name: 'net',
  description: 'The network: DNS records, certificates, TLS, HTTP requests, connections.',
  version: String(Object(manifest).version),
  config: netConfig,
  /** Hosts differ: what one of them bears says nothing about the others. */
  concurrency: 50,
  // A question without an answer is asked again by the tables themselves; a request is not, for it may change things.
  limits: () => ({ attempts: 1 }),
  connect: (config, context) => new NetConnection(config, context),
  check: checkConnection,
  close: (connection) => connection.close(),
  preload: async () => {
    await certificateReaders()
  },
  tables: [netCertificate, netConnection, netDnsRecord, netDnsReverse, netHttpRequest, netTlsConnection],
})
