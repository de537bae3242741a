/** abuseipdb_check_cidr: which addresses of a network have been reported. */
import { bigint, cidr, equalValues, fieldsOf, inet, text, timestamptz } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { addressOrNull, integerOrNull, textOrNull, timeOrNull } from '../values.js'

/** How many days back reports are looked at, where a query does not say; the API's own default. */
const defaultMaxAgeInDays = 30n

export const abuseipdbCheckCidr = defineTable({
  name: 'abuseipdb_check_cidr',
  description:
    'The reported addresses of a network, one row each. Each network takes one call of the daily quota of ' +
    "check-block. The account's plan decides how large a network may be: up to /24 for free accounts.",
  columns: {
    ip_address: inet('The reported IP address.'),
    abuse_confidence_score: bigint('How certain it is that the address is malicious, from 0 to 100.'),
    cidr: cidr('The network that was asked for.'),
    country_code: text('The two letters of the country (ISO 3166-1).'),
    last_reported_at: timestamptz('When the address was last reported.'),
    max_age_in_days: bigint(
      'How many days back reports are counted: what the query asks for (1 to 365), or 30.',
    ),
    num_reports: bigint('How often the address was reported.'),
  },
  keys: {
    cidr: { operators: ['='], require: 'required', valuesPerCall: 1 },
    max_age_in_days: { operators: ['='], valuesPerCall: 1 },
  },
  // Each check counts against the daily quota, of which a free account has 100.
  cache: { ttl: 3600 },
  calls: [{ name: 'check-block', cost: "one check-block of the day's quota" }],
  costLeft: (connection) => connection.quotaText('check-block'),
  async *list(scan) {
    const days = equalValues(scan.quals.max_age_in_days)?.[0] ?? defaultMaxAgeInDays
    for (const network of equalValues(scan.quals.cidr) ?? []) {
      const query = { network, maxAgeInDays: String(days) }
      const data = await scan.call('check-block', (signal) =>
        scan.connection.get('check-block', query, isOfNetwork, signal),
      )
      const { reportedAddress } = fieldsOf(data)
      const reported: readonly unknown[] = Array.isArray(reportedAddress) ? reportedAddress : []
      yield reported.map(fieldsOf).map((each) => ({
        ip_address: addressOrNull(each.ipAddress),
        abuse_confidence_score: integerOrNull(each.abuseConfidenceScore),
        cidr: network,
        country_code: textOrNull(each.countryCode),
        last_reported_at: timeOrNull(each.mostRecentReport),
        max_age_in_days: days,
        num_reports: integerOrNull(each.numReports),
      }))
    }
  },
  examples: [
    {
      title: 'Reported addresses of a network',
      sql: `select ip_address, abuse_confidence_score, num_reports, last_reported_at
from abuseipdb_check_cidr
where cidr = '89.248.165.0/24'
order by abuse_confidence_score desc`,
    },
    {
      title: "Reported neighbours of a trail's addresses",
      sql: `select n.cidr, count(*) as reported
from (
  select distinct network(set_masklen(source_ip_address::inet, 24)) as cidr
  from aws_cloudtrail_trail_event
  where log_group_name = 'cloudtrail-cwg-devto' and source_ip_address ~ '^\\d+\\.\\d+\\.\\d+\\.\\d+$'
) e
join abuseipdb_check_cidr n on n.cidr = e.cidr
group by n.cidr`,
    },
  ],
})

function isOfNetwork(data: unknown): boolean {
  return Array.isArray(fieldsOf(data).reportedAddress)
}
