/** Whether the tables are as they say, against the sandbox. */
import { testConformance } from '@millrace/plugin-sdk/conformance'
import { ipstackToken } from '@millrace/sandbox/credentials'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { ipstackConfig } from './config.js'
import plugin from './plugin.js'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => new Date('2022-07-06T20:38:09Z') })
})
afterAll(() => sandbox.stop())

const connect = (environment: Readonly<Record<string, string>> = {}) =>
  plugin.connect(ipstackConfig.parse({}), {
    connectionName: 'ipstack',
    environment: { ...sandbox.environment, ...environment },
  })

const unseen = {
  'is_proxy, proxy_type, is_crawler, crawler_name, crawler_type, is_tor, threat_level, threat_types':
    "the sandbox's plan has no security module",
}

testConformance(
  { describe, test },
  {
    plugin,
    connect,
    failing: {
      'wrong token': () => connect({ IPSTACK_TOKEN: 'wrong-token' }),
      'nobody there': () => connect({ IPSTACK_ENDPOINT: 'http://127.0.0.1:9' }),
    },
    secrets: [ipstackToken, 'wrong-token'],
    tables: {
      ipstack_ip: { ask: { ip: ['8.8.8.8', '89.248.165.99', '2001:4860:4860::8888'] }, unseen },
      ipstack_my_ip: { unseen },
    },
  },
)
