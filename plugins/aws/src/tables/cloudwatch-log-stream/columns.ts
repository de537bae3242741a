/** Columns of aws_cloudwatch_log_stream. */
import { boolean, jsonb, text, timestamptz } from '@millrace/plugin-sdk'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  name: text('The name of the log stream.'),
  arn: text('The ARN of the log stream.'),
  log_group_name: text('The log group that the stream is in; in a condition, its name or its ARN.'),
  log_stream_name_prefix: text(
    "What names begin with; give it as log_stream_name_prefix = '...'. name LIKE '...%' does the same.",
  ),
  descending: boolean(
    'Whether to ask for the last streams of the order first; false unless a query says it.',
  ),
  order_by: text(
    'The order to ask in, LogStreamName or LastEventTime; the former unless a query says it. It counts where ' +
      'only a part of the streams is fetched.',
  ),
  creation_time: timestamptz('When the log stream was made.'),
  first_event_timestamp: timestamptz("The time of the stream's first event."),
  last_event_timestamp: timestamptz("The time of the stream's last event; may be an hour behind."),
  last_ingestion_time: timestamptz('When an event was last taken in; may be an hour behind.'),
  upload_sequence_token: text('A token that senders of events once needed.'),
  title: text('A title for the log stream: its name.'),
  akas: jsonb('Globally unique names of the log stream: a list of its ARN.'),
  ...identityColumns,
}

export type LogStreamColumns = typeof columns
