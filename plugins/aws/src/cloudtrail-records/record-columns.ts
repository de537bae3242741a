/** Columns of what a record of CloudTrail says, wherever it was delivered. */
import { boolean, jsonb, text, timestamptz } from '@millrace/plugin-sdk'

export const recordColumns = {
  access_key_id: text('The access key that signed the request.'),
  aws_region: text('The region that the request was made to.'),
  error_code: text('The error that the service answered with, if any.'),
  error_message: text('The words of that error.'),
  event_category: text('The category of the event: Management, Data or Insight.'),
  event_id: text('The identifier of the event.'),
  event_name: text("The requested action, by the API's name for it."),
  event_source: text('The service that the request was made to, such as s3.amazonaws.com.'),
  event_time: timestamptz('When the request was completed, as the event itself says.'),
  event_type: text('What kind of thing caused the event, such as AwsApiCall or AwsConsoleSignIn.'),
  event_version: text("The version of the event's format."),
  read_only: boolean('Whether the action only reads.'),
  recipient_account_id: text('The account that received the event.'),
  request_id: text('The identifier that the service gave to the request.'),
  shared_event_id: text(
    'The identifier that events of one action have in common where several accounts get one.',
  ),
  source_ip_address: text(
    'The IP address that the request came from, or the name of the AWS service that made it.',
  ),
  user_agent: text('The program that made the request.'),
  user_type: text('What kind of identity made the request, such as IAMUser, AssumedRole or Root.'),
  username: text('The name of the identity that made the request.'),
  user_identifier: text(
    'The ARN of the identity that made the request; else the ARN, or the principal, of the role that issued its session.',
  ),
  vpc_endpoint_id: text('The VPC endpoint that the request came through.'),
  additional_event_data: jsonb('What the event tells beside request and response.'),
  cloudtrail_event: jsonb('The whole event as it was logged; NULL where the message is not JSON.'),
  request_parameters: jsonb('The parameters of the request.'),
  response_elements: jsonb('The response to an action that changes something.'),
  resources: jsonb('The resources that the event accessed.'),
  tls_details: jsonb('TLS version, cipher suite and host name of the request.'),
  user_identity: jsonb('All that the event tells of the identity that made the request.'),
}

export type RecordColumns = typeof recordColumns
export type RecordColumn = keyof RecordColumns
