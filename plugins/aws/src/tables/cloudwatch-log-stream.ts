/**
 * aws_cloudwatch_log_stream: the streams of CloudWatch's log groups, by DescribeLogStreams for each group.
 */
import type { LogStream } from '@aws-sdk/client-cloudwatch-logs'
import { equalValue, merge, type Row, type Scan } from '@millrace/plugin-sdk'
import { awsCallExpecting, ExpectedError } from '../calls/aws-call.js'
import { pageSize, tokenPages } from '../calls/token-pages.js'
import { dateUnlessZero } from '../columns/epoch-time.js'
import { identityKeys, identityOfScan } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { groupPages } from '../log-groups/group-pages.js'
import { isGroupName, type LogGroup, logGroupOf, regionsOfGroup } from '../log-groups/log-group-identifier.js'
import { eachRegion } from '../regions/each-region.js'
import { regionsOfScan } from '../regions/regions.js'
import { callsOf } from '../services/aws-service.js'
import { cloudWatchLogs } from '../services/cloudwatch-logs.js'
import { columns, type LogStreamColumns } from './cloudwatch-log-stream/columns.js'
import { type WantedStreams, wantedStreams } from './cloudwatch-log-stream/wanted-streams.js'

type LogStreamScan = Scan<AwsConnection, LogStreamColumns>
type LogStreamRow = Row<LogStreamColumns>

const mostStreamsPerPage = 50

/** The error of a log group that was deleted while a query ran, or that does not exist; it has no streams. */
const noGroup = ['ResourceNotFoundException']

export const cloudwatchLogStream = defineTable({
  name: 'aws_cloudwatch_log_stream',
  description:
    'Log streams of CloudWatch Logs. With a condition on log_group_name only that group is asked; without one, ' +
    'every log group is.',
  columns,
  calls: callsOf(cloudWatchLogs, 'DescribeLogGroups', 'DescribeLogStreams'),
  keys: {
    log_group_name: { operators: ['='], valuesPerCall: 1 },
    name: { operators: ['=', '~~'], valuesPerCall: 1, inherent: true },
    log_stream_name_prefix: { operators: ['='], valuesPerCall: 1 },
    descending: { operators: ['='], valuesPerCall: 1 },
    order_by: { operators: ['='], valuesPerCall: 1 },
    ...identityKeys,
  },
  async *list(scan) {
    const wanted = wantedStreams(scan.quals)
    const groupName = equalValue(scan.quals.log_group_name)
    if (wanted === undefined) return
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const values = { ...identity, ...echoOf(wanted) }
    if (groupName === undefined) {
      const regions = await regionsOfScan(scan, scan.quals.region)
      yield* eachRegion(regions, scan, (region) => streamsOfRegion(region, wanted, values, scan))
      return
    }
    const group = logGroupOf(groupName)
    if (group.region === undefined && !isGroupName(groupName)) return
    const regions = await regionsOfGroup(group, scan, scan.quals.region)
    const rows = { ...values, log_group_name: groupName }
    yield* eachRegion(regions, scan, (region) =>
      streamsOfGroup(group.parameter, wanted, { ...rows, region }, region, scan),
    )
  },
  examples: [
    {
      title: "A group's streams, by when they last got an event",
      sql: `select name, last_event_timestamp, last_ingestion_time
from aws_cloudwatch_log_stream
where log_group_name = 'cloudtrail-cwg-devto'
order by last_event_timestamp desc`,
    },
    {
      title: 'The stream with the latest event, as CloudWatch Logs finds it',
      sql: `select name, last_event_timestamp
from aws_cloudwatch_log_stream
where log_group_name = 'sandbox/odd-messages' and order_by = 'LastEventTime' and descending
limit 1`,
    },
    {
      title: 'Streams of a group whose names begin alike',
      sql: `select name, creation_time, first_event_timestamp
from aws_cloudwatch_log_stream
where log_group_name = 'cloudtrail-cwg-devto' and name like '810361751552_CloudTrail_%'`,
    },
    {
      title: 'Streams without events, of all groups',
      sql: `select log_group_name, name, creation_time
from aws_cloudwatch_log_stream
where last_event_timestamp is null`,
    },
  ],
})

/** Streams of all groups, those of a page of groups side by side. */
async function* streamsOfRegion(
  region: string,
  wanted: WantedStreams,
  values: LogStreamRow,
  scan: LogStreamScan,
): AsyncGenerator<readonly LogStreamRow[]> {
  for await (const groups of groupPages({}, region, scan)) {
    const names = groups.flatMap(({ logGroupName }) => logGroupName ?? [])
    yield* merge(
      names.map((logGroupName) => {
        const rows = { ...values, log_group_name: logGroupName, region }
        return streamsOfGroup({ logGroupName }, wanted, rows, region, scan)
      }),
    )
  }
}

/** @param values what is the same in all rows of the group */
function streamsOfGroup(
  group: LogGroup['parameter'],
  wanted: WantedStreams,
  values: LogStreamRow,
  region: string,
  scan: LogStreamScan,
): AsyncGenerator<readonly LogStreamRow[]> {
  const { name, prefix = '', logStreamNamePrefix, orderBy, descending } = wanted
  const isWanted = ({ logStreamName = '' }: LogStream) =>
    name === undefined ? logStreamName.startsWith(prefix) : logStreamName === name
  // A name occurs once in a group. A small page is enough only where the API leaves out all others.
  const fetchesOthers = name !== undefined || (prefix !== '' && prefix !== logStreamNamePrefix)
  return tokenPages('DescribeLogStreams', name === undefined ? scan.limit : 1, async (nextToken) => {
    const input = {
      ...group,
      logStreamNamePrefix,
      // The API rejects a value that does not exist, in its own words.
      orderBy: orderBy as 'LogStreamName',
      descending,
      nextToken,
      limit: fetchesOthers ? mostStreamsPerPage : pageSize(scan.limit, mostStreamsPerPage),
    }
    const answer = await awsCallExpecting(scan, 'DescribeLogStreams', region, noGroup, async (abortSignal) =>
      (await scan.connection.client(cloudWatchLogs, region)).describeLogStreams(input, { abortSignal }),
    )
    if (answer instanceof ExpectedError) return { items: [], token: undefined }
    const items = (answer.logStreams ?? []).filter(isWanted).map((stream) => rowOf(stream, values))
    return { items, token: answer.nextToken }
  })
}

/** Columns that only repeat what was asked for, or what the API does by default. */
function echoOf({ prefix, descending, orderBy }: WantedStreams): LogStreamRow {
  return { log_stream_name_prefix: prefix, descending, order_by: orderBy }
}

function rowOf(stream: LogStream, values: LogStreamRow): LogStreamRow {
  return {
    ...values,
    name: stream.logStreamName,
    arn: stream.arn,
    creation_time: dateUnlessZero(stream.creationTime),
    first_event_timestamp: dateUnlessZero(stream.firstEventTimestamp),
    last_event_timestamp: dateUnlessZero(stream.lastEventTimestamp),
    last_ingestion_time: dateUnlessZero(stream.lastIngestionTime),
    upload_sequence_token: stream.uploadSequenceToken,
    title: stream.logStreamName,
    akas: jsonOrNull(stream.arn === undefined ? undefined : [stream.arn]),
  }
}
