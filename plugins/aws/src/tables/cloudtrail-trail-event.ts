/**
 * aws_cloudtrail_trail_event: what a trail delivers to a CloudWatch log group, by FilterLogEvents.
 */
import { ApiError } from '@millrace/plugin-sdk/api-error'
import { merge } from '@millrace/plugin-sdk/merge'
import { equalValue, equalValues } from '@millrace/plugin-sdk/qual'
import type { Scan } from '@millrace/plugin-sdk/table'
import type { ExpectedError } from '../aws-call.js'
import type { AwsConnection } from '../connection.js'
import { defineTable } from '../define-table.js'
import { identityOfScan } from '../identity-columns.js'
import { regionsOfScan } from '../regions.js'
import { columns, type EventColumns } from './cloudtrail-trail-event/columns.js'
import { eventFieldKeys, patternOf } from './cloudtrail-trail-event/event-fields.js'
import { eventPages } from './cloudtrail-trail-event/event-pages.js'
import { isStreamName, type LogGroup, logGroupOf } from './cloudtrail-trail-event/log-group.js'
import { type EventRow, rowReader } from './cloudtrail-trail-event/row-reader.js'
import { timeBoundsOf } from './cloudtrail-trail-event/time-bounds.js'

type EventScan = Scan<AwsConnection, EventColumns>

export const cloudtrailTrailEvent = defineTable({
  name: 'aws_cloudtrail_trail_event',
  description:
    'Events that a trail of CloudTrail delivers to a CloudWatch log group. Conditions on timestamp and on the ' +
    "event's fields narrow what is fetched; without a condition on timestamp the whole log group is searched.",
  columns,
  keys: {
    log_group_name: { operators: ['='], require: 'required', valuesPerCall: 1 },
    filter: { operators: ['='], valuesPerCall: 1 },
    log_stream_name: { operators: ['='], valuesPerCall: 100, inherent: true },
    timestamp: { operators: ['=', '>', '>=', '<', '<='], inherent: true },
    timestamp_ms: { operators: ['=', '>', '>=', '<', '<='], inherent: true },
    ...eventFieldKeys,
    region: { operators: ['='], inherent: true },
    account_id: { operators: ['='], inherent: true },
  },
  async *list(scan) {
    const logGroupName = equalValue(scan.quals.log_group_name)
    if (logGroupName === undefined) throw new ApiError('a log_group_name must be given')
    const input = inputOf(scan)
    if (input === undefined) return
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const logGroup = logGroupOf(logGroupName)
    const regions = await regionsOfGroup(logGroup, scan)
    if (regions.length === 0) return

    const misses = new Map<string, ExpectedError>()
    async function* rowsOf(region: string): AsyncGenerator<readonly EventRow[]> {
      const readRow = rowReader(scan.columns, { ...echo(scan), ...identity, region })
      const request = { ...logGroup.parameter, ...input }
      const onAnswer = (miss: ExpectedError | undefined) => {
        if (miss !== undefined) misses.set(region, miss)
      }
      for await (const events of eventPages(request, region, scan, onAnswer)) {
        yield events.map(readRow)
      }
    }
    yield* merge(regions.map(rowsOf))
    if (misses.size === regions.length) throw noSuchGroup(logGroupName, misses)
  },
  examples: [
    {
      title: 'Where requests came from',
      sql: `select source_ip_address, count(*)
from aws_cloudtrail_trail_event
where log_group_name = 'cloudtrail-cwg-devto'
group by source_ip_address
order by count(*) desc`,
    },
    {
      title: 'Events of a day that changed something',
      sql: `select timestamp, event_source, event_name, user_identifier
from aws_cloudtrail_trail_event
where log_group_name = 'cloudtrail-cwg-devto'
  and timestamp >= timestamptz '2022-07-06 00:00+00' and timestamp < timestamptz '2022-07-07 00:00+00'
  and not read_only`,
    },
    {
      title: 'Requests that were refused',
      sql: `select timestamp, event_name, error_code, error_message, source_ip_address
from aws_cloudtrail_trail_event
where log_group_name = 'cloudtrail-cwg-devto' and error_code in ('AccessDenied', 'UnauthorizedOperation')`,
    },
    {
      title: 'Sign-ins to the console, by a filter pattern',
      sql: `select timestamp, username, source_ip_address, additional_event_data ->> 'MFAUsed' as mfa
from aws_cloudtrail_trail_event
where log_group_name = 'cloudtrail-cwg-devto' and filter = '{ $.eventName = "ConsoleLogin" }'`,
    },
    {
      title: 'Events of every trail that has a log group',
      sql: `select t.name, e.event_source, count(*)
from aws_cloudtrail_trail t
join aws_cloudtrail_trail_event e on e.log_group_name = t.log_group_arn
where t.region = t.home_region
group by t.name, e.event_source`,
    },
  ],
})

/** What is asked on every page of every region; undefined when no event can fulfil the conditions. */
function inputOf(scan: EventScan) {
  const bounds = timeBoundsOf(scan.quals)
  if (bounds === undefined) return undefined
  const streams = equalValues(scan.quals.log_stream_name)
  const logStreamNames = streams?.filter(isStreamName)
  if (logStreamNames?.length === 0) return undefined
  // A pattern of the user's own is sent as it stands; whatever else is asked of the event, PostgreSQL checks.
  const filterPattern = equalValue(scan.quals.filter) || patternOf(scan.quals)
  return { ...bounds, logStreamNames, filterPattern }
}

/** An ARN says where its group is, be that region among the connection's or not. */
async function regionsOfGroup(logGroup: LogGroup, scan: EventScan): Promise<readonly string[]> {
  if (logGroup.region === undefined) return regionsOfScan(scan, scan.quals.region)
  const wanted = equalValues(scan.quals.region)
  return wanted === undefined || wanted.includes(logGroup.region) ? [logGroup.region] : []
}

function echo(scan: EventScan): Pick<EventRow, 'filter' | 'log_group_name'> {
  return { filter: equalValue(scan.quals.filter), log_group_name: equalValue(scan.quals.log_group_name) }
}

function noSuchGroup(name: string, misses: ReadonlyMap<string, ExpectedError>): ApiError {
  const regions = [...misses.keys()].join(', ')
  const said = [...misses.values()][0]
  return new ApiError(`FilterLogEvents: there is no log group "${name}" in ${regions}`, {
    ...(said === undefined ? {} : { detail: `${said.code}: ${said.message}` }),
    hint:
      'Check the name; the column log_group_arn of aws_cloudtrail_trail tells where trails deliver. A log group ' +
      "belongs to one region: if that is another, add it to the connection's setting regions.",
  })
}
