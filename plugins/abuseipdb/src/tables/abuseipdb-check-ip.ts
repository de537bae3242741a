/** abuseipdb_check_ip: what is known of single addresses. */
import { isIP } from 'node:net'
import {
  bigint,
  boolean,
  equalValues,
  fieldsOf,
  inet,
  jsonb,
  text,
  timestamptz,
  toJsonText,
} from '@millrace/plugin-sdk'
import { defineTable } from '../define-table.js'
import { isOfAddress } from '../expected-answers.js'
import { booleanOrNull, integerOrNull, textOrNull, timeOrNull } from '../values.js'

/** How many days back reports are looked at, where a query does not say; as in Steampipe's plugin. */
const defaultMaxAgeInDays = 90n

export const abuseipdbCheckIp = defineTable({
  name: 'abuseipdb_check_ip',
  description:
    'What AbuseIPDB knows of an IP address. Each distinct address takes one call of the daily quota of check; an ' +
    'address that was never reported has a row with a score of 0. Reports come only where a query names them.',
  columns: {
    ip_address: inet('The IP address.'),
    abuse_confidence_score: bigint('How certain it is that the address is malicious, from 0 to 100.'),
    country_code: text('The two letters of the country (ISO 3166-1).'),
    domain: text('The domain of the provider.'),
    ip_version: bigint('4 or 6.'),
    is_public: boolean('Whether the address is public; nobody can be told apart behind others.'),
    is_whitelisted: boolean(
      "Whether the address is on one of AbuseIPDB's whitelists. NULL where it does not say.",
    ),
    isp: text('The provider that the address belongs to.'),
    last_reported_at: timestamptz('When it was last reported; NULL if never.'),
    max_age_in_days: bigint(
      'How many days back reports are counted: what the query asks for (1 to 365), or 90.',
    ),
    num_distinct_users: bigint('How many users have reported it.'),
    reports: jsonb(
      'The reports: a list of objects with reportedAt, comment, categories, reporterId, reporterCountryCode and ' +
        'reporterCountryName. Asked for only when the query names this column.',
    ),
    total_reports: bigint('How often it was reported.'),
    usage_type: text('What the address is used for, such as Data Center/Web Hosting/Transit.'),
  },
  keys: {
    ip_address: { operators: ['='], require: 'required', valuesPerCall: 1, hostsOnly: true },
    max_age_in_days: { operators: ['='], valuesPerCall: 1 },
  },
  // Each check counts against the daily quota, of which a free account has 1,000.
  cache: { ttl: 3600, lookup: 'ip_address', persist: true },
  calls: [{ name: 'check', cost: "one check of the day's quota" }],
  costLeft: (connection) => connection.quotaText('check'),
  async *list(scan) {
    const maxAge = equalValues(scan.quals.max_age_in_days)?.[0]
    const days = maxAge ?? defaultMaxAgeInDays
    for (const address of equalValues(scan.quals.ip_address) ?? []) {
      // A network is not an address: no address equals it, so it has no row.
      if (isIP(address) === 0) continue
      const query = {
        ipAddress: address,
        maxAgeInDays: String(days),
        verbose: scan.columns.has('reports') ? '1' : undefined,
      }
      const data = fieldsOf(
        await scan.call('check', (signal) => scan.connection.get('check', query, isOfAddress, signal)),
      )
      yield [
        {
          // As it was asked for, however the API spells it.
          ip_address: address,
          abuse_confidence_score: integerOrNull(data.abuseConfidenceScore),
          country_code: textOrNull(data.countryCode),
          domain: textOrNull(data.domain),
          ip_version: integerOrNull(data.ipVersion),
          is_public: booleanOrNull(data.isPublic),
          is_whitelisted: booleanOrNull(data.isWhitelisted),
          isp: textOrNull(data.isp),
          last_reported_at: timeOrNull(data.lastReportedAt),
          max_age_in_days: days,
          num_distinct_users: integerOrNull(data.numDistinctUsers),
          reports: Array.isArray(data.reports) ? toJsonText(data.reports) : null,
          total_reports: integerOrNull(data.totalReports),
          usage_type: textOrNull(data.usageType),
        },
      ]
    }
  },
  examples: [
    {
      title: 'How malicious some addresses are thought to be',
      sql: `select ip_address, abuse_confidence_score, total_reports, last_reported_at
from abuseipdb_check_ip
where ip_address in ('89.248.165.99', '8.8.8.8')`,
    },
    {
      title: 'Which addresses in a trail have been reported',
      sql: `select e.source_ip_address, a.abuse_confidence_score, a.isp, count(*)
from aws_cloudtrail_trail_event e
join abuseipdb_check_ip a on a.ip_address = e.source_ip_address::inet
where e.log_group_name = 'cloudtrail-cwg-devto' and e.source_ip_address ~ '^\\d+\\.\\d+\\.\\d+\\.\\d+$'
  and a.total_reports > 0
group by 1, 2, 3
order by a.abuse_confidence_score desc`,
    },
    {
      title: 'The comments of a week',
      sql: `select report ->> 'reportedAt' as reported_at, report ->> 'comment' as comment
from abuseipdb_check_ip, jsonb_array_elements(reports) as report
where ip_address = '89.248.165.99' and max_age_in_days = 7`,
    },
  ],
})
