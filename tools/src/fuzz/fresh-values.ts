/** Values that no row and no statement has, on all sides of those that they have. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { valuesOfType } from '@millrace/sql-engine/testing/random-tables'

/** @param constants of the statement, of the type */
export function freshValuesOf(
  type: ColumnType,
  constants: readonly string[],
  statement: string,
): readonly string[] {
  // There are no other booleans.
  if (type === 'boolean') return freshValues.boolean
  const known = new Set([...constants, ...valuesOfType[type]])
  const near = constants.flatMap((constant) => nextTo(constant, type, statement))
  return [...freshValues[type], ...near].filter((value) => !known.has(value))
}

/**
 * A value so near to another that no third is between them, where values are so dense that a bound allows many; and
 * those that one function or another makes the same of: an address with a netmask, a text in other letters, a number
 * of more digits than a floating-point number has.
 */
function nextTo(constant: string, type: ColumnType, statement: string): readonly string[] {
  switch (type) {
    case 'text': {
      // Unless the statement itself makes such a value of the constant.
      const upper = /\bupper\b/i.test(statement) ? [] : [constant.toUpperCase()]
      const lower = /\blower\b/i.test(statement) ? [] : [constant.toLowerCase()]
      return [`${constant}!`, `${constant} `, ...upper, ...lower]
    }
    case 'numeric':
      return /^-?\d+$/.test(constant) ? [`${constant}.0000017`, `${constant}.${'0'.repeat(25)}1`] : []
    case 'inet':
      return /^[\d.]+$/.test(constant) ? [`${constant}/25`, `${constant}/9`] : []
    case 'timestamp with time zone': {
      const time = Date.parse(constant)
      return Number.isNaN(time) ? [] : [new Date(time).toISOString().replace('Z', '017Z')]
    }
    default:
      return []
  }
}

const freshValues: Readonly<Record<ColumnType, readonly string[]>> = {
  text: [
    '!',
    '0',
    'Zz',
    'a!',
    'b~',
    't',
    't1!',
    't1.5',
    't3',
    'tt',
    'T9',
    'zz',
    '1.1.1.9',
    '9.9.9.9',
    'ß',
    '{}',
  ],
  bigint: ['-70', '17', '18', '70', '700', '9007199254740995', '-9007199254740995'],
  inet: [
    '0.0.0.1',
    '1.1.1.9',
    '1.1.2.1',
    '9.9.9.9',
    '10.0.0.9',
    '2.2.2.9',
    '200.0.0.1',
    '2001:db8::9',
    '::9',
  ],
  cidr: ['0.0.0.0/9', '1.1.1.9/32', '9.9.9.0/24', '10.9.0.0/16', '200.0.0.0/8', '2001:db9::/32'],
  boolean: ['true', 'false'],
  numeric: ['-70', '-0.25', '0.25', '1.75', '2.25', '2.75', '70', '7000'],
  'double precision': ['-70', '0.25', '0.75', '1.75', '70', '-1e301', '1e301'],
  uuid: [
    '00000000-0000-0000-0000-000000000009',
    '99999999-0000-0000-0000-000000000001',
    'ffffffff-0000-0000-0000-000000000001',
  ],
  date: ['1900-01-01', '2022-01-01', '2022-06-30', '2022-07-19', '2022-12-31', '2100-01-01'],
  'timestamp with time zone': [
    '1900-01-01T00:00:00Z',
    '2022-07-01T00:00:00Z',
    '2022-07-06T12:00:00Z',
    '2022-07-06T22:22:22Z',
    '2022-07-07T09:00:00Z',
    '2022-07-29T00:00:00Z',
    '2100-01-01T00:00:00Z',
  ],
  jsonb: ['{"fresh": 1}', '"fresh"', '[9]', '99'],
}
