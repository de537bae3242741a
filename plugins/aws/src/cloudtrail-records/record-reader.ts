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

/** How a column shows a field of the record, and which one. */
interface FieldReader {
  readonly field: string
  read(value: unknown): unknown
}

const fieldReaders: Partial<Record<RecordColumn, FieldReader>> = {
  access_key_id: ofIdentity((identity) => textOrNull(identity.accessKeyId)),
  aws_region: text('awsRegion'),
  error_code: text('errorCode'),
  error_message: text('errorMessage'),
  event_category: text('eventCategory'),
  event_id: text('eventID'),
  event_name: text('eventName'),
  event_source: text('eventSource'),
  event_time: { field: 'eventTime', read: isoTimeOrNull },
  event_type: text('eventType'),
  event_version: text('eventVersion'),
  read_only: { field: 'readOnly', read: (value) => (typeof value === 'boolean' ? value : null) },
  recipient_account_id: text('recipientAccountId'),
  request_id: text('requestID'),
  shared_event_id: text('sharedEventID'),
  source_ip_address: text('sourceIPAddress'),
  user_agent: text('userAgent'),
  user_type: ofIdentity((identity) => textOrNull(identity.type)),
  username: ofIdentity((identity) => textOrNull(identity.userName)),
  user_identifier: ofIdentity(userIdentifier),
  vpc_endpoint_id: text('vpcEndpointId'),
  additional_event_data: json('additionalEventData'),
  request_parameters: json('requestParameters'),
  response_elements: json('responseElements'),
  resources: json('resources'),
  tls_details: json('tlsDetails'),
  user_identity: json('userIdentity'),
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

/** Reads a record's columns into rows. */
export interface RecordReader {
  /** @returns the record; undefined for what is not JSON */
  readText(text: string, row: Record<string, unknown>): unknown
  /** Reads a record that has been parsed, of which the fields that are read are enough. */
  readFields(record: JsonObject, row: Record<string, unknown>): void
  /** The fields that are read; undefined where more is read than JSON.parse gives of them. */
  readonly fields: readonly string[] | undefined
}

/**
 * Makes the reader of records; whatever depends on the columns is decided here, once.
 * @returns undefined where no column shows anything of a record
 */
export function recordReader(columns: ReadonlySet<string>): RecordReader | undefined {
  const readers = Object.entries(fieldReaders).flatMap(([column, { field, read }]) =>
    columns.has(column) ? [{ column, field, read }] : [],
  )
  const wantsWhole = columns.has('cloudtrail_event')
  if (!wantsWhole && readers.length === 0) return undefined
  const isExact = exactColumns.some((column) => columns.has(column))
  const parse = isExact ? parseExactly : parsePlainly
  const readFields = (record: JsonObject, row: Record<string, unknown>) => {
    for (const { column, field, read } of readers) row[column] = read(record[field])
  }
  return {
    readText(text, row) {
      const record = parse(text)
      if (wantsWhole && record !== undefined) row.cloudtrail_event = wholeRecord(text)
      if (isObject(record)) readFields(record, row)
      return record
    },
    readFields,
    fields: isExact || wantsWhole ? undefined : [...new Set(readers.map(({ field }) => field))],
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

function userIdentifier(identity: JsonObject): string | null {
  const issuer = objectOf(objectOf(identity.sessionContext).sessionIssuer)
  return textOrNull(identity.arn) ?? textOrNull(issuer.arn) ?? textOrNull(issuer.principalId)
}

function text(field: string): FieldReader {
  return { field, read: textOrNull }
}

function json(field: string): FieldReader {
  return { field, read: jsonOrNull }
}

function ofIdentity(read: (identity: JsonObject) => unknown): FieldReader {
  return { field: 'userIdentity', read: (value) => read(objectOf(value)) }
}

const emptyObject: JsonObject = {}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : emptyObject
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** Whether JSON is an object, as every record is. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
