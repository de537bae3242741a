/**
 * aws_cloudwatch_log_event: the messages of any CloudWatch log group, by FilterLogEvents.
 */
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import { jsonb, type Row, text, timestamptz } from '@millrace/plugin-sdk'
import { dateOrNull } from '../columns/epoch-time.js'
import { identityColumns } from '../columns/identity-columns.js'
import { jsonOfText } from '../columns/json-value.js'
import { defineTable } from '../connection/define-table.js'
import { logEventKeys, logEventRows, type RegionValues, timeOrder } from '../log-events/group-events.js'
import { callsOf } from '../services/aws-service.js'
import { cloudWatchLogs } from '../services/cloudwatch-logs.js'

const columns = {
  log_group_name: text('The log group to read, by its name or its ARN. Required.'),
  log_stream_name: text('The log stream that holds the event.'),
  event_id: text('The identifier of the event.'),
  timestamp: timestamptz('When the event took place, as its sender said.'),
  ingestion_time: timestamptz('When CloudWatch Logs took the event in.'),
  filter: text('A CloudWatch Logs filter pattern for the messages; give it as filter = \'"some words"\'.'),
  message: text('The message, without white space at its ends.'),
  message_json: jsonb('The message, where it is JSON; else NULL.'),
  ...identityColumns,
}

type LogEventColumns = typeof columns

type LogEventRow = Row<LogEventColumns>

export const cloudwatchLogEvent = defineTable({
  name: 'aws_cloudwatch_log_event',
  description:
    'Events of a CloudWatch log group, whatever their messages are. Conditions on timestamp, log_stream_name ' +
    'and filter narrow what is fetched; without one the whole log group is searched.',
  columns,
  calls: callsOf(cloudWatchLogs, 'FilterLogEvents'),
  keys: logEventKeys,
  orders: { timestamp: timeOrder },
  async *list(scan) {
    const wantsJson = scan.columns.has('message_json')
    yield* logEventRows(scan, columns, undefined, (values) => (event) => rowOf(event, values, wantsJson))
  },
  examples: [
    {
      title: 'The latest messages',
      sql: `select timestamp, log_stream_name, message
from aws_cloudwatch_log_event
where log_group_name = 'cloudtrail-cwg-devto'
order by timestamp desc
limit 20`,
    },
    {
      title: 'The messages of an hour',
      sql: `select timestamp, message
from aws_cloudwatch_log_event
where log_group_name = 'cloudtrail-cwg-devto'
  and timestamp >= timestamptz '2022-07-06 20:00+00' and timestamp < timestamptz '2022-07-06 21:00+00'
order by timestamp`,
    },
    {
      title: 'Messages with some words in them',
      sql: `select timestamp, message
from aws_cloudwatch_log_event
where log_group_name = 'cloudtrail-cwg-devto' and filter = '"Access Denied"'`,
    },
    {
      title: 'Fields of messages that are JSON, by a filter pattern',
      sql: `select timestamp, message_json ->> 'eventName' as event, message_json -> 'userIdentity' ->> 'type' as who
from aws_cloudwatch_log_event
where log_group_name = 'cloudtrail-cwg-devto' and filter = '{ $.errorCode = "*" }'`,
    },
    {
      title: 'How long messages take to arrive, by log stream',
      sql: `select log_stream_name, count(*), avg(ingestion_time - timestamp)
from aws_cloudwatch_log_event
where log_group_name = 'cloudtrail-cwg-devto'
group by log_stream_name`,
    },
  ],
})

/** @param values what is the same in all rows of a region */
function rowOf(event: FilteredLogEvent, values: RegionValues, wantsJson: boolean): LogEventRow {
  return {
    ...values,
    log_stream_name: event.logStreamName,
    event_id: event.eventId,
    timestamp: dateOrNull(event.timestamp),
    ingestion_time: dateOrNull(event.ingestionTime),
    message: event.message?.trim(),
    message_json: wantsJson ? jsonOfText(event.message) : null,
  }
}
