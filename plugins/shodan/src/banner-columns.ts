/** Columns of what Shodan has found at one port of a host (a banner), and where they stand in its answer. */
import { bigint, fieldsOf, inet, jsonb, type Row, text, timestamptz } from '@millrace/plugin-sdk'
import { integerOrNull, jsonOrNull, textOrNull, timeOrNull } from './values.js'

const protocol = (name: string) => jsonb(`What Shodan has found out about ${name}, as it says it.`)

/** Those that begin the tables. */
export const leadingColumns = {
  ipv6: text('The IPv6 address, of a host that has one.'),
  port: bigint('The port.'),
  timestamp: timestamptz('When it was found.'),
  hash: bigint('A number that is the same for the same banner.'),
  domains: jsonb("The domains of the host's names."),
  link: text('How the host is connected, such as Ethernet or modem.'),
  uptime: bigint('How many minutes the host has been running.'),
  transport: text('tcp or udp.'),
  product: text('The software that answers.'),
  version: text('The version of the software.'),
  cpe: jsonb('What it is in the Common Platform Enumeration.'),
  title: text('The title of the website.'),
  devicetype: text('The kind of device.'),
  info: text('More about the software.'),
  shodan: jsonb('How Shodan has found it.'),
  vulns: jsonb('Vulnerabilities that it may have: an object by their CVE numbers.'),
  banners: jsonb('What it has answered: a list of lines.'),
} as const

/** Protocols, by the column's name; the member of the answer where that has another. */
export const protocolColumns = {
  cassandra: protocol('Cassandra'),
  coap: protocol('CoAP'),
  db2: protocol('Db2'),
  dns: protocol('DNS'),
  docker: protocol('Docker'),
  elastic: protocol('Elasticsearch'),
  etcd: protocol('etcd'),
  ethernet_ip: protocol('EtherNet/IP'),
  ftp: protocol('FTP'),
  hive: protocol('Hive'),
  http: protocol('HTTP'),
  influxdb: protocol('InfluxDB'),
  isakmp: protocol('ISAKMP'),
  lantronix: protocol('Lantronix'),
  minecraft: protocol('Minecraft'),
  monero: protocol('Monero'),
  mongodb: protocol('MongoDB'),
  mqtt: protocol('MQTT'),
  netbios: protocol('NetBIOS'),
  ntp: protocol('NTP'),
  redis: protocol('Redis'),
  rip: protocol('RIP'),
  rsync: protocol('rsync'),
  smb: protocol('SMB'),
  snmp: protocol('SNMP'),
  ssh: protocol('SSH'),
  ssl: protocol('TLS, certificates among them'),
  vertx: protocol('VertX'),
} as const

const members: Readonly<Record<string, string>> = { ethernet_ip: 'ethernetip', influxdb: 'influx_db' }

export type BannerRow = Row<typeof leadingColumns & typeof protocolColumns>

/** The address of a host; IPv4 comes as a number, too. */
export const ip = inet('The IP address.')

export function bannerColumns(banner: unknown): BannerRow {
  const data = fieldsOf(banner)
  const protocols = Object.keys(protocolColumns).map((name) => [
    name,
    jsonOrNull(data[members[name] ?? name]),
  ])
  return {
    ipv6: textOrNull(data.ipv6),
    port: integerOrNull(data.port),
    timestamp: timeOrNull(data.timestamp),
    hash: integerOrNull(data.hash),
    domains: jsonOrNull(data.domains),
    link: textOrNull(data.link),
    uptime: integerOrNull(data.uptime),
    transport: textOrNull(data.transport),
    product: textOrNull(data.product),
    version: textOrNull(data.version),
    cpe: jsonOrNull(data.cpe),
    title: textOrNull(data.title),
    devicetype: textOrNull(data.devicetype),
    info: textOrNull(data.info),
    shodan: jsonOrNull(data._shodan),
    vulns: jsonOrNull(data.vulns),
    banners: typeof data.data === 'string' ? jsonOrNull(data.data.split(/\r?\n/)) : null,
    ...Object.fromEntries(protocols),
  }
}
