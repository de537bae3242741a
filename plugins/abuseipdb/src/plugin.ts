/** Tables over the API of AbuseIPDB. */
import { readFileSync } from 'node:fs'
import { definePlugin } from '@millrace/plugin-sdk'
import { checkConnection } from './check.js'
import { abuseipdbConfig } from './config.js'
import { AbuseipdbConnection, identityOf, limitsOf } from './connection.js'
import { abuseipdbCategory } from './tables/abuseipdb-category.js'
import { abuseipdbCheckCidr } from './tables/abuseipdb-check-cidr.js'
import { abuseipdbCheckIp } from './tables/abuseipdb-check-ip.js'
import { abuseipdbDeny } from './tables/abuseipdb-deny.js'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

export default definePlugin({
  name: 'abuseipdb',
  description: 'AbuseIPDB: which IP addresses have been reported for abuse, and for what.',
  version: String(Object(manifest).version),
  config: abuseipdbConfig,
  identity: identityOf,
  limits: limitsOf,
  connect: (config, context) => new AbuseipdbConnection(config, context),
  check: checkConnection,
  close: (connection) => connection.close(),
  tables: [abuseipdbCategory, abuseipdbCheckCidr, abuseipdbCheckIp, abuseipdbDeny],
})
