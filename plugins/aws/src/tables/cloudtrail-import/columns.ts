/** Columns of aws_cloudtrail_import. */
import { jsonb, text, timestamptz } from '@millrace/plugin-sdk/column'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  import_id: text('The identifier of the import.'),
  created_timestamp: timestamptz('When the import was made.'),
  import_status: text('How far the import is, such as IN_PROGRESS, COMPLETED or FAILED.'),
  end_event_time: timestamptz('Events until then are imported.'),
  start_event_time: timestamptz('Events from then on are imported.'),
  updated_timestamp: timestamptz('When the import last changed.'),
  destinations: jsonb('The ARNs of the event data stores that events are imported into, as a list.'),
  import_source: jsonb('The S3 bucket that events are imported from.'),
  import_statistics: jsonb('How much was found and imported, and how much failed.'),
  title: text('A title for the import: its identifier.'),
  ...identityColumns,
}

export type ImportColumns = typeof columns
