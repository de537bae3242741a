/** Columns of aws_cloudtrail_trail. */
import { boolean, jsonb, text, timestamptz } from '@millrace/plugin-sdk'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
  name: text('The name of the trail.'),
  arn: text('The ARN of the trail.'),
  home_region: text('The region in which the trail was made.'),
  is_multi_region_trail: boolean('Whether the trail records events of all regions.'),
  log_file_validation_enabled: boolean(
    'Whether digests of the log files are kept, so that changes can be detected.',
  ),
  is_logging: boolean('Whether the trail is recording now.'),
  log_group_arn: text('The ARN of the CloudWatch log group that the trail delivers events to.'),
  cloudwatch_logs_role_arn: text('The ARN of the role with which events are delivered to the log group.'),
  has_custom_event_selectors: boolean('Whether the trail has event selectors of its own.'),
  has_insight_selectors: boolean('Whether the trail has insight selectors.'),
  include_global_service_events: boolean('Whether events of global services, such as IAM, are recorded.'),
  is_organization_trail: boolean('Whether the trail records all accounts of an organization.'),
  kms_key_id: text('The ARN of the KMS key that encrypts the log files.'),
  s3_bucket_name: text('The S3 bucket that the log files are put into.'),
  s3_key_prefix: text("What the log files' names in the bucket begin with."),
  sns_topic_arn: text('The ARN of the SNS topic that is told of each log file.'),
  latest_cloudwatch_logs_delivery_error: text(
    'What went wrong at the last attempt to deliver to CloudWatch Logs.',
  ),
  latest_cloudwatch_logs_delivery_time: timestamptz('When events were last delivered to CloudWatch Logs.'),
  latest_delivery_error: text('What went wrong at the last attempt to put a log file into the bucket.'),
  latest_delivery_time: timestamptz('When a log file was last put into the bucket.'),
  latest_digest_delivery_error: text(
    'What went wrong at the last attempt to put a digest file into the bucket.',
  ),
  latest_digest_delivery_time: timestamptz('When a digest file was last put into the bucket.'),
  latest_notification_error: text('What went wrong at the last attempt to tell the SNS topic.'),
  latest_notification_time: timestamptz('When the SNS topic was last told of a log file.'),
  start_logging_time: timestamptz('When recording was last started.'),
  stop_logging_time: timestamptz('When recording was last stopped.'),
  advanced_event_selectors: jsonb('Advanced event selectors: which events are recorded, by fields.'),
  event_selectors: jsonb('Event selectors: which management and data events are recorded.'),
  insight_selectors: jsonb('Kinds of insight events that the trail records; NULL where Insights is off.'),
  tags_src: jsonb("The trail's tags as a list of objects with Key and Value."),
  tags: jsonb("The trail's tags as one object; {} where it has none."),
  akas: jsonb('Globally unique names of the trail: a list of its ARN.'),
  title: text('A title for the trail: its name.'),
  ...identityColumns,
}

export type TrailColumns = typeof columns
