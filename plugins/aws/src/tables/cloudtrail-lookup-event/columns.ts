/** Columns of aws_cloudtrail_lookup_event. */
import { jsonb, text, timestamptz } from '@millrace/plugin-sdk'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  event_id: text('The identifier of the event.'),
  event_name: text("The requested action, by the API's name for it."),
  event_source: text('The service that the request was made to, such as s3.amazonaws.com.'),
  read_only: text('Whether the action only reads: true or false, as text.'),
  access_key_id: text('The access key that signed the request.'),
  event_time: timestamptz('When the event took place.'),
  end_time: timestamptz(
    'Asks for events until then; give it as end_time = ... . event_time <= ... does the same.',
  ),
  start_time: timestamptz(
    'Asks for events from then on; give it as start_time = ... . event_time >= ... does the same.',
  ),
  resource_name: text('Asks for events of a resource; give it as resource_name = ... .'),
  resource_type: text('Asks for events of resources of a type; give it as resource_type = ... .'),
  username: text('The user, role session or service that made the request.'),
  resources: jsonb('The resources of the event: a list of objects with ResourceType and ResourceName.'),
  cloud_trail_event: jsonb('The whole event as CloudTrail recorded it.'),
  title: text('A title for the event: its name.'),
  ...identityColumns,
}

export type LookupColumns = typeof columns
export type LookupColumn = keyof LookupColumns
