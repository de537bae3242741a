/** shodan_host_service: what Shodan has found at each port of a host. */
import { isIP } from 'node:net'
import { equalValues, fieldsOf, jsonb } from '@millrace/plugin-sdk'
import { bannerColumns, ip, leadingColumns, protocolColumns } from '../banner-columns.js'
import { defineTable } from '../define-table.js'
import { isHost } from '../expected-answers.js'
import { jsonOrNull } from '../values.js'

const {
  ssl,
  cassandra,
  db2,
  dns,
  docker,
  elastic,
  etcd,
  ethernet_ip,
  ftp,
  hive,
  http,
  isakmp,
  lantronix,
  monero,
  mongodb,
  mqtt,
  netbios,
  ntp,
  redis,
  rip,
  rsync,
  smb,
  snmp,
  ssh,
  vertx,
  minecraft,
  influxdb,
  coap,
} = protocolColumns

export const shodanHostService = defineTable({
  name: 'shodan_host_service',
  description:
    'What Shodan has found at an IP address, port by port. Each distinct address takes a request, and Shodan allows one ' +
    'a second. It takes a membership of Shodan.',
  columns: {
    ip,
    ...leadingColumns,
    // In the order of Steampipe's table.
    ssl,
    cassandra,
    db2,
    dns,
    docker,
    elastic,
    etcd,
    ethernet_ip,
    ftp,
    hive,
    http,
    isakmp,
    lantronix,
    monero,
    mongodb,
    mqtt,
    netbios,
    ntp,
    redis,
    rip,
    rsync,
    smb,
    snmp,
    ssh,
    vertx,
    minecraft,
    influxdb,
    coap,
    opts: jsonb('Further answers of the service.'),
  },
  keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 1, hostsOnly: true } },
  cache: { ttl: 3600 },
  calls: [{ name: 'shodan/host', cost: 'one request a second' }],
  async *list({ call, connection, quals }) {
    for (const address of equalValues(quals.ip) ?? []) {
      if (isIP(address) === 0) continue
      const path = `/shodan/host/${encodeURIComponent(address)}`
      const { data } = fieldsOf(
        await call('shodan/host', (signal) => connection.get({ path, signal }, isHost)),
      )
      const banners: readonly unknown[] = Array.isArray(data) ? data : []
      yield banners.map((banner) => ({
        ...bannerColumns(banner),
        ip: address,
        opts: jsonOrNull(fieldsOf(banner).opts),
      }))
    }
  },
  examples: [
    {
      title: 'The software at each port',
      sql: `select port, transport, product, version, timestamp
from shodan_host_service
where ip = '89.248.165.99'
order by port`,
    },
    {
      title: 'Vulnerabilities that a host may have',
      sql: `select port, product, cve
from shodan_host_service, jsonb_object_keys(vulns) as cve
where ip = '89.248.165.99'`,
    },
  ],
})
