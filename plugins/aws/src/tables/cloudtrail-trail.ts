/**
 * aws_cloudtrail_trail: CloudTrail's trails, by DescribeTrails in each region.
 */
import type { Trail } from '@aws-sdk/client-cloudtrail'
import { equalValues, type Row, type Scan } from '@millrace/plugin-sdk'
import { awsCall } from '../calls/aws-call.js'
import { type IdentityValues, identityKeys, identityOfScan } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { callsOf } from '../services/aws-service.js'
import { cloudTrail } from '../services/cloudtrail.js'
import { columns, type TrailColumns } from './cloudtrail-trail/columns.js'
import {
  fetchEventSelectors,
  fetchInsightSelectors,
  fetchStatus,
  fetchTags,
} from './cloudtrail-trail/details.js'

type TrailScan = Scan<AwsConnection, TrailColumns>
type TrailRow = Row<TrailColumns>

export const cloudtrailTrail = defineTable({
  name: 'aws_cloudtrail_trail',
  description:
    'Trails of CloudTrail. A trail that records all regions has a row in each region that is asked; its row ' +
    'at home has region = home_region.',
  columns,
  calls: callsOf(
    cloudTrail,
    'DescribeTrails',
    'GetTrailStatus',
    'GetEventSelectors',
    'GetInsightSelectors',
    'ListTags',
  ),
  keys: {
    name: { operators: ['='], inherent: true },
    arn: { operators: ['='], inherent: true },
    ...identityKeys,
  },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const regions = await regionsOfScan(scan, scan.quals.region)
    yield* eachRegion(regions, scan, (region) => trailsOf(region, identity, scan))
  },
  hydrate: {
    status: {
      columns: [
        'is_logging',
        'latest_cloudwatch_logs_delivery_error',
        'latest_cloudwatch_logs_delivery_time',
        'latest_delivery_error',
        'latest_delivery_time',
        'latest_digest_delivery_error',
        'latest_digest_delivery_time',
        'latest_notification_error',
        'latest_notification_time',
        'start_logging_time',
        'stop_logging_time',
      ],
      fetch: fetchStatus,
    },
    eventSelectors: { columns: ['advanced_event_selectors', 'event_selectors'], fetch: fetchEventSelectors },
    insightSelectors: { columns: ['insight_selectors'], fetch: fetchInsightSelectors },
    tags: { columns: ['tags_src', 'tags'], fetch: fetchTags },
  },
  examples: [
    {
      title: 'Where trails deliver their events, and when they last did',
      sql: 'select name, region, log_group_arn, latest_delivery_time from aws_cloudtrail_trail',
    },
    {
      title: 'Trails that do not record',
      sql: 'select name, home_region, stop_logging_time from aws_cloudtrail_trail where region = home_region and not is_logging',
    },
    {
      title: 'Trails whose log files are not encrypted with a key of the account',
      sql: 'select name, s3_bucket_name from aws_cloudtrail_trail where region = home_region and kms_key_id is null',
    },
    {
      title: 'Events of the last delivery, of every trail with a log group',
      sql: `select t.name, e.event_name, e.timestamp
from aws_cloudtrail_trail t
join aws_cloudtrail_trail_event e on e.log_group_name = t.log_group_arn
where t.region = t.home_region and t.log_group_arn is not null
order by e.timestamp desc
limit 10`,
    },
    {
      title: 'Tags, one row for each',
      sql: 'select name, tag.key, tag.value from aws_cloudtrail_trail, jsonb_each_text(tags) as tag',
    },
  ],
})

/**
 * All trails of a region come in one answer, so names and ARNs are picked from it. If asked by name, CloudTrail would
 * leave out copies of trails whose home is elsewhere (DescribeTrails, trailNameList).
 */
async function* trailsOf(
  region: string,
  identity: IdentityValues,
  scan: TrailScan,
): AsyncGenerator<readonly TrailRow[]> {
  const names = equalValues(scan.quals.name)
  const arns = equalValues(scan.quals.arn)
  const { trailList = [] } = await awsCall(scan, 'DescribeTrails', region, async (abortSignal) =>
    (await scan.connection.client(cloudTrail, region)).describeTrails({}, { abortSignal }),
  )
  yield trailList
    .filter(({ Name, TrailARN }) => isAmong(names, Name) && isAmong(arns, TrailARN))
    .map((trail) => rowOf(trail, region, identity))
}

function isAmong(wanted: readonly string[] | undefined, value: string | undefined): boolean {
  return wanted === undefined || (value !== undefined && wanted.includes(value))
}

function rowOf(trail: Trail, region: string, identity: IdentityValues): TrailRow {
  return {
    name: trail.Name,
    arn: trail.TrailARN,
    home_region: trail.HomeRegion,
    is_multi_region_trail: trail.IsMultiRegionTrail,
    log_file_validation_enabled: trail.LogFileValidationEnabled,
    log_group_arn: trail.CloudWatchLogsLogGroupArn,
    cloudwatch_logs_role_arn: trail.CloudWatchLogsRoleArn,
    has_custom_event_selectors: trail.HasCustomEventSelectors,
    has_insight_selectors: trail.HasInsightSelectors,
    include_global_service_events: trail.IncludeGlobalServiceEvents,
    is_organization_trail: trail.IsOrganizationTrail,
    kms_key_id: trail.KmsKeyId,
    s3_bucket_name: trail.S3BucketName,
    s3_key_prefix: trail.S3KeyPrefix,
    sns_topic_arn: trail.SnsTopicARN,
    akas: jsonOrNull(trail.TrailARN === undefined ? undefined : [trail.TrailARN]),
    title: trail.Name,
    region,
    ...identity,
  }
}
