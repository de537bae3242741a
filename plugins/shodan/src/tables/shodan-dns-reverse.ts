/** shodan_dns_reverse: the names that Shodan knows of addresses. */
import { isIP } from 'node:net'
import { equalValues, fieldsOf, inet, text } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { isListByName } from '../expected-answers.js'
import { canonicalAddress, textOrNull } from '../values.js'

/** How many addresses a call takes. The API states no bound; a URL of this length passes everywhere. */
const addressesPerCall = 100

export const shodanDnsReverse = defineTable({
  name: 'shodan_dns_reverse',
  description: 'The host names that Shodan knows of an IP address, one row each.',
  columns: { ip: inet('The IP address.'), host: text('A host name.') },
  keys: { ip: { operators: ['='], require: 'required', valuesPerCall: addressesPerCall, hostsOnly: true } },
  cache: { ttl: 3600 },
  calls: [{ name: 'dns/reverse' }],
  async *list({ call, connection, quals }) {
    const addresses = (equalValues(quals.ip) ?? []).filter((address) => isIP(address) !== 0)
    if (addresses.length === 0) return
    const query = { ips: addresses.join(',') }
    const data = fieldsOf(
      await call('dns/reverse', (signal) =>
        connection.get({ path: '/dns/reverse', query, signal }, isListByName),
      ),
    )
    // However the API spells them.
    const names = new Map(Object.entries(data).map(([ip, found]) => [canonicalAddress(ip), found]))
    yield addresses.flatMap((ip) => {
      const found = names.get(canonicalAddress(ip))
      const hosts: readonly unknown[] = Array.isArray(found) ? found : []
      return hosts.flatMap((host) => {
        const name = textOrNull(host)
        return name === null ? [] : [{ ip, host: name }]
      })
    })
  },
  examples: [
    {
      title: 'The names of some addresses',
      sql: "select ip, host from shodan_dns_reverse where ip in ('89.248.165.99', '107.170.20.63')",
    },
  ],
})
