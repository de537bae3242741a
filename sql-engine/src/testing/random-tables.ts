/** Tables of the planner's property tests, virtual and ordinary ones, and small sets of rows for them. */
import {
  bigint,
  boolean,
  type Columns,
  type ColumnType,
  cidr,
  inet,
  jsonb,
  numeric,
  type Row,
  text,
  timestamptz,
} from '@millrace/plugin-sdk/column'
import type { Operator } from '@millrace/plugin-sdk/qual'
import type { Key } from '@millrace/plugin-sdk/table'
import type { Choices } from './choices.js'

export interface RandomTable {
  readonly columns: Columns
  /** Undefined for an ordinary table. */
  readonly keys: Readonly<Record<string, Key>> | undefined
}

const orders: readonly Operator[] = ['=', '<>', '<', '<=', '>', '>=', 'is null', 'is not null']
const patterns: readonly Operator[] = ['~~', '~~*', '!~~', '!~~*', '~', '~*', '!~', '!~*']

export const randomTables: Readonly<Record<string, RandomTable>> = {
  /** Every key may be left out; every operator is pushed. */
  thing: {
    columns: {
      id: bigint(''),
      label: text(''),
      ip: inet(''),
      flag: boolean(''),
      amount: numeric(''),
      net: cidr(''),
      seen: timestamptz(''),
      doc: jsonb(''),
    },
    keys: {
      id: { operators: orders, valuesPerCall: 2 },
      label: { operators: [...orders, ...patterns] },
      ip: { operators: ['='], valuesPerCall: 3 },
      flag: { operators: ['=', 'is null', 'is not null'] },
      amount: { operators: orders, valuesPerCall: 1 },
      net: { operators: ['='], valuesPerCall: 1 },
      seen: { operators: orders },
      doc: { operators: ['=', 'is null'], valuesPerCall: 1 },
    },
  },
  /** Cannot be read without an address. */
  place: {
    columns: { ip: inet(''), city: text(''), size: bigint(''), more: jsonb('') },
    keys: {
      ip: { operators: ['='], require: 'required', valuesPerCall: 2 },
      city: { operators: ['=', '~~', '<>'] },
    },
  },
  /** Cannot be read without a trail; its addresses are text, and not all are addresses. */
  event: {
    columns: { trail: text(''), address: text(''), flag: boolean(''), seen: timestamptz(''), id: bigint('') },
    keys: {
      trail: { operators: ['='], require: 'required', valuesPerCall: 1 },
      address: { operators: ['=', '<>', '~', '!~', '~~'] },
      flag: { operators: ['=', 'is null'] },
      seen: { operators: ['<', '<=', '>', '>='] },
      id: { operators: ['='] },
    },
  },
  note: {
    columns: { ip: inet(''), trail: text(''), id: bigint(''), flag: boolean(''), body: jsonb('') },
    keys: undefined,
  },
}

/** Values of the rows, and most of those that queries ask for. */
export const valuesOfType: Readonly<Record<ColumnType, readonly [string, ...string[]]>> = {
  text: ['a', 't1', 't2', '1.1.1.1', '2.2.2.2', '', "o'x", 'A%_\\', 'ä😀 b', 'line\nbreak\t'],
  bigint: ['1', '2', '3', '0', '-1', '9007199254740993'],
  inet: ['1.1.1.1', '2.2.2.2', '10.0.0.0/8', '2001:db8::1'],
  cidr: ['1.1.1.1/32', '10.0.0.0/8', '2001:db8::/32'],
  boolean: ['true', 'false'],
  numeric: ['1', '2.5', '2', '-0.5', '1000'],
  'double precision': ['1', '0.5'],
  uuid: ['00000000-0000-0000-0000-000000000001'],
  date: ['2022-07-06'],
  'timestamp with time zone': [
    '2022-07-06T20:38:09Z',
    '2022-07-06T20:38:09.123Z',
    '2022-07-07T00:00:00Z',
    '1969-12-31T23:59:59Z',
  ],
  jsonb: ['1', '{"a": 1}', '{"a": 2.5, "b": [1, "x"]}', '"t1"', 'null'],
}

/** Rows for each table, as a plugin yields them. */
export type RandomRows = Readonly<Record<string, readonly Row[]>>

export function randomRows(choices: Choices): RandomRows {
  return Object.fromEntries(
    Object.entries(randomTables).map(([name, { columns }]) => {
      const rows = Array.from({ length: choices.below(8) }, () => randomRow(columns, choices))
      // Duplicates are rows of their own.
      return [name, choices.chance(30) ? [...rows, ...rows.slice(0, 2)] : rows]
    }),
  )
}

function randomRow(columns: Columns, choices: Choices): Row {
  return Object.fromEntries(
    Object.entries(columns).map(([name, { type }]) => {
      const value = choices.chance(15) ? null : choices.pickAlike(valuesOfType[type])
      return [name, value === null ? null : asPluginValue(type, value)]
    }),
  )
}

function asPluginValue(type: ColumnType, value: string): string | boolean | bigint {
  if (type === 'boolean') return value === 'true'
  return type === 'bigint' ? BigInt(value) : value
}
