/** Whether the tables are as they say, against the sandbox. */
import { testConformance } from '@millrace/plugin-sdk/conformance'
import { shodanKey } from '@millrace/sandbox/credentials'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { shodanConfig } from './config.js'
import plugin from './plugin.js'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => new Date('2022-07-06T20:38:09Z') })
})
afterAll(() => sandbox.stop())

const connect = (environment: Readonly<Record<string, string>> = {}) =>
  plugin.connect(shodanConfig.parse({}), {
    connectionName: 'shodan',
    environment: { ...sandbox.environment, ...environment },
  })

const notInSandbox = 'the hosts of the sandbox have none'

testConformance(
  { describe, test },
  {
    plugin,
    connect,
    failing: {
      'wrong key': () => connect({ SHODAN_API_KEY: 'wrong-key' }),
      'nobody there': () =>
        connect({ SHODAN_ENDPOINT: 'http://127.0.0.1:9', SHODAN_EXPLOITS_ENDPOINT: 'http://127.0.0.1:9' }),
    },
    secrets: [shodanKey, 'wrong-key'],
    tables: {
      shodan_api_info: {
        unseen: { monitored_ips: notInSandbox },
      },
      shodan_dns_reverse: {
        ask: { ip: ['89.248.165.99', '8.8.8.8'] },
      },
      shodan_domain: {
        ask: { domain: ['example.com'] },
      },
      shodan_exploit: {
        ask: { query: ['ssh'] },
        unseen: {
          'code, author, bid, msb, osvdb, title, alias, rank, arch, privileged, version': notInSandbox,
        },
      },
      shodan_host: {
        ask: { ip: ['89.248.165.99'] },
        unseen: { 'os, area_code, country_code_3, dma_code, postal_code': notInSandbox },
      },
      shodan_host_service: {
        ask: { ip: ['89.248.165.99'] },
        unseen: {
          'ipv6, link, uptime, title, devicetype, info, vulns, ssl, cassandra, db2, dns, docker, elastic, etcd, ethernet_ip, ftp, hive, isakmp, lantronix, monero, mongodb, mqtt, netbios, ntp, redis, rip, rsync, smb, snmp, vertx, minecraft, influxdb, coap':
            notInSandbox,
        },
      },
      shodan_search: {
        ask: { query: ['ssh'] },
        unseen: {
          'os, ports, link, uptime, title, devicetype, info, vulns, cassandra, coap, db2, dns, docker, elastic, etcd, ethernet_ip, ftp, hive, influxdb, isakmp, lantronix, monero, mongodb, mqtt, netbios, ntp, redis, rip, rsync, smb, snmp, ssh, ssl, vertx':
            notInSandbox,
        },
      },
    },
  },
)
