/** Columns of aws_cloudtrail_channel. */
import { boolean, jsonb, text } from '@millrace/plugin-sdk/column'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  name: text('The name of the channel.'),
  arn: text('The ARN of the channel.'),
  apply_to_all_regions: boolean('Whether the channel takes events of all regions.'),
  source: text("Where the channel's events come from: Custom, the name of a partner, or an AWS service."),
  advanced_event_selectors: jsonb('Which events the channel takes, by fields.'),
  ingestion_status: jsonb('When events were last taken in, and what went wrong last.'),
  destinations: jsonb('Where the channel delivers events: a list of objects with Type and Location.'),
  source_config: jsonb('All settings of the source.'),
  akas: jsonb('Globally unique names of the channel: a list of its ARN.'),
  title: text('A title for the channel: its name.'),
  ...identityColumns,
}

export type ChannelColumns = typeof columns
