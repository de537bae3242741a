/** Columns of aws_cloudtrail_trail_event. */
import { bigint, text, timestamptz } from '@millrace/plugin-sdk'
import { recordColumns } from '../../cloudtrail-records/record-columns.js'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  filter: text(
    'A CloudWatch Logs filter pattern for the messages; give it as filter = \'{ $.eventName = "..." }\'. ' +
      'Conditions on other columns are then checked only after the events have come.',
  ),
  log_group_name: text('The log group to read, by its name or its ARN. Required.'),
  log_stream_name: text('The log stream that holds the event.'),
  timestamp: timestamptz('When the event took place, as its log stream has it.'),
  timestamp_ms: bigint('When the event took place, in milliseconds since 1970 began in UTC.'),
  ...recordColumns,
  ...identityColumns,
}

export type EventColumns = typeof columns
export type EventColumn = keyof EventColumns
