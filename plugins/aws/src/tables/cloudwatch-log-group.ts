/**
 * aws_cloudwatch_log_group: CloudWatch's log groups, by DescribeLogGroups in each region.
 */
import type { LogGroup } from '@aws-sdk/client-cloudwatch-logs'
import { equalValue, type Row } from '@millrace/plugin-sdk'
import { dateOrNull } from '../columns/epoch-time.js'
import { type IdentityValues, identityKeys, identityOfScan } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import { longestLikePrefix } from '../conditions/like-prefix.js'
import { defineTable } from '../connection/define-table.js'
import { groupPages } from '../log-groups/group-pages.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { callsOf } from '../services/aws-service.js'
import { cloudWatchLogs } from '../services/cloudwatch-logs.js'
import { columns, type LogGroupColumns } from './cloudwatch-log-group/columns.js'
import { fetchDataProtection, fetchTags } from './cloudwatch-log-group/details.js'

export const cloudwatchLogGroup = defineTable({
  name: 'aws_cloudwatch_log_group',
  description:
    'Log groups of CloudWatch Logs. A condition on name, LIKE with a beginning too, narrows the list.',
  columns,
  calls: callsOf(cloudWatchLogs, 'DescribeLogGroups', 'GetDataProtectionPolicy', 'ListTagsForResource'),
  keys: {
    name: { operators: ['=', '~~'], valuesPerCall: 1, inherent: true },
    ...identityKeys,
  },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const { limit } = scan
    const wanted = { name: equalValue(scan.quals.name), prefix: longestLikePrefix(scan.quals.name), limit }
    const regions = await regionsOfScan(scan, scan.quals.region)
    yield* eachRegion(regions, scan, async function* (region) {
      for await (const groups of groupPages(wanted, region, scan)) {
        yield groups.map((group) => rowOf(group, region, identity))
      }
    })
  },
  hydrate: {
    dataProtection: { columns: ['data_protection', 'data_protection_policy'], fetch: fetchDataProtection },
    tags: { columns: ['tags'], fetch: fetchTags },
  },
  examples: [
    {
      title: 'Log groups by size, and for how long they keep events',
      sql: `select name, region, stored_bytes, retention_in_days
from aws_cloudwatch_log_group
order by stored_bytes desc`,
    },
    {
      title: 'Log groups that keep events for ever',
      sql: 'select name, creation_time from aws_cloudwatch_log_group where retention_in_days is null',
    },
    {
      title: 'Log groups of one kind that no key of the account encrypts',
      sql: "select name from aws_cloudwatch_log_group where name like 'cloudtrail-%' and kms_key_id is null",
    },
    {
      title: 'What data protection policies look for',
      sql: `select g.name, s ->> 'Sid' as statement, identifier
from aws_cloudwatch_log_group g,
  jsonb_array_elements(g.data_protection_policy -> 'Statement') as s,
  jsonb_array_elements_text(s -> 'DataIdentifier') as identifier
where g.data_protection_status = 'ACTIVATED'`,
    },
    {
      title: 'The log groups that trails deliver to, with their tags',
      sql: `select t.name as trail, g.name as log_group, g.tags
from aws_cloudtrail_trail t
join aws_cloudwatch_log_group g on g.name = split_part(t.log_group_arn, ':', 6)`,
    },
  ],
})

function rowOf(group: LogGroup, region: string, identity: IdentityValues): Row<LogGroupColumns> {
  return {
    name: group.logGroupName,
    arn: group.arn,
    log_group_arn: group.logGroupArn,
    log_group_class: group.logGroupClass,
    creation_time: dateOrNull(group.creationTime),
    kms_key_id: group.kmsKeyId,
    metric_filter_count: group.metricFilterCount,
    retention_in_days: group.retentionInDays,
    stored_bytes: group.storedBytes,
    data_protection_status: group.dataProtectionStatus,
    inherited_properties: jsonOrNull(group.inheritedProperties),
    title: group.logGroupName,
    akas: jsonOrNull(group.arn === undefined ? undefined : [group.arn]),
    region,
    ...identity,
  }
}
