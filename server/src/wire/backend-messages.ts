/** Messages that PostgreSQL sends. */

import { DatabaseError } from '@millrace/sql-engine/database-error'
import { isInternalSchema } from '@millrace/sql-engine/postgres/names'
import { ByteReader } from './byte-reader.js'
import { ByteWriter } from './byte-writer.js'

export type Severity = 'ERROR' | 'FATAL'

/** Fields of ErrorResponse and NoticeResponse by their codes: chapter "Error and Notice Message Fields". */
export type ErrorFields = ReadonlyMap<string, string>

export function errorResponse(error: DatabaseError, severity: Severity = 'ERROR'): Buffer {
  return fieldsMessage('E', fieldsOf(error, severity))
}

export function noticeResponse(message: string): Buffer {
  const fields = new Map([
    ['S', 'NOTICE'],
    ['V', 'NOTICE'],
    ['C', '00000'],
    ['M', message],
  ])
  return fieldsMessage('N', fields)
}

/** @param tag such as `SELECT 5` */
export function commandComplete(tag: string): Buffer {
  return new ByteWriter().string(tag).message('C')
}

function fieldsOf(error: DatabaseError, severity: Severity): ErrorFields {
  const fields = new Map<string, string>([
    ['S', severity],
    ['V', severity],
    ['C', error.sqlState],
    ['M', error.message],
  ])
  if (error.detail !== undefined) fields.set('D', error.detail)
  if (error.hint !== undefined) fields.set('H', error.hint)
  if (error.position !== undefined) fields.set('P', String(error.position))
  return fields
}

function fieldsMessage(type: 'E' | 'N', fields: ErrorFields): Buffer {
  const writer = new ByteWriter()
  // NUL ends a field, and an API's text may contain one.
  for (const [code, text] of fields)
    writer.bytes(Buffer.from(code, 'latin1')).string(text.replaceAll('\0', ' '))
  return writer.byte(0).message(type)
}

export function readErrorFields(message: Buffer): ErrorFields {
  const reader = new ByteReader(message)
  const fields = new Map<string, string>()
  for (let code = reader.byte(); code !== 0; code = reader.byte()) {
    fields.set(String.fromCharCode(code), reader.string())
  }
  return fields
}

/** The SQLSTATE of an ErrorResponse. */
export function sqlStateOf(message: Buffer): string {
  return readErrorFields(message).get('C') ?? 'XX000'
}

export function toDatabaseError(message: Buffer): DatabaseError {
  const fields = readErrorFields(message)
  const position = fields.get('P')
  return new DatabaseError(fields.get('M') ?? 'unknown error', {
    sqlState: fields.get('C') ?? 'XX000',
    detail: fields.get('D'),
    hint: fields.get('H'),
    position: position === undefined ? undefined : Number(position),
  })
}

/** Maps an error or notice about a rewritten statement to the one that the client sent. */
export function mapError(
  message: Buffer,
  position: (position: number) => number | undefined,
  text: (text: string) => string,
): Buffer {
  const mapped = new Map<string, string>()
  for (const [code, value] of readErrorFields(message)) {
    if (code === 'P') {
      const original = position(Number(value))
      if (original !== undefined) mapped.set(code, String(original))
      // Names in the fields below are those of the scan tables; "s" and "t" are schema and table.
    } else if (code === 's' && isInternalSchema(value)) continue
    else mapped.set(code, 'MDHWtnq'.includes(code) ? text(value) : value)
  }
  return fieldsMessage(message[0] === 0x45 ? 'E' : 'N', mapped)
}

/** Replaces the OIDs of relations in a RowDescription, in place. */
export function replaceRelations(message: Buffer, relations: ReadonlyMap<number, number>): Buffer {
  const reader = new ByteReader(message)
  const count = reader.uint16()
  for (let field = 0; field < count; field++) {
    reader.string()
    const at = reader.offset
    const original = relations.get(reader.uint32())
    if (original !== undefined) message.writeUInt32BE(original, at)
    reader.bytes(fieldLength - 4)
  }
  return message
}

/**
 * Makes a RowDescription describe its fields as another one does, except for their formats: the tables and columns
 * that they come from, and their types. Works in place; changes nothing if the other has another number of fields.
 */
export function replaceFields(message: Buffer, described: Buffer): Buffer {
  const [reader, original] = [new ByteReader(message), new ByteReader(described)]
  const count = reader.uint16()
  if (original.uint16() !== count) return message
  for (let field = 0; field < count; field++) {
    reader.string()
    original.string()
    original.bytes(fieldLength).copy(message, reader.offset, 0, fieldLength - formatLength)
    reader.bytes(fieldLength)
  }
  return message
}

/** The length of a field after its name: table, attribute number, type, its length, its modifier, format. */
const fieldLength = 4 + 2 + 4 + 2 + 4 + 2
const formatLength = 2

export function readDataRow(message: Buffer): (string | null)[] {
  const reader = new ByteReader(message)
  return Array.from({ length: reader.uint16() }, () => {
    const length = reader.int32()
    return length === -1 ? null : reader.bytes(length).toString('utf8')
  })
}

export function readParameterTypes(message: Buffer): number[] {
  const reader = new ByteReader(message)
  return Array.from({ length: reader.uint16() }, () => reader.uint32())
}

/** Says that the gateway speaks 3.0 only, and which options it does not know. */
export function negotiateProtocolVersion(options: readonly string[]): Buffer {
  const writer = new ByteWriter().int32(0).int32(options.length)
  for (const option of options) writer.string(option)
  return writer.message('v')
}
