import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { startTestPostgres } from '../testing/test-postgres.js'
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
    ['abbreviation', '2001:db8:0::1', undefined],
    ['host', '2001:db8::0001', undefined],
    ['host', '0:0:0:0:0:0:0:1', undefined],
    ['host', '::ffff:1.1.1.1', '::ffff:1.1.1.1'],
    ['host', '::ffff:101:101', undefined],
    ['host', '::1.2.3.4', '::1.2.3.4'],
    ['host', '0::1.2.3.4', undefined],
    ['text', '2001:db8:0::/32', undefined],
    ['text', '10.0.0.0/08', undefined],
  ] as const)('%s %s', (reading, text, value) => {
    expect(valueOfText(text, reading, 'inet')).toBe(value)
  })
})

test('whatever PostgreSQL writes for an address is read', async () => {
  const word = fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 0xffff, 0xffff, 0xab12).map((one) => one.toString(16))
  const addresses = fc.sample(fc.array(word, { minLength: 8, maxLength: 8 }), {
    numRuns: 3000,
    seed: 20_261_130,
  })
  const postgres = await startTestPostgres()
  const client = new pg.Client({ ...postgres.engineConfig, user: 'millrace', options: '' })
  try {
    await client.connect()
    const { rows } = await client.query<{ text: string }>(
      'select pg_catalog.host(address) as text from unnest($1::inet[]) as address',
      [addresses.map((words) => words.join(':'))],
    )
    expect(rows.filter(({ text }) => text.includes('.')).length).toBeGreaterThan(20)
    for (const { text } of rows) expect(valueOfText(text, 'host', 'inet')).toBe(text)
  } finally {
    await client.end()
    await postgres.stop()
  }
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
