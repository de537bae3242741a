/** Columns of aws_cloudtrail_s3_event. */
import { date, text, timestamptz } from '@millrace/plugin-sdk'
import { recordColumns } from '../../cloudtrail-records/record-columns.js'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  bucket: text(
    'The bucket that holds the log files. Required, unless trail_arn, trail_name or object_arn is given.',
  ),
  trail_arn: text(
    'The trail that delivers the log files, by its ARN, as asked for: it says where its bucket is.',
  ),
  trail_name: text('The same by its name, in the regions of the connection.'),
  prefix: text("What the log files' names begin with, before AWSLogs; empty for nothing."),
  object_key: text('The name of the log file within its bucket.'),
  object_arn: text('The ARN of the log file.'),
  organization_id: text('The organization whose trail delivered the event; NULL for a trail of one account.'),
  log_account_id: text('The account whose folder holds the log file.'),
  log_region: text('The region whose folder holds the log file.'),
  log_date: date('The day, in UTC, of the folder that holds the log file: when it was delivered.'),
  delivered_at: timestamptz('When the log file was delivered, to the minute, as its name says.'),
  ...recordColumns,
  ...identityColumns,
  region: text('The region of the bucket.'),
}

export type S3EventColumns = typeof columns
