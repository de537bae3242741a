/**
 * Records of CloudTrail as columns.
 *
 * Only the columns that the query names are read. Fields of another type than their column's give NULL, so that filter
 * patterns and rows cannot disagree about what a field equals.
 */
import { type JsonText, rawJsonText } from '@millrace/plugin-sdk'
import { isoTimeOrNull } from '../columns/iso-time.js'
import { jsonOrNull, mayOverflow, parseExactly, parsePlainly } from '../columns/json-value.js'
import type { RecordColumn } from './record-columns.js'

type JsonObject = Readonly<Record<string, unknown>>

type FieldReader = (record: JsonObject) => unknown

const fieldReaders: Partial<Record<RecordColumn, FieldReader>> = {
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
const exactColumns: readonly RecordColumn[] = [
  'additional_event_data',
  'request_parameters',
  'response_elements',
  'resources',
  'tls_details',
  'user_identity',
]

/**
 * Reads a record's columns into a row.
 * @returns the record; undefined for what is not JSON
 */
export type RecordReader = (text: string, row: Record<string, unknown>) => unknown

/**
 * Makes the function that reads records; whatever depends on the columns is decided here, once.
 * @returns undefined where no column shows anything of a record
 */
export function recordReader(columns: ReadonlySet<string>): RecordReader | undefined {
  const fields = Object.entries(fieldReaders).flatMap(([column, read]) =>
    columns.has(column) ? [{ column, read }] : [],
  )
  const wantsWhole = columns.has('cloudtrail_event')
  if (!wantsWhole && fields.length === 0) return undefined
  const parse = exactColumns.some((column) => columns.has(column)) ? parseExactly : parsePlainly
  return (text, row) => {
    const json = parse(text)
    if (wantsWhole && json !== undefined) row.cloudtrail_event = wholeRecord(text)
    if (isObject(json)) for (const { column, read } of fields) row[column] = read(json)
    return json
  }
}

/** A row with all its columns: the same values in each, NULL for what is still to be read. */
export function blankRow(
  columns: ReadonlySet<string>,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const known = Object.entries(values).filter(([column]) => columns.has(column))
  return { ...Object.fromEntries([...columns].map((column) => [column, null])), ...Object.fromEntries(known) }
}

function wholeRecord(text: string): JsonText | null {
  return mayOverflow.test(text) ? jsonOrNull(parseExactly(text)) : rawJsonText(text)
}

function userIdentifier(record: JsonObject): string | null {
  const identity = objectAt(record, 'userIdentity')
  const issuer = objectAt(objectAt(identity, 'sessionContext'), 'sessionIssuer')
  return textOrNull(identity.arn) ?? textOrNull(issuer.arn) ?? textOrNull(issuer.principalId)
}

function textAt(field: string): FieldReader {
  return (record) => textOrNull(record[field])
}

function jsonAt(field: string): FieldReader {
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

/** Whether JSON is an object, as every record is. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
