/**
 * Log events as rows.
 *
 * A message is parsed only when a column shows something of it, and only the columns that the query names are read.
 * Fields of another type than their column's give NULL, so that filter patterns and rows cannot disagree about what a
 * field equals.
 */
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import { type JsonText, type Row, rawJsonText } from '@millrace/plugin-sdk'
import { isoTimeOrNull } from '../../columns/iso-time.js'
import { jsonOrNull, mayOverflow, parseExactly, parsePlainly } from '../../columns/json-value.js'
import type { EventColumn, EventColumns } from './columns.js'

export type EventRow = Row<EventColumns>

/** Columns that are the same in all rows of a region. */
export type RegionValues = Pick<EventRow, 'filter' | 'log_group_name' | 'partition' | 'region' | 'account_id'>

type JsonObject = Readonly<Record<string, unknown>>

type EventReader = (event: FilteredLogEvent) => unknown
type RecordReader = (record: JsonObject) => unknown

const eventReaders: Partial<Record<EventColumn, EventReader>> = {
  log_stream_name: (event) => event.logStreamName,
  timestamp: (event) => (event.timestamp === undefined ? null : new Date(event.timestamp)),
  timestamp_ms: (event) => event.timestamp,
}

const recordReaders: Partial<Record<EventColumn, RecordReader>> = {
  access_key_id: (record) => textOrNull(objectAt(record, 'userIdentity').accessKeyId),
  aws_region: textAt('awsRegion'),
  error_code: textAt('errorCode'),
  error_message: textAt('errorMessage'),
  event_category: textAt('eventCategory'),
  event_id: textAt('eventID'),
  event_name: textAt('eventName'),
  event_source: textAt('eventSource'),
  event_time: (record) => isoTimeOrNull(record.eventTime),
  event_type: textAt('eventType'),
  event_version: textAt('eventVersion'),
  read_only: (record) => (typeof record.readOnly === 'boolean' ? record.readOnly : null),
  recipient_account_id: textAt('recipientAccountId'),
  request_id: textAt('requestID'),
  shared_event_id: textAt('sharedEventID'),
  source_ip_address: textAt('sourceIPAddress'),
  user_agent: textAt('userAgent'),
  user_type: (record) => textOrNull(objectAt(record, 'userIdentity').type),
  username: (record) => textOrNull(objectAt(record, 'userIdentity').userName),
  user_identifier: userIdentifier,
  vpc_endpoint_id: textAt('vpcEndpointId'),
  additional_event_data: jsonAt('additionalEventData'),
  request_parameters: jsonAt('requestParameters'),
  response_elements: jsonAt('responseElements'),
  resources: jsonAt('resources'),
  tls_details: jsonAt('tlsDetails'),
  user_identity: jsonAt('userIdentity'),
}

/** Columns in which numbers must keep all their digits. */
const exactColumns: readonly EventColumn[] = [
  'additional_event_data',
  'request_parameters',
  'response_elements',
  'resources',
  'tls_details',
  'user_identity',
]

/**
 * Makes the function that turns a region's events into rows; whatever depends on the columns and the region is
 * decided here, once.
 */
export function rowReader(
  columns: ReadonlySet<string>,
  values: RegionValues,
): (event: FilteredLogEvent) => EventRow {
  const ofEvent = wanted(eventReaders, columns)
  const ofRecord = wanted(recordReaders, columns)
  const wantsMessage = columns.has('cloudtrail_event')
  const wantsJson = wantsMessage || ofRecord.length > 0
  const parse = exactColumns.some((column) => columns.has(column)) ? parseExactly : parsePlainly
  const blank = blankRow(columns, values)
  return (event) => {
    // Copying a row that has all its columns is several times as fast as adding them one by one.
    const row = { ...blank }
    for (const { column, read } of ofEvent) row[column] = read(event)
    if (wantsJson) {
      const message = event.message ?? ''
      const json = parse(message)
      if (wantsMessage && json !== undefined) row.cloudtrail_event = messageJson(message)
      if (isObject(json)) for (const { column, read } of ofRecord) row[column] = read(json)
    }
    // The readers give each column its type, which a table of them by name cannot express.
    return row as EventRow
  }
}

function blankRow(columns: ReadonlySet<string>, values: RegionValues): Record<string, unknown> {
  const known = Object.entries(values).filter(([column]) => columns.has(column))
  return { ...Object.fromEntries([...columns].map((column) => [column, null])), ...Object.fromEntries(known) }
}

function wanted<Reader>(readers: Partial<Record<EventColumn, Reader>>, columns: ReadonlySet<string>) {
  return Object.entries<Reader | undefined>(readers).flatMap(([column, read]) =>
    read !== undefined && columns.has(column) ? [{ column, read }] : [],
  )
}

function messageJson(message: string): JsonText | null {
  return mayOverflow.test(message) ? jsonOrNull(parseExactly(message)) : rawJsonText(message)
}

function userIdentifier(record: JsonObject): string | null {
  const identity = objectAt(record, 'userIdentity')
  const issuer = objectAt(objectAt(identity, 'sessionContext'), 'sessionIssuer')
  return textOrNull(identity.arn) ?? textOrNull(issuer.arn) ?? textOrNull(issuer.principalId)
}

function textAt(field: string): RecordReader {
  return (record) => textOrNull(record[field])
}

function jsonAt(field: string): RecordReader {
  return (record) => jsonOrNull(record[field])
}

const emptyObject: JsonObject = {}

function objectAt(object: JsonObject, field: string): JsonObject {
  const value = object[field]
  return isObject(value) ? value : emptyObject
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
