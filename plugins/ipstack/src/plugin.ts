/** Tables over the ipstack API. */
import { readFileSync } from 'node:fs'
import { definePlugin } from '@millrace/plugin-sdk'
import { checkConnection } from './check.js'
import { ipstackConfig } from './config.js'
import { IpstackConnection, identityOf, limitsOf } from './connection.js'
import { concurrency, startingConcurrency } from './limits.js'
import { ipstackIp } from './tables/ipstack-ip.js'
import { ipstackMyIp } from './tables/ipstack-my-ip.js'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

export default definePlugin({
  name: 'ipstack',
  description: 'ipstack: where IP addresses are, and whose.',
  version: String(Object(manifest).version),
  config: ipstackConfig,
  identity: identityOf,
  limits: limitsOf,
  concurrency,
  startingConcurrency,
  connect: (config, context) => new IpstackConnection(config, context),
  check: checkConnection,
  close: (connection) => connection.close(),
  tables: [ipstackIp, ipstackMyIp],
})
