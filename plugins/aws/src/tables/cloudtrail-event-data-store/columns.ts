/** Columns of aws_cloudtrail_event_data_store. */
import { bigint, boolean, jsonb, text, timestamptz } from '@millrace/plugin-sdk/column'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  name: text('The name of the event data store.'),
  arn: text('The ARN of the event data store.'),
  status: text('The state of the event data store, such as ENABLED or PENDING_DELETION.'),
  billing_mode: text('How the event data store is paid for.'),
  federation_role_arn: text('The ARN of the role with which Lake query federation reads the events.'),
  federation_status: text('Whether Lake query federation is on.'),
  kms_key_id: text('The ARN of the KMS key that encrypts the events.'),
  created_timestamp: timestamptz('When the event data store was made.'),
  multi_region_enabled: boolean('Whether the event data store records events of all regions.'),
  organization_enabled: boolean(
    'Whether the event data store records events of all accounts of an organization.',
  ),
  retention_period: bigint('For how many days events are kept.'),
  termination_protection_enabled: boolean('Whether the event data store is protected from deletion.'),
  updated_timestamp: timestamptz('When the event data store was last changed.'),
  advanced_event_selectors: jsonb('Which events are recorded, by fields.'),
  akas: jsonb('Globally unique names of the event data store: a list of its ARN.'),
  title: text('A title for the event data store: its name.'),
  ...identityColumns,
}

export type EventDataStoreColumns = typeof columns
