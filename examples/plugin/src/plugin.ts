/** The npm registry as a table: an example of a plugin, small enough to be read whole. */
import { definePlugin } from '@millrace/plugin-sdk'
import { npmConfig } from './config.js'
import { NpmConnection } from './connection.js'
import { npmPackage } from './npm-package.js'

export default definePlugin({
  name: 'npm',
  description: 'The npm registry: packages, their versions and how often they are downloaded.',
  config: npmConfig,
  connect: (config, context) => new NpmConnection(config, context),
  close: (connection) => connection.close(),
  tables: [npmPackage],
})
