/** Whether the tables are as they say, against the sandbox. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testConformance } from '@millrace/plugin-sdk/conformance'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { netConfig } from './config.js'
import plugin from './plugin.js'

let sandbox: Sandbox
let transparencyLog: Server
let logUrl: string
let addresses: Awaited<ReturnType<Sandbox['startTlsServers']>>['addresses']

beforeAll(async () => {
  sandbox = await startSandbox()
  addresses = (await sandbox.startTlsServers()).addresses
  transparencyLog = createServer((_, response) => response.end('[{"id":1}]'))
  await new Promise<void>((resolve) => transparencyLog.listen(0, '127.0.0.1', resolve))
  logUrl = `http://127.0.0.1:${(transparencyLog.address() as AddressInfo).port}`
})
afterAll(async () => {
  await new Promise((resolve) => transparencyLog.close(resolve))
  await sandbox.stop()
})

const repeated = 'repeats what was asked for'

testConformance(
  { describe, test },
  {
    plugin,
    connect: () =>
      plugin.connect(netConfig.parse({ ...sandbox.netSettings, transparency_url: logUrl }), {
        connectionName: 'net',
        environment: {},
      }),
    tables: {
      net_dns_reverse: { ask: { ip_address: ['89.248.165.99', '2600:1f18::1'] } },
      net_dns_record: {
        ask: { domain: ['example.com', 'www.example.com'] },
        unseen: { dns_server: repeated },
        values: () => ({ dns_server: [sandbox.dns.address] }),
      },
      net_certificate: {
        ask: () => ({ address: [addresses.valid] }),
        unseen: {
          domain: 'asked by address',
          'email_addresses, issuing_certificate_url': "the sandbox's certificates have none",
        },
        exceptions: { 'key domain =': 'a domain is asked at port 443, where the sandbox has no server' },
      },
      net_connection: { ask: () => ({ address: [sandbox.dns.address, '127.0.0.1:1'] }) },
      net_http_request: {
        ask: () => ({ url: [sandbox.url] }),
        values: { request_body: ['{}'], request_headers: ['{"x-one":["1"]}'] },
        unseen: { 'request_body, request_headers': repeated },
        // The header Date is among them.
        varying: ['response_headers'],
      },
      net_tls_connection: {
        ask: () => ({ address: [addresses.valid] }),
        unseen: {
          server_name: 'the address has no name',
          fallback_scsv_supported: 'Node.js cannot find it out',
        },
      },
    },
  },
)
