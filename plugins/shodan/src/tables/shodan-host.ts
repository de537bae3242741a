/** shodan_host: what Shodan knows of a host as a whole. */
import { isIP } from 'node:net'
import {
  bigint,
  doublePrecision,
  equalValues,
  fieldsOf,
  inet,
  jsonb,
  text,
  timestamptz,
} from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { isHost } from '../expected-answers.js'
import { integerOrNull, jsonOrNull, numberOrNull, textOrNull, timeOrNull } from '../values.js'

export const shodanHost = defineTable({
  name: 'shodan_host',
  description:
    'What Shodan has found at an IP address. Each distinct address takes a request, and Shodan allows one a second. An ' +
    'address that it knows nothing of has no row. It takes a membership of Shodan.',
  columns: {
    ip: inet('The IP address.'),
    asn: text('The autonomous system, such as AS14061.'),
    hostnames: jsonb('Its host names: a list of texts.'),
    isp: text('The provider.'),
    last_update: timestamptz('When it was last looked at.'),
    org: text('The organization that the address belongs to.'),
    os: text('The operating system.'),
    ports: jsonb('The open ports: a list of numbers.'),
    tags: jsonb('What it was marked as, such as vpn: a list of texts.'),
    vulns: jsonb('Vulnerabilities that it may have: a list of CVE numbers.'),
    area_code: bigint("The place's telephone code, in the United States."),
    city: text('The city.'),
    country_code: text('The two letters of the country.'),
    country_code_3: text('The three letters of the country.'),
    country_name: text('The name of the country.'),
    dma_code: bigint('The market area, in the United States.'),
    latitude: doublePrecision('Degrees north of the equator.'),
    longitude: doublePrecision('Degrees east of Greenwich.'),
    postal_code: text('The postal code.'),
    region_code: text('The code of the region within the country.'),
  },
  keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 1, hostsOnly: true } },
  // Shodan looks at a host every few days.
  cache: { ttl: 3600, lookup: 'ip', persist: true },
  calls: [{ name: 'shodan/host', cost: 'one request a second' }],
  async *list({ call, connection, quals }) {
    for (const ip of equalValues(quals.ip) ?? []) {
      // A network is not an address: no address equals it, so it has no row.
      if (isIP(ip) === 0) continue
      const request = {
        path: `/shodan/host/${encodeURIComponent(ip)}`,
        // Without what was found at each port, which this table does not show.
        query: { minify: 'true' },
      }
      const answer = await call('shodan/host', (signal) => connection.get({ ...request, signal }, isHost))
      if (answer === undefined) continue
      const data = fieldsOf(answer)
      yield [
        {
          ip,
          asn: textOrNull(data.asn),
          hostnames: jsonOrNull(data.hostnames),
          isp: textOrNull(data.isp),
          last_update: timeOrNull(data.last_update),
          org: textOrNull(data.org),
          os: textOrNull(data.os),
          ports: jsonOrNull(data.ports),
          tags: jsonOrNull(data.tags),
          vulns: jsonOrNull(data.vulns),
          area_code: integerOrNull(data.area_code),
          city: textOrNull(data.city),
          country_code: textOrNull(data.country_code),
          country_code_3: textOrNull(data.country_code3),
          country_name: textOrNull(data.country_name),
          dma_code: integerOrNull(data.dma_code),
          latitude: numberOrNull(data.latitude),
          longitude: numberOrNull(data.longitude),
          postal_code: textOrNull(data.postal_code),
          region_code: textOrNull(data.region_code),
        },
      ]
    }
  },
  examples: [
    {
      title: 'What is open',
      sql: "select org, ports, vulns, tags from shodan_host where ip = '89.248.165.99'",
    },
    {
      title: 'What is open at the addresses in a trail',
      sql: `select e.source_ip_address, s.org, s.ports, count(*)
from aws_cloudtrail_trail_event e
left join shodan_host s on s.ip = e.source_ip_address::inet
where e.log_group_name = 'cloudtrail-cwg-devto' and e.source_ip_address ~ '^\\d+\\.\\d+\\.\\d+\\.\\d+$'
group by 1, 2, 3`,
    },
  ],
})
