import { describe, expect, test } from 'vitest'
import { readingOf, valueOfText } from './textual-value.js'

describe('the address that has a text', () => {
  test.each([
    ['host', '1.1.1.1', '1.1.1.1'],
    ['host', '2001:db8::1', '2001:db8::1'],
    ['host', '1.1.1.1/32', undefined],
    ['host', 'example.com', undefined],
    ['host', '1.1.1', undefined],
    ['host', '', undefined],
    ['text', '1.1.1.1/32', '1.1.1.1'],
    ['text', '10.0.0.0/8', '10.0.0.0/8'],
    ['text', '2001:db8::1/128', '2001:db8::1'],
    ['text', '2001:db8::/32', '2001:db8::/32'],
    ['text', '1.1.1.1', undefined],
    ['text', '1.1.1.1/33', undefined],
    ['text', '::1/129', undefined],
    ['text', '1.1.1.1/32/8', undefined],
    ['abbreviation', '1.1.1.1', '1.1.1.1'],
    ['abbreviation', '10.0.0.0/8', '10.0.0.0/8'],
  ] as const)('%s %s', (reading, text, value) => {
    expect(valueOfText(text, reading, 'inet')).toBe(value)
  })
})

describe('other values that have a text', () => {
  test.each([
    ['bigint', '0', 0n],
    ['bigint', '-5', -5n],
    ['bigint', '9223372036854775807', 9223372036854775807n],
    ['bigint', '9223372036854775808', undefined],
    ['bigint', '05', undefined],
    ['bigint', '-0', undefined],
    ['bigint', ' 5', undefined],
    ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', undefined],
    ['numeric', '1', undefined],
  ] as const)('%s %s', (type, text, value) => {
    expect(valueOfText(text, 'text', type)).toBe(value)
  })
})

test('only what can be turned back is a reading', () => {
  const argument = { A_Const: { sval: { sval: 'x' } } }
  const call = (name: string, count = 1) =>
    ({ kind: 'call', name, args: Array.from({ length: count }, () => argument), position: 0 }) as const
  expect(readingOf(call('host'), 'inet')).toBe('host')
  expect(readingOf(call('host'), 'cidr')).toBeUndefined()
  expect(readingOf(call('host', 2), 'inet')).toBeUndefined()
  expect(readingOf(call('network'), 'inet')).toBeUndefined()
  expect(readingOf({ kind: 'cast', type: 'varchar' }, 'uuid')).toBe('text')
  expect(readingOf({ kind: 'cast', type: 'text' }, 'timestamp with time zone')).toBeUndefined()
  expect(readingOf({ kind: 'cast', type: 'bpchar' }, 'inet')).toBeUndefined()
})
