/** Columns of aws_cloudwatch_log_event. */
import { jsonb, text, timestamptz } from '@millrace/plugin-sdk/column'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
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

export type LogEventColumns = typeof columns
