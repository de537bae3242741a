/** Tables over the ipstack API. */
import { definePlugin } from '@millrace/plugin-sdk/plugin'
import { ipstackConfig } from './config.js'
import { IpstackConnection } from './connection.js'
import { ipstackIp } from './tables/ipstack-ip.js'
import { ipstackMyIp } from './tables/ipstack-my-ip.js'

export default definePlugin({
  name: 'ipstack',
  description: 'ipstack: where IP addresses are, and whose.',
  config: ipstackConfig,
  connect: (config, context) => new IpstackConnection(config, context),
  close: (connection) => connection.close(),
  tables: [ipstackIp, ipstackMyIp],
})
