/**
 * aws_cloudwatch_log_metric_filter: what makes metrics of log events, by DescribeMetricFilters in each region.
 */
import type { MetricFilter } from '@aws-sdk/client-cloudwatch-logs'
import { equalValue, jsonb, type Row, type Scan, text, timestamptz } from '@millrace/plugin-sdk'
import { awsCallExpecting, ExpectedError } from '../calls/aws-call.js'
import { pageSize, tokenPages } from '../calls/token-pages.js'
import { dateOrNull } from '../columns/epoch-time.js'
import {
  type IdentityValues,
  identityColumns,
  identityKeys,
  identityOfScan,
} from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { isGroupName } from '../log-groups/log-group-identifier.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { callsOf } from '../services/aws-service.js'
import { cloudWatchLogs } from '../services/cloudwatch-logs.js'

const columns = {
  name: text('The name of the metric filter.'),
  log_group_name: text('The log group whose events it looks at.'),
  creation_time: timestamptz('When the metric filter was made.'),
  filter_pattern: text('The filter pattern that an event must match.'),
  metric_transformation_name: text('The metric that a matching event counts for.'),
  metric_transformation_namespace: text('The namespace of this metric.'),
  metric_transformation_value: text(
    'What a matching event adds to the metric: a number, or a field of the event.',
  ),
  title: text('A title for the metric filter: its name.'),
  akas: jsonb('Globally unique names of the metric filter: a list of its ARN.'),
  ...identityColumns,
}

type MetricFilterColumns = typeof columns

type MetricFilterScan = Scan<AwsConnection, MetricFilterColumns>

const mostFiltersPerPage = 50

/** What is answered where there is no such log group, and so no metric filter of it. */
const noLogGroup = ['ResourceNotFoundException']

export const cloudwatchLogMetricFilter = defineTable({
  name: 'aws_cloudwatch_log_metric_filter',
  description:
    'Metric filters of CloudWatch Logs, which count matching events. A condition on log_group_name, or on both name and ' +
    'namespace of the metric, narrows what is asked for.',
  columns,
  calls: callsOf(cloudWatchLogs, 'DescribeMetricFilters'),
  keys: {
    name: { operators: ['='], inherent: true },
    log_group_name: { operators: ['='], valuesPerCall: 1, inherent: true },
    metric_transformation_name: { operators: ['='], inherent: true },
    metric_transformation_namespace: { operators: ['='], inherent: true },
    ...identityKeys,
  },
  async *list(scan) {
    const group = equalValue(scan.quals.log_group_name)
    if (group !== undefined && !isGroupName(group)) return
    const identity = await identityOfScan(scan, scan.quals.account_id, ['akas'])
    if (identity === undefined) return
    const regions = await regionsOfScan(scan, scan.quals.region)
    yield* eachRegion(regions, scan, async function* (region) {
      for await (const filters of filterPages(region, scan)) {
        yield filters.map((filter) => rowOf(filter, region, identity))
      }
    })
  },
  examples: [
    {
      title: 'What is counted in the log groups of trails',
      sql: `select f.name, f.filter_pattern, f.metric_transformation_namespace, f.metric_transformation_name
from aws_cloudtrail_trail t
join aws_cloudwatch_log_metric_filter f on f.log_group_name = split_part(t.log_group_arn, ':', 6)
where t.region = t.home_region`,
    },
    {
      title: 'Log groups in which nobody counts the use of the root user',
      sql: `select g.name
from aws_cloudwatch_log_group g
left join aws_cloudwatch_log_metric_filter f
  on f.log_group_name = g.name and f.filter_pattern like '%userIdentity.type%=%Root%'
where f.name is null`,
    },
    {
      title: 'Which filters make a metric',
      sql: `select name, log_group_name, region
from aws_cloudwatch_log_metric_filter
where metric_transformation_namespace = 'CISBenchmark' and metric_transformation_name = 'UnauthorizedCalls'`,
    },
  ],
})

function filterPages(region: string, scan: MetricFilterScan): AsyncGenerator<readonly MetricFilter[]> {
  const { connection, limit } = scan
  const asked = askedOf(scan)
  return tokenPages('DescribeMetricFilters', limit, async (nextToken) => {
    const input = { ...asked, nextToken, limit: pageSize(limit, mostFiltersPerPage) }
    const answer = await awsCallExpecting(
      scan,
      'DescribeMetricFilters',
      region,
      noLogGroup,
      async (abortSignal) =>
        (await connection.client(cloudWatchLogs, region)).describeMetricFilters(input, { abortSignal }),
    )
    if (answer instanceof ExpectedError) return { items: [], token: undefined }
    return { items: answer.metricFilters ?? [], token: answer.nextToken }
  })
}

/** Forms of names that DescribeMetricFilters takes; there are no others (FilterName, MetricName, MetricNamespace). */
const filterName = /^[^:*]{1,512}$/
const metricName = /^[^:*$]{1,255}$/

/**
 * The conditions that the API can be asked with. It looks at the beginning of a name only together with a log group, and
 * at a metric's name only together with its namespace (DescribeMetricFilters).
 */
function askedOf({ quals }: MetricFilterScan) {
  const logGroupName = equalValue(quals.log_group_name)
  const name = equalValue(quals.name)
  const metric = equalValue(quals.metric_transformation_name)
  const metricNamespace = equalValue(quals.metric_transformation_namespace)
  return {
    logGroupName,
    ...(logGroupName !== undefined && name !== undefined && filterName.test(name)
      ? { filterNamePrefix: name }
      : {}),
    ...(metric !== undefined &&
    metricNamespace !== undefined &&
    metricName.test(metric) &&
    metricName.test(metricNamespace)
      ? { metricName: metric, metricNamespace }
      : {}),
  }
}

function rowOf(filter: MetricFilter, region: string, identity: IdentityValues): Row<MetricFilterColumns> {
  const { filterName: name, logGroupName } = filter
  const { partition, account_id } = identity
  // A metric filter has one transformation (PutMetricFilter, metricTransformations).
  const [transformation] = filter.metricTransformations ?? []
  // Not in the API's answer; the form is Steampipe's.
  const arn =
    name === undefined || partition === null
      ? undefined
      : `arn:${partition}:logs:${region}:${account_id}:log-group:${logGroupName}:metric-filter:${name}`
  return {
    name,
    log_group_name: logGroupName,
    creation_time: dateOrNull(filter.creationTime),
    filter_pattern: filter.filterPattern,
    metric_transformation_name: transformation?.metricName,
    metric_transformation_namespace: transformation?.metricNamespace,
    metric_transformation_value: transformation?.metricValue,
    title: name,
    akas: jsonOrNull(arn === undefined ? undefined : [arn]),
    region,
    ...identity,
  }
}
