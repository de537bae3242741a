/** shodan_search: hosts that a search finds. */
import { equalValues, fieldsOf, jsonb, text } from '@millrace/plugin-sdk'
import { bannerColumns, ip, leadingColumns, protocolColumns } from '../banner-columns.js'
import { defineTable } from '../define-table.js'
import { isPage } from '../expected-answers.js'
import { pagesOf } from '../pages.js'
import { addressOrNull, jsonOrNull, textOrNull } from '../values.js'

/** Columns that a search cuts short, unless it is told not to. */
const largeColumns = new Set([...Object.keys(protocolColumns), 'banners', 'vulns', 'shodan'])

export const shodanSearch = defineTable({
  name: 'shodan_search',
  description:
    'What a search of Shodan finds, a row for each port of a host, page by page of 100. Searches take a membership of ' +
    'Shodan, and spend its query credits: LIMIT ends the pages.',
  columns: {
    query: text("What is searched for, in Shodan's own language."),
    asn: text('The autonomous system.'),
    hostnames: jsonb('The host names: a list of texts.'),
    isp: text('The provider.'),
    org: text('The organization that the address belongs to.'),
    os: text('The operating system.'),
    ports: jsonb('The open ports of the host. Searches do not tell them: NULL.'),
    tags: jsonb('What the host was marked as: a list of texts.'),
    location: jsonb('Where the host is: an object.'),
    ip,
    ...leadingColumns,
    ...protocolColumns,
  },
  keys: { query: { operators: ['='], require: 'required', valuesPerCall: 1 } },
  // A search costs.
  cache: { ttl: 3600 },
  calls: [
    {
      name: 'shodan/host/search',
      cost: '1 query credit for a query with a filter, and 1 for each page of 100 after the first',
    },
  ],
  async *list(scan) {
    const { call, columns, connection } = scan
    // Whole banners are asked for only where they are shown.
    const minify = [...columns].some((column) => largeColumns.has(column)) ? 'false' : 'true'
    for (const query of equalValues(scan.quals.query) ?? []) {
      const ask = (page: number) => {
        const parameters = { query, minify, page: page === 1 ? undefined : String(page) }
        return call('shodan/host/search', (signal) =>
          connection.get({ path: '/shodan/host/search', query: parameters, signal }, isPage),
        )
      }
      for await (const matches of pagesOf(ask, scan)) {
        yield matches.map((match) => {
          const data = fieldsOf(match)
          return {
            ...bannerColumns(match),
            query,
            asn: textOrNull(data.asn),
            hostnames: jsonOrNull(data.hostnames),
            isp: textOrNull(data.isp),
            org: textOrNull(data.org),
            os: textOrNull(data.os),
            ports: jsonOrNull(data.ports),
            tags: jsonOrNull(data.tags),
            location: jsonOrNull(data.location),
            ip: addressOrNull(data.ip_str) ?? addressOrNull(data.ipv6) ?? fromNumber(data.ip),
          }
        })
      }
    }
  },
  examples: [
    {
      title: 'Hosts that a search finds',
      sql: `select ip, port, org, product
from shodan_search
where query = 'product:OpenSSH country:NL'
limit 10`,
    },
  ],
})

/** An IPv4 address that is given as a number. */
function fromNumber(number: unknown): string | null {
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number >= 2 ** 32) return null
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}
