/**
 * aws_cloudtrail_trail_event: what a trail delivers to a CloudWatch log group, by FilterLogEvents.
 */
import type { Scan } from '@millrace/plugin-sdk'
import { ForeignAnswerError } from '../answers/foreign-answer.js'
import { toApiError } from '../calls/aws-error.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import type { UnreadPage } from '../log-events/event-pages.js'
import {
  logEventKeys,
  logEventRows,
  type RegionValues,
  timeKey,
  timeOrder,
} from '../log-events/group-events.js'
import { callsOf } from '../services/aws-service.js'
import { cloudWatchLogs } from '../services/cloudwatch-logs.js'
import { columns, type EventColumns } from './cloudtrail-trail-event/columns.js'
import { eventPageDecoder } from './cloudtrail-trail-event/decode-page.js'
import { eventFieldKeys, patternOf } from './cloudtrail-trail-event/event-fields.js'
import { type EventRow, rowReader } from './cloudtrail-trail-event/row-reader.js'

export const cloudtrailTrailEvent = defineTable({
  name: 'aws_cloudtrail_trail_event',
  description:
    'Events that a trail of CloudTrail delivers to a CloudWatch log group. Conditions on timestamp and on the ' +
    "event's fields narrow what is fetched; without a condition on timestamp the whole log group is searched.",
  columns,
  calls: callsOf(cloudWatchLogs, 'FilterLogEvents'),
  keys: {
    ...logEventKeys,
    timestamp_ms: timeKey,
    ...eventFieldKeys,
  },
  orders: { timestamp: timeOrder, timestamp_ms: timeOrder },
  async *list(scan) {
    yield* logEventRows(
      scan,
      columns,
      patternOf(scan.quals),
      (values) => rowReader(scan.columns, values),
      (page, values) => decodedPage(scan, page, values),
    )
  },
  examples: [
    {
      title: 'The latest events',
      sql: `select timestamp, event_source, event_name, user_identifier
from aws_cloudtrail_trail_event
where log_group_name = 'cloudtrail-cwg-devto'
order by timestamp desc
limit 20`,
    },
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

async function* decodedPage(
  scan: Scan<AwsConnection, EventColumns>,
  { body, endTime }: UnreadPage,
  values: RegionValues,
): AsyncGenerator<readonly EventRow[]> {
  const options = { columns: [...scan.columns], values, endTime }
  try {
    for await (const { rows } of scan.decode(eventPageDecoder, once(body), options)) yield rows
  } catch (error) {
    throw ForeignAnswerError.is(error) ? toApiError(error, values.region) : error
  }
}

async function* once<Item>(item: Item): AsyncGenerator<Item, void, void> {
  yield item
}
