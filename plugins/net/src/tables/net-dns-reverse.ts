/** net_dns_reverse: the names of addresses. */
import { isIP } from 'node:net'
import { equalValues, inet, jsonb, toJsonText } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { rooted } from '../dns/record-columns.js'
import { reverseName } from '../dns/reverse-name.js'
import { sideBySide } from '../side-by-side.js'

/** How many addresses are asked for together, so that what fails for some can be told from what fails for all. */
const addressesTogether = 100

export const netDnsReverse = defineTable({
  name: 'net_dns_reverse',
  description:
    'The domain names that an IP address has in DNS (PTR records). Addresses are asked for side by side. An address ' +
    'without a name has no row.',
  columns: {
    ip_address: inet('The IP address.'),
    domains: jsonb('Its domain names, a list of texts with a dot at the end.'),
  },
  keys: {
    ip_address: {
      operators: ['='],
      require: 'required',
      valuesPerCall: addressesTogether,
      hostsOnly: true,
    },
  },
  cache: { lookup: 'ip_address' },
  calls: [{ name: 'PTR' }],
  async *list(scan) {
    const addresses = (equalValues(scan.quals.ip_address) ?? []).filter((address) => isIP(address) !== 0)
    const ask = async (address: string) => {
      const question = { name: reverseName(address), type: 'PTR' } as const
      const records = await scan.call('PTR', (signal) =>
        scan.connection.dns.records(question, undefined, signal),
      )
      const domains = records.flatMap((record) => (record.type === 'PTR' ? [rooted(record.data)] : []))
      return domains.length === 0 ? [] : [{ ip_address: address, domains: toJsonText(domains) }]
    }
    yield* sideBySide(addresses, ask, (address) => address, scan)
  },
  examples: [
    {
      title: 'The names of an address',
      sql: "select domains from net_dns_reverse where ip_address = '89.248.165.99'",
    },
    {
      title: 'The names of the addresses in a trail',
      sql: `select e.source_ip_address, d.domains, count(*)
from aws_cloudtrail_trail_event e
left join net_dns_reverse d on d.ip_address = e.source_ip_address::inet
where e.log_group_name = 'cloudtrail-cwg-devto' and e.source_ip_address ~ '^\\d+\\.\\d+\\.\\d+\\.\\d+$'
group by 1, 2`,
    },
  ],
})
