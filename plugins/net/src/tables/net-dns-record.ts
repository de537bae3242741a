/** net_dns_record: the DNS records of domains. */
import { ApiError, bigint, equalValues, inet, text } from '@millrace/plugin-sdk'
import { readHostPort } from '../addresses/host-port.js'
import { defineTable } from '../define-table.js'
import { readName } from '../dns/dns-client.js'
import { isKnownType, type KnownRecordType, recordColumns, recordTypes } from '../dns/record-columns.js'
import { sideBySide } from '../side-by-side.js'

/** How many domains are asked for together, so that what fails for some can be told from what fails for all. */
const domainsTogether = 50

export const netDnsRecord = defineTable({
  name: 'net_dns_record',
  description:
    'The DNS records of a domain, one row each. Without a condition on type, each domain takes a question for each of ' +
    `the types ${recordTypes.join(', ')}, side by side. Truncated answers are asked for again over TCP.`,
  columns: {
    domain: text('The domain name, as the query has it.'),
    type: text('The type of the record, in capitals.'),
    dns_server: text('The DNS server that the query names, host or host:port; otherwise NULL.'),
    ip: inet('The address of an A or AAAA record.'),
    target: text('The name that a CNAME, MX, NS, PTR, SOA or SRV record leads to, with a dot at the end.'),
    priority: bigint('The priority of an MX or SRV record.'),
    tag: text('The property that a CAA record sets.'),
    value: text('The value of a CAA record, the text of a TXT record, or a whole CERT record.'),
    ttl: bigint('How many seconds the record may be kept.'),
    serial: bigint('The version of the zone, of an SOA record.'),
    minimum: bigint('How many seconds it may be kept that a name does not exist, of an SOA record.'),
    refresh: bigint('After how many seconds secondary servers look for changes, of an SOA record.'),
    retry: bigint('How many seconds they wait if the primary does not answer, of an SOA record.'),
    expire: bigint('After how many seconds without an answer they give up the zone, of an SOA record.'),
  },
  keys: {
    domain: { operators: ['='], require: 'required', valuesPerCall: domainsTogether },
    type: { operators: ['='] },
    dns_server: { operators: ['='], valuesPerCall: 1 },
  },
  async *list(scan) {
    const types = typesOf(equalValues(scan.quals.type))
    const [dnsServer] = equalValues(scan.quals.dns_server) ?? []
    const server = dnsServer === undefined ? undefined : readHostPort(dnsServer, 53)
    if (server !== undefined && !('host' in server)) {
      throw new ApiError(`dns_server: ${server.fault}`, { hint: 'Write host or host:port.' })
    }
    const questions = (equalValues(scan.quals.domain) ?? []).flatMap((domain) =>
      types.map((type) => ({ domain, type })),
    )
    const ask = async ({ domain, type }: { domain: string; type: KnownRecordType }) => {
      const name = readName(domain)
      // A text that can be no domain name has no records.
      if (name === undefined) return []
      const records = await scan.call(type, (signal) =>
        scan.connection.dns.records({ name, type }, server, signal),
      )
      return records.map((record) => ({
        domain,
        type,
        dns_server: dnsServer ?? null,
        ...recordColumns(record),
      }))
    }
    yield* sideBySide(questions, ask, ({ domain, type }) => `${type} of ${domain}`, scan)
  },
  examples: [
    {
      title: 'All records of a domain',
      sql: "select type, ip, target, value, ttl from net_dns_record where domain = 'example.com' order by type",
    },
    {
      title: 'Mail servers of some domains',
      sql: `select domain, target, priority
from net_dns_record
where domain in ('example.com', 'example.org') and type = 'MX'
order by domain, priority`,
    },
    {
      title: 'Domains that say which servers may send their mail',
      sql: `select domain, value
from net_dns_record
where domain = 'example.com' and type = 'TXT' and value like 'v=spf1%'`,
    },
  ],
})

function typesOf(asked: readonly string[] | undefined): readonly KnownRecordType[] {
  if (asked === undefined) return recordTypes
  return asked.map((type) => {
    if (isKnownType(type)) return type
    throw new ApiError(`there is no type "${type}" of records`, {
      hint: `There are ${recordTypes.join(', ')}, in capitals.`,
    })
  })
}
