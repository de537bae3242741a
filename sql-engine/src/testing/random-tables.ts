/** Tables of the planner's property tests, virtual and ordinary ones, and small sets of rows for them. */
import {
  bigint,
  boolean,
  type Columns,
  type ColumnType,
  cidr,
  type Direction,
  date,
  doublePrecision,
  inet,
  jsonb,
  type Key,
  numeric,
  type Operator,
  type Row,
  type Table,
  text,
  timestamptz,
  uuid,
} from '@millrace/plugin-sdk'
import { engineColumns } from '../catalog/catalog-columns.js'
import type { Choices } from './choices.js'

export interface RandomTable {
  readonly columns: Columns
  /** Undefined for an ordinary table. */
  readonly keys: Readonly<Record<string, Key>> | undefined
  /** Columns that hold no NULL. */
  readonly orders?: Table['orders']
}

/** By name. */
export type RandomTables = Readonly<Record<string, RandomTable>>

const orders: readonly Operator[] = ['=', '<>', '<', '<=', '>', '>=', 'is null', 'is not null']
const bothDirections: readonly Direction[] = ['asc', 'desc']
const patterns: readonly Operator[] = ['~~', '~~*', '!~~', '!~~*', '~', '~*', '!~', '!~*']

const plainTables: RandomTables = {
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
    orders: { seen: bothDirections, id: ['desc'] },
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
    orders: { seen: bothDirections },
  },
  note: {
    columns: { ip: inet(''), trail: text(''), id: bigint(''), flag: boolean(''), body: jsonb('') },
    keys: undefined,
  },
}

/** Their keys are all inherent: no column only repeats what is asked for. */
export const usualTables: RandomTables = Object.fromEntries(
  Object.entries(plainTables).map(([name, { keys, ...table }]) => [
    name,
    {
      ...table,
      keys:
        keys &&
        Object.fromEntries(Object.entries(keys).map(([column, key]) => [column, { ...key, inherent: true }])),
    },
  ]),
)

/**
 * Values of the rows, and most of those that queries ask for; the first three come most often. Many are next to one
 * another, so that a bound that is wrong by the least loses a row.
 */
export const valuesOfType: Readonly<Record<ColumnType, readonly [string, ...string[]]>> = {
  text: [
    't1',
    'a',
    't2',
    '1.1.1.1',
    'b',
    'T1',
    '2.2.2.2',
    't',
    't10',
    '',
    "o'x",
    'A%_\\',
    'ä😀 b',
    'line\nbreak\t',
  ],
  bigint: ['2', '1', '3', '0', '-1', '4', '9007199254740993', '9007199254740992'],
  inet: ['1.1.1.1', '2.2.2.2', '10.0.0.0/8', '10.0.0.0', '1.1.1.2', '2001:db8::1'],
  cidr: ['1.1.1.1/32', '10.0.0.0/8', '2001:db8::/32'],
  boolean: ['true', 'false'],
  numeric: ['2', '2.5', '1', '2.49', '1.99', '2.51', '-0.5', '1000'],
  'double precision': ['1', '0.5', '0.1', '1.0000000000000002', 'NaN', '-0', '1e300', '9007199254740992'],
  uuid: ['00000000-0000-0000-0000-000000000001', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  date: ['2022-07-06', '2022-07-07', '2022-07-05', '1969-12-31'],
  'timestamp with time zone': [
    '2022-07-06T20:38:09Z',
    '2022-07-06T20:38:09.001Z',
    '2022-07-06T20:38:08.999999Z',
    '2022-07-06T20:38:09.000001Z',
    '2022-07-07T00:00:00Z',
    '2022-07-06T23:59:59.999999Z',
    '2022-10-30T00:30:00Z',
    '1969-12-31T23:59:59Z',
  ],
  jsonb: ['1', '{"a": 1}', '{"a": 2.5, "b": [1, "x"]}', '"t1"', '"2.50"', 'null'],
}

const namedColumns = {
  id: bigint(''),
  label: text(''),
  ip: inet(''),
  flag: boolean(''),
  amount: numeric(''),
  net: cidr(''),
  seen: timestamptz(''),
  doc: jsonb(''),
  trail: text(''),
  size: doublePrecision(''),
  token: uuid(''),
  day: date(''),
} satisfies Columns

const orderedTypes: ReadonlySet<ColumnType> = new Set([
  'bigint',
  'double precision',
  'date',
  'timestamp with time zone',
])

/** What an API may understand, by type. */
function operatorsOf(type: ColumnType): readonly Operator[] {
  switch (type) {
    case 'text':
      return [...orders, ...patterns]
    case 'jsonb':
      return ['=', 'is null', 'is not null']
    case 'inet':
    case 'cidr':
    case 'boolean':
      return ['=', '<>', 'is null', 'is not null']
    default:
      return orders
  }
}

/** Tables with columns and keys of all kinds. Columns of one name are of one type, so that tables join. */
export function someTables(choices: Choices): RandomTables {
  const virtual = Array.from({ length: 2 + choices.below(3) }, (_, index) => {
    const columns = someColumns(choices)
    // At most one kind of need, or no random query would fulfil it.
    const need = choices.pick(['none', 'none', 'none', 'required', 'required', 'two', 'any-of'] as const)
    const needed = need === 'none' ? 0 : need === 'required' ? 1 : 2
    const keys = Object.entries(columns).flatMap(([name, { type }], position): [string, Key][] => {
      const isNeeded = position < needed
      if (!isNeeded && choices.chance(25)) return []
      const known = operatorsOf(type).filter(
        (operator) => (isNeeded && operator === '=') || choices.chance(72),
      )
      if (known.length === 0) return []
      const key: Key = {
        operators: known,
        // What must be given is often all that a column can say.
        inherent: choices.chance(isNeeded ? 50 : 80),
        immutable: choices.chance(50),
        ...(isNeeded ? { require: need === 'any-of' ? need : 'required' } : {}),
        ...(known.includes('=') && choices.chance(60) ? { valuesPerCall: 1 + choices.below(3) } : {}),
      }
      return [[name, key]]
    })
    const orders = Object.fromEntries(
      Object.entries(columns).flatMap(([name, { type }]): [string, readonly Direction[]][] =>
        orderedTypes.has(type) && choices.chance(50)
          ? [[name, choices.pick([bothDirections, ['asc'], ['desc']])]]
          : [],
      ),
    )
    return [`virtual_${index}`, { columns, keys: Object.fromEntries(keys), orders }] as const
  })
  return Object.fromEntries([...virtual, ['note', { columns: someColumns(choices), keys: undefined }]])
}

function someColumns(choices: Choices): Columns {
  const left = Object.entries(namedColumns)
  const chosen = Array.from({ length: 4 + choices.below(6) }, () =>
    left.splice(choices.below(left.length), 1),
  )
  return Object.fromEntries(chosen.flat())
}

export interface TableColumn {
  readonly name: string
  readonly type: ColumnType
  /** What an API takes of it, if it is a key. */
  readonly operators?: readonly Operator[] | undefined
}

/** Columns of a table, with those that the engine adds to a virtual one. */
export function tableColumns({ columns, keys }: RandomTable): readonly TableColumn[] {
  const own = Object.entries(columns).map(([name, { type }]) => ({
    name,
    type,
    operators: keys?.[name]?.operators,
  }))
  return keys === undefined ? own : [...own, ...engineColumns]
}

/** Columns that must have a value for a table to be read: all required ones, or one of the any-of keys. */
export function requiredKeys(table: RandomTable, choices: Choices): readonly TableColumn[] {
  const columns = tableColumns(table)
  const withNeed = (need: Key['require']) =>
    columns.filter(({ name }) => table.keys?.[name]?.require === need)
  const anyOf = withNeed('any-of')
  const one = anyOf.length === 0 ? undefined : choices.pickAny(anyOf)
  return [...withNeed('required'), ...(one === undefined ? [] : [one])]
}

/** Rows for each table, as a plugin yields them. */
export type RandomRows = Readonly<Record<string, readonly Row[]>>

export function randomRows(choices: Choices, tables: RandomTables): RandomRows {
  return Object.fromEntries(
    Object.entries(tables).map(([name, table]) => {
      // None at all now and then: what there is no row for is found no more than what is left out.
      const length = choices.chance(97) ? 4 + choices.below(11) : 0
      const rows = Array.from({ length }, () => randomRow(table, choices))
      // Duplicates are rows of their own.
      return [name, choices.chance(30) ? [...rows, ...rows.slice(0, 2)] : rows]
    }),
  )
}

/** By what a table promises, the columns of its orders hold no NULL, and what only repeats what was asked for neither. */
export function mayBeNull({ keys, orders = {} }: RandomTable, column: string): boolean {
  const key = keys?.[column]
  const repeatsWhatIsAsked = key?.require === 'required' && key.inherent !== true
  return orders[column] === undefined && !repeatsWhatIsAsked
}

function randomRow(table: RandomTable, choices: Choices): Row {
  return Object.fromEntries(
    Object.entries(table.columns).map(([name, { type }]) => {
      const isNull = mayBeNull(table, name) && choices.chance(12)
      const value = isNull ? null : randomValue(type, choices)
      return [name, value === null ? null : asPluginValue(type, value)]
    }),
  )
}

/** Types that have values at which a bound is easily wrong; each of them should be in some row. */
const boundTypes: ReadonlySet<ColumnType> = new Set([...orderedTypes, 'numeric', 'inet'])

function randomValue(type: ColumnType, choices: Choices): string {
  const values = valuesOfType[type]
  return boundTypes.has(type) && choices.chance(35) ? choices.pick(values) : choices.pickAlike(values)
}

function asPluginValue(type: ColumnType, value: string): string | number | boolean | bigint {
  if (type === 'boolean') return value === 'true'
  if (type === 'double precision') return Number(value)
  return type === 'bigint' ? BigInt(value) : value
}
