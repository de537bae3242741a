/** Columns of aws_cloudtrail_query. */
import { bigint, text, timestamptz } from '@millrace/plugin-sdk/column'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  query_id: text('The identifier of the query.'),
  event_data_store_arn: text('The ARN of the event data store that was asked.'),
  creation_time: timestamptz('When the query was begun.'),
  delivery_s3_uri: text('Where in S3 the results were put.'),
  delivery_status: text('Whether the results could be put there.'),
  error_message: text('What went wrong.'),
  query_status: text('How far the query is, such as RUNNING, FINISHED or FAILED.'),
  bytes_scanned: bigint('How many bytes were looked through, which is what a query costs.'),
  events_matched: bigint('How many events the query found.'),
  events_scanned: bigint('How many events were looked through.'),
  execution_time_in_millis: bigint('How long the query took, in milliseconds.'),
  query_string: text('The SQL of the query.'),
  title: text('A title for the query: its identifier.'),
  ...identityColumns,
}

export type QueryColumns = typeof columns
