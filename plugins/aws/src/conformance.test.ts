/** Whether the tables are as they say, against the sandbox. */
import { testConformance } from '@millrace/plugin-sdk/conformance'
import { articleAccountId, deniedCredentials, sandboxCredentials } from '@millrace/sandbox/credentials'
import { articleEvents } from '@millrace/sandbox/data/article-events'
import { articleDelivery } from '@millrace/sandbox/data/article-trail'
import { logFile, logFileDetails, logFileKey } from '@millrace/sandbox/data/trail-objects'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, describe, test } from 'vitest'
import plugin from './plugin.js'
import { awsConfig } from './settings/config.js'
import { deniedEnvironment } from './testing/aws-harness.js'

let sandbox: Sandbox
/** The trail's bucket, here with a single log file: every check reads all that there is. */
const trailBucket = 'aws-cloudtrail-logs-810361751552-devto'

beforeAll(async () => {
  sandbox = await startSandbox()
  const own = sandbox.buckets.add({ name: trailBucket, region: 'us-east-1', ownerId: articleAccountId })
  const place = { accountId: articleAccountId, region: 'us-east-1' }
  const records = articleEvents(articleAccountId).map(({ message }) => message)
  own.put(logFileKey(place, articleDelivery, 'u'.repeat(16)), logFile(records), {
    lastModified: 0,
    ...logFileDetails,
  })
})
afterAll(() => sandbox.stop())

const settings = {
  regions: ['us-east-1', 'us-west-2'],
  max_error_retry_attempts: 1,
  // Its events are of several hours.
  delivery_delay: 86_400,
}
const connect = (environment: Readonly<Record<string, string>> = {}) =>
  plugin.connect(awsConfig.parse(settings), {
    connectionName: 'aws',
    environment: { ...sandbox.environment, ...environment },
  })
const notInSandbox = 'the sandbox has none'
const repeated = 'repeats what was asked for'
const logGroup = 'cloudtrail-cwg-devto'

testConformance(
  { describe, test },
  {
    plugin,
    connect,
    failing: {
      'wrong key': () => connect(deniedEnvironment),
      'nobody there': () => connect({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }),
    },
    secrets: [sandboxCredentials.secretAccessKey, deniedCredentials.secretAccessKey],
    commonCalls: ['GetCallerIdentity', 'DescribeRegions'],
    async smallPages(scan) {
      const { maxEvents } = sandbox.paging
      sandbox.paging.maxEvents = 7
      try {
        return await scan()
      } finally {
        sandbox.paging.maxEvents = maxEvents
      }
    },
    tables: {
      aws_cloudtrail_event_data_store: { unseen: { federation_role_arn: notInSandbox } },
      aws_cloudtrail_lookup_event: {
        values: {
          start_time: [BigInt(Date.UTC(2022, 0, 1)) * 1000n],
          end_time: [BigInt(Date.UTC(2030, 0, 1)) * 1000n],
          resource_name: ['arn:aws:s3:::devto-public-assets'],
          resource_type: ['AWS::S3::Bucket'],
        },
        unseen: { 'start_time, end_time, resource_name, resource_type': repeated },
      },
      aws_cloudtrail_s3_event: {
        ask: { bucket: [trailBucket] },
        values: {
          trail_arn: ['arn:aws:cloudtrail:us-east-1:810361751552:trail/cloudtrail-for-devto'],
          trail_name: ['cloudtrail-for-devto'],
        },
        unseen: { organization_id: notInSandbox, 'trail_arn, trail_name': repeated },
      },
      aws_cloudtrail_trail: {
        unseen: {
          'kms_key_id, s3_key_prefix, sns_topic_arn, latest_cloudwatch_logs_delivery_error, latest_delivery_error, latest_digest_delivery_error, latest_notification_error, latest_notification_time, stop_logging_time, advanced_event_selectors, insight_selectors':
            notInSandbox,
        },
      },
      aws_cloudtrail_trail_event: {
        ask: { log_group_name: [logGroup] },
        values: { filter: ['{ $.eventName = "*" }'] },
        unseen: { filter: repeated },
      },
      aws_cloudwatch_log_event: {
        ask: { log_group_name: [logGroup] },
        values: { filter: ['{ $.eventName = "*" }'] },
        unseen: { filter: repeated },
      },
      aws_cloudwatch_log_group: { unseen: { inherited_properties: notInSandbox } },
      aws_cloudwatch_log_stream: {
        ask: { log_group_name: [logGroup] },
        values: { log_stream_name_prefix: ['810361751552'] },
        unseen: { log_stream_name_prefix: repeated },
      },
      aws_ec2_network_interface: {
        unseen: { 'association_carrier_ip, association_customer_owned_ip': notInSandbox },
      },
      aws_s3_object: {
        ask: { bucket_name: [trailBucket] },
        values: { prefix: ['AWSLogs/'], start_after: ['AWSLogs/'], delimiter: ['/'] },
        unseen: {
          'common_prefix, prefix, start_after, delimiter': repeated,
          'version_id, bucket_key_enabled, cache_control, checksum_crc32, checksum_crc32c, checksum_sha1, checksum_sha256, content_disposition, content_language, content_range, delete_marker, expiration, expires, object_lock_legal_hold_status, object_lock_mode, object_lock_retain_until_date, replication_status, request_charged, restore, sse_kms_key_id, tag_count, website_redirection_location':
            notInSandbox,
        },
      },
      aws_vpc_flow_log_event: {
        ask: { log_group_name: ['vpc-flow-logs'] },
        values: { filter: ['[version = 2, ...]'] },
        unseen: { filter: repeated },
      },
      aws_vpc_eip: { unseen: { 'carrier_ip, customer_owned_ip, customer_owned_ipv4_pool': notInSandbox } },
    },
  },
)
