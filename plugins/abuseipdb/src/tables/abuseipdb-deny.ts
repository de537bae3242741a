/** abuseipdb_deny: the addresses that are reported most. */
import { bigint, equalValues, fieldsOf, inet, timestamptz } from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { addressOrNull, integerOrNull, timeOrNull } from '../values.js'

/** The lowest score of the list, where a query does not say; as in Steampipe's plugin. */
const defaultConfidenceMinimum = 90n

/**
 * The most addresses that any plan gets (500,000, Premium). Without a limit, the API gives 10,000 whatever the plan; a
 * higher one than the plan allows is cut to what it allows (documentation, "BLACKLIST Endpoint").
 */
const mostAddresses = 500_000

export const abuseipdbDeny = defineTable({
  name: 'abuseipdb_deny',
  description:
    'The blacklist: the most reported addresses, as many as the plan gives (10,000 for free accounts). It takes one ' +
    'call of the daily quota of blacklist, which is five for free accounts. LIMIT reaches the API.',
  columns: {
    ip_address: inet('The IP address.'),
    abuse_confidence_score: bigint('How certain it is that the address is malicious, from 0 to 100.'),
    last_reported_at: timestamptz('When it was last reported.'),
    confidence_minimum: bigint(
      'The lowest score that the query asks for; NULL if it does not, and the list then begins at 90. Below 100, the ' +
        'API may require a subscription.',
    ),
  },
  keys: { confidence_minimum: { operators: ['='], valuesPerCall: 1 } },
  // Five calls a day are all that a free account has.
  cache: { ttl: 21_600 },
  calls: [{ name: 'blacklist', cost: "one blacklist of the day's quota" }],
  costLeft: (connection) => connection.quotaText('blacklist'),
  async *list(scan) {
    const asked = equalValues(scan.quals.confidence_minimum)?.[0]
    const query = {
      confidenceMinimum: String(asked ?? defaultConfidenceMinimum),
      limit: String(Math.max(1, Math.min(scan.limit ?? mostAddresses, mostAddresses))),
    }
    const data = await scan.call('blacklist', (signal) =>
      scan.connection.get('blacklist', query, Array.isArray, signal),
    )
    const listed: readonly unknown[] = Array.isArray(data) ? data : []
    yield listed.map(fieldsOf).map((each) => ({
      ip_address: addressOrNull(each.ipAddress),
      abuse_confidence_score: integerOrNull(each.abuseConfidenceScore),
      last_reported_at: timeOrNull(each.lastReportedAt),
      confidence_minimum: asked ?? null,
    }))
  },
  examples: [
    {
      title: 'Ten addresses that are certainly malicious',
      sql: 'select ip_address, last_reported_at from abuseipdb_deny where confidence_minimum = 100 limit 10',
    },
    {
      title: "A trail's addresses that are on the list",
      sql: `select e.source_ip_address, d.abuse_confidence_score, count(*)
from abuseipdb_deny d
join (
  select source_ip_address
  from aws_cloudtrail_trail_event
  where log_group_name = 'cloudtrail-cwg-devto' and source_ip_address ~ '^\\d+\\.\\d+\\.\\d+\\.\\d+$'
) e on e.source_ip_address::inet = d.ip_address
group by 1, 2`,
    },
  ],
})
