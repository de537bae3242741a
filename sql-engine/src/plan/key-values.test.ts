import type { ColumnType } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeValue } from './key-values.js'

const zoned = 'timestamp with time zone'
const local = 'timestamp without time zone'
const inexact = { kind: 'inexact' }
const value = (of: unknown) => ({ kind: 'value', value: of })

describe('decodes', () => {
  test.each<[ColumnType, string, string, unknown]>([
    ['text', 'text', '"a\\"b\\u0001é"', 'a"b\u0001é'],
    ['text', 'character varying', '""', ''],
    ['text', 'name', '"n"', 'n'],
    ['boolean', 'boolean', 'true', true],
    ['boolean', 'boolean', 'false', false],
    ['bigint', 'bigint', '9007199254740993', 9007199254740993n],
    ['bigint', 'smallint', '-1', -1n],
    ['bigint', 'numeric', '2.00', 2n],
    ['bigint', 'numeric', '-9223372036854775808', -9223372036854775808n],
    ['double precision', 'double precision', '-1.5e-7', -1.5e-7],
    ['double precision', 'numeric', '0.1', 0.1],
    ['double precision', 'double precision', '"NaN"', Number.NaN],
    ['double precision', 'double precision', '"-Infinity"', Number.NEGATIVE_INFINITY],
    ['numeric', 'numeric', '100', '100'],
    ['numeric', 'numeric', '-2.500', '-2.5'],
    ['numeric', 'numeric', '0.00', '0'],
    ['numeric', 'bigint', '9223372036854775807', '9223372036854775807'],
    ['bigint', 'double precision', '9007199254740991', 9007199254740991n],
    ['bigint', 'double precision', '-1e+15', -1000000000000000n],
    ['bigint', 'real', '1.6777215e+07', 16777215n],
    ['double precision', 'bigint', '-5', -5],
    ['inet', 'inet', '"10.0.0.0/8"', '10.0.0.0/8'],
    ['cidr', 'cidr', '"10.0.0.0/8"', '10.0.0.0/8'],
    ['uuid', 'uuid', '"00000000-0000-0000-0000-000000000001"', '00000000-0000-0000-0000-000000000001'],
    ['date', 'date', '"2022-07-06"', '2022-07-06'],
    ['date', local, '"2022-07-06T00:00:00"', '2022-07-06'],
    ['jsonb', 'jsonb', '{"a": [1, 2.5, "x"]}', '{"a": [1, 2.5, "x"]}'],
    ['jsonb', 'jsonb', '{"a": 1.0}', '{"a": 1}'],
    ['jsonb', 'jsonb', '[1.50, "2.0", -10.00, 100]', '[1.5, "2.0", -10, 100]'],
    ['jsonb', 'jsonb', '{"\\"1.0": "\\\\", "b": 0.0}', '{"\\"1.0": "\\\\", "b": 0}'],
    [zoned, zoned, '"2022-07-06T20:38:09.123456+00:00"', 1657139889123456n],
    [zoned, zoned, '"2022-07-06T22:38:09.1+02:00"', 1657139889100000n],
    [zoned, zoned, '"2022-07-06T15:08:09-05:30"', 1657139889000000n],
    [zoned, zoned, '"1969-12-31T23:59:59.999999+00:00"', -1n],
    // Local mean time of Amsterdam, before 1937.
    [zoned, zoned, '"1900-01-01T00:00:00+00:19:32"', -2208989972000000n],
    [zoned, zoned, '"0001-01-01T00:00:00+00:00"', -62135596800000000n],
    [zoned, zoned, '"10000-01-01T00:00:00+00:00"', 253402300800000000n],
  ])('a value for %s of %s: %s', (type, typeName, json, expected) => {
    expect(decodeValue(typeName, json, type)).toEqual(value(expected))
  })
})

describe('refuses what the column cannot hold exactly', () => {
  test.each<[ColumnType, string, string]>([
    ['text', 'citext', '"a"'],
    ['text', '"char"', '"a"'],
    ['bigint', 'double precision', '9007199254740992'],
    ['bigint', 'double precision', '1e+20'],
    ['bigint', 'real', '1.234568e+09'],
    ['double precision', 'numeric', `1${'0'.repeat(400)}`],
    ['double precision', 'bigint', '9007199254740993'],
    ['numeric', 'numeric', '"NaN"'],
    ['numeric', 'double precision', '0.1'],
    ['inet', 'text', '"1.1.1.1"'],
    ['cidr', 'inet', '"10.1.0.0/8"'],
    ['date', 'date', '"0044-03-15 BC"'],
    ['date', local, '"0044-03-15T00:00:00 BC"'],
    ['date', local, '"10000-01-01T00:00:00"'],
    ['date', zoned, '"2022-07-06T00:00:00+00:00"'],
    ['jsonb', 'json', '{}'],
    [zoned, zoned, '"0044-03-15T00:00:00+00:00 BC"'],
  ])('%s: %s %s', (type, typeName, json) => {
    expect(decodeValue(typeName, json, type)).toEqual(inexact)
  })
})

test.each<[string, string]>([
  ['numeric', '1.5'],
  ['numeric', '9223372036854775808'],
  ['numeric', '-9223372036854775809.00'],
  ['numeric', '"NaN"'],
  ['numeric', '"Infinity"'],
  ['double precision', '0.5'],
  ['real', '0.1'],
])('no bigint equals %s %s', (typeName, json) => {
  expect(decodeValue(typeName, json, 'bigint')).toEqual({ kind: 'unequal' })
})

test.each<[ColumnType, string, string]>([
  [zoned, zoned, '"infinity"'],
  [zoned, zoned, '"-infinity"'],
  ['date', 'date', '"infinity"'],
  ['date', local, '"-infinity"'],
  ['date', local, '"2022-07-06T00:00:01"'],
  ['date', local, '"2022-07-06T00:00:00.000001"'],
])('no %s equals %s %s', (type, typeName, json) => {
  expect(decodeValue(typeName, json, type)).toEqual({ kind: 'unequal' })
})

test.each<[ColumnType, string]>([
  ['text', 'character'],
  ['inet', 'cidr'],
  ['double precision', 'real'],
  [zoned, 'date'],
  [zoned, local],
])('asks for %s of %s to be cast', (type, typeName) => {
  expect(decodeValue(typeName, '"x"', type)).toEqual({ kind: 'cast' })
  expect(decodeValue(typeName, null, type)).toEqual({ kind: 'null' })
})

test('timestamps are what Date makes of them, to the millisecond', () => {
  const dates = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') })
  fc.assert(
    fc.property(dates, fc.integer({ min: 0, max: 999 }), (date, micros) => {
      const text = date.toISOString().replace('Z', `${String(micros).padStart(3, '0')}+00:00`)
      const expected = BigInt(date.getTime()) * 1000n + BigInt(micros)
      expect(decodeValue(zoned, JSON.stringify(text), zoned)).toEqual(value(expected))
    }),
    { seed: 20_261_124 },
  )
})
