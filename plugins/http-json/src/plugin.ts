/** Tables over JSON APIs that the configuration describes. */
import { readFileSync } from 'node:fs'
import { definePlugin } from '@millrace/plugin-sdk'
import { checkConnection } from './check.js'
import { type HttpJsonConfig, httpJsonConfig } from './config.js'
import { ApiClient } from './requests/api-client.js'
import { jsonTable } from './tables/json-table.js'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

export default definePlugin<HttpJsonConfig, ApiClient>({
  name: 'http_json',
  description: 'JSON APIs over HTTP, described by the configuration alone.',
  version: String(Object(manifest).version),
  config: httpJsonConfig,
  limits: ({ rate }) => ({ attempts: 5, ...(rate === undefined ? {} : { rates: { '*': rate } }) }),
  connect: (config, context) => new ApiClient(config, context),
  check: checkConnection,
  close: (client) => client.close(),
  preload: async () => {
    await import('undici')
  },
  tables: async ({ tables }) => Object.entries(tables).map(([name, settings]) => jsonTable(name, settings)),
})
