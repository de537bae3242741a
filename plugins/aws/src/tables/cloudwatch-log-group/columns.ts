/** Columns of aws_cloudwatch_log_group. */
import { bigint, jsonb, text, timestamptz } from '@millrace/plugin-sdk'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  name: text('The name of the log group.'),
  arn: text('The ARN of the log group, with :* at its end, as policies for its streams need it.'),
  log_group_arn: text('The ARN of the log group, without :* at its end.'),
  log_group_class: text('The class of the log group, such as STANDARD or INFREQUENT_ACCESS.'),
  creation_time: timestamptz('When the log group was made.'),
  kms_key_id: text('The ARN of the KMS key that encrypts the events.'),
  metric_filter_count: bigint('How many metric filters the log group has.'),
  retention_in_days: bigint('For how many days events are kept; NULL where they are kept for ever.'),
  stored_bytes: bigint('How many bytes are stored, as counted some time ago.'),
  data_protection_status: text('Whether the log group has, or had, a data protection policy.'),
  inherited_properties: jsonb('Properties that the log group has from its account, as a list.'),
  data_protection: jsonb('The data protection policy and what is told of it.'),
  data_protection_policy: jsonb('The data protection policy itself.'),
  title: text('A title for the log group: its name.'),
  tags: jsonb("The log group's tags as one object; {} where it has none."),
  akas: jsonb('Globally unique names of the log group: a list of its ARN.'),
  ...identityColumns,
}

export type LogGroupColumns = typeof columns
