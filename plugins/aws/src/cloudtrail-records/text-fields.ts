/** Fields of records that are texts, by the columns that show them. They are those of the AWS page "CloudTrail record contents". */
import type { RecordColumn } from './record-columns.js'

/** The text columns; those whose values are in the fewest events come first. */
export const textFields = {
  event_id: 'eventID',
  request_id: 'requestID',
  shared_event_id: 'sharedEventID',
  access_key_id: 'userIdentity.accessKeyId',
  source_ip_address: 'sourceIPAddress',
  username: 'userIdentity.userName',
  vpc_endpoint_id: 'vpcEndpointId',
  error_message: 'errorMessage',
  error_code: 'errorCode',
  event_name: 'eventName',
  user_agent: 'userAgent',
  event_source: 'eventSource',
  event_type: 'eventType',
  user_type: 'userIdentity.type',
  event_category: 'eventCategory',
  aws_region: 'awsRegion',
} as const satisfies Partial<Record<RecordColumn, string>>
