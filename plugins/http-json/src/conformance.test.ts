/** Whether tables are as they say: those of the example, and one with a key in its path. */
import { readFileSync } from 'node:fs'
import { testConformance } from '@millrace/plugin-sdk/conformance'
import { inventoryToken } from '@millrace/sandbox/credentials'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { httpJsonConfig } from './config.js'
import plugin from './plugin.js'
import { jsonTable } from './tables/json-table.js'

const example: unknown = JSON.parse(
  readFileSync(new URL('../../../examples/http-json/config.json', import.meta.url), 'utf8'),
)
const { plugin: _, ...settings } = Object(example).connections.inventory

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())

function connect(token = inventoryToken, url = `${sandbox.url}/inventory/v1`) {
  const config = httpJsonConfig.parse({ ...settings, url })
  return plugin.connect(config, { connectionName: 'inventory', environment: { INVENTORY_TOKEN: token } })
}

testConformance(
  { describe, test },
  {
    plugin,
    foundTables: Object.entries(httpJsonConfig.parse({ ...settings, url: 'http://127.0.0.1' }).tables).map(
      ([name, own]) => jsonTable(name, own),
    ),
    connect,
    failing: {
      'wrong token': () => connect('wrong-token'),
      'nobody there': () => connect(inventoryToken, 'http://127.0.0.1:9'),
    },
    secrets: [inventoryToken, 'wrong-token'],
    smallPages: async (scan) => {
      sandbox.inventory.pageSize = 2
      try {
        return await scan()
      } finally {
        sandbox.inventory.pageSize = 50
      }
    },
  },
)
