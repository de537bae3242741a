/** Messages of PostgreSQL as the gateway writes them, reads them and changes them. */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { embeddedNames } from '@millrace/sql-engine/postgres/names'
import { describe, expect, test } from 'vitest'
import {
  commandComplete,
  errorResponse,
  mapError,
  negotiateProtocolVersion,
  noticeResponse,
  readDataRow,
  readErrorFields,
  readParameterTypes,
  replaceFields,
  replaceRelations,
  toDatabaseError,
} from './backend-messages.js'
import { ByteWriter } from './byte-writer.js'

const fieldsOf = (message: Buffer) => Object.fromEntries(readErrorFields(message))

test.each([
  ['the least', {}, {}],
  ['all', { detail: 'd', hint: 'h', position: 7 }, { D: 'd', H: 'h', P: '7' }],
])('an error comes back as it was sent: %s', (_, more, fields) => {
  const error = new DatabaseError('no such place', { sqlState: 'HV000', ...more })
  const message = errorResponse(error)
  expect(message.toString('latin1', 0, 1)).toBe('E')
  expect(fieldsOf(message)).toEqual({ S: 'ERROR', V: 'ERROR', C: 'HV000', M: 'no such place', ...fields })
  expect(toDatabaseError(message)).toMatchObject({ sqlState: 'HV000', message: 'no such place', ...more })
})

test('a NUL in the words of an API does not end the field', () => {
  const error = new DatabaseError('a\0b', { sqlState: 'HV000', detail: 'c\0' })
  expect(fieldsOf(errorResponse(error, 'FATAL'))).toMatchObject({ S: 'FATAL', M: 'a b', D: 'c ' })
})

test('notices', () => {
  const message = noticeResponse('so far')
  expect(message.toString('latin1', 0, 1)).toBe('N')
  expect(fieldsOf(message)).toEqual({ S: 'NOTICE', V: 'NOTICE', C: '00000', M: 'so far' })
})

test.each([
  ['CommandComplete', commandComplete('SELECT 5'), 'C 0000000d 53454c454354203500'],
  [
    'NegotiateProtocolVersion',
    negotiateProtocolVersion(['_pq_.a']),
    'v 00000013 00000000 00000001 5f70715f2e6100',
  ],
])('%s', (_, message, expected) => {
  const [type = '', ...bytes] = expected.split(' ')
  expect(`${message.toString('latin1', 0, 1)} ${message.toString('hex', 1)}`).toBe(
    `${type} ${bytes.join('')}`,
  )
})

describe('an error of a rewritten statement tells of the one that the client sent', () => {
  /** Fields as they come from the engine; `at` 0 stands for a place that the client did not write. */
  const mapped = (type: 'E' | 'N', fields: Readonly<Record<string, string>>, at: number) => {
    const writer = new ByteWriter()
    for (const [code, value] of Object.entries(fields)) writer.bytes(Buffer.from(code)).string(value)
    const message = mapError(
      writer.byte(0).message(type),
      () => (at === 0 ? undefined : at),
      (text) => text.replaceAll('s_1', 'place'),
    )
    return { type: message.toString('latin1', 0, 1), ...fieldsOf(message) }
  }

  test.each([
    ['its words', { M: 'column of s_1', H: 'see s_1' }, { M: 'column of place', H: 'see place' }],
    ['its position', { P: '40' }, { P: '12' }],
    ['not the name of a hidden schema', { s: embeddedNames.scanSchema }, {}],
    ['the name of any other', { s: 'public' }, { s: 'public' }],
    ['no other field is changed', { C: '22012', F: 's_1.c' }, { C: '22012', F: 's_1.c' }],
  ])('%s', (_, fields, expected) => {
    expect(mapped('E', fields, 12)).toEqual({ type: 'E', ...expected })
    expect(mapped('N', fields, 12)).toEqual({ type: 'N', ...expected })
  })

  test('a position that the client did not write is left out', () => {
    expect(mapped('E', { M: 'm', P: '40' }, 0)).toEqual({ type: 'E', M: 'm' })
  })
})

/** A RowDescription of fields by name, OID of the relation, and format. */
function rowDescription(...fields: readonly (readonly [string, number, number])[]): Buffer {
  const writer = new ByteWriter().int16(fields.length)
  for (const [name, relation, format] of fields) {
    writer.string(name).int32(relation).int16(1).int32(25).int16(-1).int32(-1).int16(format)
  }
  return writer.message('T')
}

test('fields of a scan table are said to be of the virtual one', () => {
  const fields = rowDescription(['city', 4_000_000_001, 0], ['n', 17, 0], ['none', 0, 0])
  const relations = new Map([[4_000_000_001, 99]])
  expect(replaceRelations(fields, relations)).toEqual(
    rowDescription(['city', 99, 0], ['n', 17, 0], ['none', 0, 0]),
  )
})

test('fields are described anew but for their formats, and not where their number differs', () => {
  const described = rowDescription(['city', 99, 0])
  expect(replaceFields(rowDescription(['city', 1, 1]), described)).toEqual(rowDescription(['city', 99, 1]))
  const two = rowDescription(['a', 1, 1], ['b', 2, 1])
  expect(replaceFields(Buffer.from(two), described)).toEqual(two)
})

test('rows and types of parameters', () => {
  const row = new ByteWriter().int16(3).int32(-1).int32(0).int32(3).bytes(Buffer.from('日')).message('D')
  expect(readDataRow(row)).toEqual([null, '', '日'])
  expect(readParameterTypes(new ByteWriter().int16(2).int32(23).int32(4_000_000_001).message('t'))).toEqual([
    23, 4_000_000_001,
  ])
})
