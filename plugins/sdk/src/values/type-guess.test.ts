/** Types by samples, and values by types. */
import { describe, expect, test } from 'vitest'
import { parseJson } from '../json.js'
import { columnValue, guessedColumnValue } from './column-value.js'
import { TypeGuess } from './type-guess.js'

function guess(cells: readonly unknown[], meaning: 'anything' | 'text'): string {
  const guess = new TypeGuess()
  for (const cell of cells) guess.add(cell, meaning)
  return guess.type
}

describe('texts of CSV are of type', () => {
  test.each<[string, readonly (string | null)[]]>([
    ['text', []],
    ['text', [null, '']],
    ['boolean', ['true', 'FALSE', null]],
    ['text', ['true', '1']],
    ['bigint', ['0', '-5', '9223372036854775807', '']],
    ['numeric', ['9223372036854775808', '1']],
    ['text', ['007', '8']],
    ['text', ['+1']],
    ['text', ['1 000']],
    ['text', [' 1']],
    ['text', ['1,5']],
    ['text', ['0x10']],
    ['double precision', ['-0']],
    ['numeric', ['1.50', '2', '.5']],
    ['text', ['1.']],
    ['double precision', ['1e3', '2.5']],
    ['double precision', ['1', 'NaN', '-Infinity']],
    ['numeric', ['1e400']],
    ['numeric', ['1e-400', '1e3']],
    ['text', ['1e400', 'NaN']],
    ['text', ['1e5000']],
    ['text', ['nan']],
    ['numeric', ['0.12345678901234567890']],
    ['date', ['2022-07-06', '1999-02-28']],
    ['text', ['2022-02-30']],
    ['text', ['0000-01-01']],
    ['text', ['06/07/2022']],
    [
      'timestamp with time zone',
      ['2022-07-06T01:02:03Z', '2022-07-06 01:02:03.123456+02', '2022-07-06T01:02-0330'],
    ],
    // Which time it is, is not known.
    ['text', ['2022-07-06 01:02:03']],
    // PostgreSQL keeps microseconds.
    ['text', ['2022-07-06T01:02:03.123456789Z']],
    ['text', ['2022-07-06T24:00:00Z']],
    ['text', ['2022-07-06T01:02:03Z', '2022-07-06']],
    ['inet', ['1.2.3.4', '2001:db8::1']],
    ['inet', ['1.2.3.4', '10.0.0.0/8']],
    ['inet', ['10.0.0.1/8']],
    ['cidr', ['10.0.0.0/8', '2001:db8::/32', '::ffff:1.2.3.0/120']],
    ['text', ['010.1.1.1']],
    ['text', ['1.2.3']],
    ['text', ['fe80::1%eth0']],
    ['text', ['10.0.0.0/33', '10.0.0.0/8']],
    ['text', ['10.0.0.0/08']],
    ['jsonb', ['{"a": 1}', '[1, 2]']],
    ['text', ['{a}']],
    ['text', ['"a"']],
    ['text', ['NULL', '1']],
  ])('%s: %j', (type, cells) => expect(guess(cells, 'anything')).toBe(type))
})

describe('values of JSON are of type', () => {
  test.each<[string, string]>([
    ['bigint', '[1, null, 9223372036854775807]'],
    ['numeric', '[9223372036854775808]'],
    ['numeric', '[1.5, 12345678901234567.1]'],
    ['double precision', '[1e3]'],
    ['numeric', '[1e400]'],
    ['boolean', '[true]'],
    ['jsonb', '[{"a": 1}, [2]]'],
    ['jsonb', '[1, "a"]'],
    ['jsonb', '["a", {}]'],
    ['text', '["1", "true", "1.5"]'],
    ['inet', '["1.2.3.4", ""]'],
    ['cidr', '["10.0.0.0/8"]'],
    ['timestamp with time zone', '["2022-07-06T01:02:03Z"]'],
    ['date', '["2022-07-06"]'],
  ])('%s: %s', (type, json) => {
    const cells = parseJson(json)
    expect(guess(Array.isArray(cells) ? cells : [], 'text')).toBe(type)
  })
})

describe('a guessed type takes only what it does not change', () => {
  test.each([
    ['007', 'bigint'],
    ['+7', 'bigint'],
    ['1.5', 'bigint'],
    ['9223372036854775808', 'bigint'],
    ['yes', 'boolean'],
    ['1', 'boolean'],
    ['01.5', 'numeric'],
    ['0.12345678901234567890', 'double precision'],
    ['1e400', 'double precision'],
    ['1e-400', 'double precision'],
    ['2022-07-06 01:02:03', 'timestamp with time zone'],
    ['2022-07-06T01:02:03.1234567Z', 'timestamp with time zone'],
    ['2022-07-06T01:02:03Z', 'date'],
    ['10.0.0.1/8', 'cidr'],
    ['example.com', 'inet'],
    ['5', 'jsonb'],
  ] as const)('not %s as %s', (text, type) =>
    expect(guessedColumnValue(text, type, 'anything')).toBeUndefined(),
  )
})

describe('a type that the settings name takes what PostgreSQL takes', () => {
  test.each([
    ['007', 'bigint', 7n],
    [' 7 ', 'bigint', 7n],
    ['yes', 'boolean', true],
    ['+1.50', 'numeric', '+1.50'],
    ['1e3', 'double precision', 1000],
    ['NaN', 'double precision', Number.NaN],
    ['2022-07-06 01:02:03', 'timestamp with time zone', '2022-07-06 01:02:03Z'],
    ['2022-07-06', 'timestamp with time zone', '2022-07-06T00:00:00Z'],
    ['10.0.0.1', 'cidr', '10.0.0.1'],
    ['5', 'jsonb', '5'],
    ['', 'text', ''],
    ['', 'bigint', null],
  ] as const)('%j as %s', (text, type, value) => expect(columnValue(text, type, 'anything')).toEqual(value))

  test.each([
    ['1e400', 'double precision'],
    ['seven', 'bigint'],
    ['10.0.0.1/8', 'cidr'],
    ['{', 'jsonb'],
    ['1e99999', 'numeric'],
    ['2022-13-01', 'date'],
  ] as const)('not %s as %s', (text, type) => expect(columnValue(text, type, 'anything')).toBeUndefined())
})
