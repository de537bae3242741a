/** Tables over the API of Shodan. */
import { readFileSync } from 'node:fs'
import { definePlugin } from '@millrace/plugin-sdk'
import { checkConnection } from './check.js'
import { shodanConfig } from './config.js'
import { identityOf, limitsOf, ShodanConnection } from './connection.js'
import { shodanAccountProfile } from './tables/shodan-account-profile.js'
import { shodanApiInfo } from './tables/shodan-api-info.js'
import { shodanDnsReverse } from './tables/shodan-dns-reverse.js'
import { shodanDomain } from './tables/shodan-domain.js'
import { shodanExploit } from './tables/shodan-exploit.js'
import { shodanHost } from './tables/shodan-host.js'
import { shodanHostService } from './tables/shodan-host-service.js'
import { shodanPort } from './tables/shodan-port.js'
import { shodanProtocol } from './tables/shodan-protocol.js'
import { shodanScan } from './tables/shodan-scan.js'
import { shodanSearch } from './tables/shodan-search.js'
import { shodanService } from './tables/shodan-service.js'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

export default definePlugin({
  name: 'shodan',
  description: 'Shodan: what of a host is exposed to the internet.',
  version: String(Object(manifest).version),
  config: shodanConfig,
  identity: identityOf,
  limits: limitsOf,
  connect: (config, context) => new ShodanConnection(config, context),
  check: checkConnection,
  close: (connection) => connection.close(),
  tables: [
    shodanAccountProfile,
    shodanApiInfo,
    shodanDnsReverse,
    shodanDomain,
    shodanExploit,
    shodanHost,
    shodanHostService,
    shodanPort,
    shodanProtocol,
    shodanScan,
    shodanSearch,
    shodanService,
  ],
})
