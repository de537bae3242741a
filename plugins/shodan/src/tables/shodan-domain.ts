/** shodan_domain: the DNS records that Shodan has seen of a domain. */
import { equalValues, fieldsOf, text, timestamptz } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { isDomain } from '../expected-answers.js'
import { textOrNull, timeOrNull } from '../values.js'

export const shodanDomain = defineTable({
  name: 'shodan_domain',
  description:
    'The DNS records that Shodan has seen of a domain and its subdomains. Where the plan gives the first page only, a ' +
    'notice says that the others are missing. LIMIT ends the pages.',
  columns: {
    domain: text('The domain, as the query has it.'),
    subdomain: text('The subdomain; NULL for the domain itself.'),
    type: text('The type of the record, such as A.'),
    value: text('What the record says.'),
    last_seen: timestamptz('When it was last seen.'),
  },
  keys: { domain: { operators: ['='], require: 'required', valuesPerCall: 1 } },
  cache: { ttl: 3600 },
  calls: [{ name: 'dns/domain', cost: '1 query credit a page' }],
  async *list(scan) {
    const { call, connection, limit = Number.POSITIVE_INFINITY } = scan
    for (const domain of equalValues(scan.quals.domain) ?? []) {
      let count = 0
      for (let page = 1; ; page++) {
        const request = {
          path: `/dns/domain/${encodeURIComponent(domain)}`,
          query: { page: page === 1 ? undefined : String(page) },
        }
        let answer: unknown
        try {
          answer = await call('dns/domain', (signal) => connection.get({ ...request, signal }, isDomain))
        } catch (error) {
          // Rows that are there are better than none, if the client learns that there are more.
          if (page === 1) throw error
          scan.leaveOut(`${domain} from page ${page} on`, error)
          break
        }
        const { data, more } = fieldsOf(answer)
        const records: readonly unknown[] = Array.isArray(data) ? data : []
        yield records.map(fieldsOf).map((record) => ({
          domain,
          subdomain: textOrNull(record.subdomain),
          type: textOrNull(record.type),
          value: textOrNull(record.value),
          last_seen: timeOrNull(record.last_seen),
        }))
        count += records.length
        if (more !== true || records.length === 0 || count >= limit) break
      }
    }
  },
  examples: [
    {
      title: 'Subdomains of a domain',
      sql: "select distinct subdomain from shodan_domain where domain = 'example.com' and subdomain is not null",
    },
  ],
})
