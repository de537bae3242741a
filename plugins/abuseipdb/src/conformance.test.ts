/** Whether the tables are as they say, against the sandbox. */
import { testConformance } from '@millrace/plugin-sdk/conformance'
import { abuseipdbKey } from '@millrace/sandbox/credentials'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { abuseipdbConfig } from './config.js'
import plugin from './plugin.js'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => new Date('2022-07-06T20:38:09Z') })
})
afterAll(() => sandbox.stop())

const connect = (environment: Readonly<Record<string, string>> = {}) =>
  plugin.connect(abuseipdbConfig.parse({}), {
    connectionName: 'abuseipdb',
    environment: { ...sandbox.environment, ...environment },
  })

testConformance(
  { describe, test },
  {
    plugin,
    connect,
    failing: {
      'wrong key': () => connect({ ABUSEIPDB_API_KEY: 'wrong-key' }),
      'nobody there': () => connect({ ABUSEIPDB_ENDPOINT: 'http://127.0.0.1:9' }),
    },
    secrets: [abuseipdbKey, 'wrong-key'],
    tables: {
      abuseipdb_deny: {
        values: { confidence_minimum: [90n] },
        unseen: { confidence_minimum: 'repeats what was asked for' },
      },
      abuseipdb_check_ip: {
        ask: { ip_address: ['89.248.165.99', '8.8.8.8'] },
        values: { max_age_in_days: [30n] },
      },
      abuseipdb_check_cidr: { ask: { cidr: ['89.248.165.0/24'] }, values: { max_age_in_days: [30n] } },
    },
  },
)
