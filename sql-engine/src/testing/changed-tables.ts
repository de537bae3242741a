/**
 * Views that show a set's ordinary tables otherwise than they are, as a setting of the session says: what does not
 * change an answer need not have been fetched.
 */
import type { ColumnType } from '@millrace/plugin-sdk'
import { engineColumns } from '../catalog/catalog-columns.js'
import { quoteIdentifier, quoteLiteral } from '../parse/identifier.js'
import { type RandomTable, type RandomTables, tableColumns, valuesOfType } from './random-tables.js'

/** How a column's values are changed: all are NULL, or all are others, or each is drawn again, differently each time. */
export const valueChanges = ['other', 'null', 'drawn 1', 'drawn 2', 'drawn 3', 'drawn 4'] as const
export type ValueChange = (typeof valueChanges)[number]

/** The setting that says which column's values are others, and how: `table.column null`. */
export const changeSetting = 'fuzz.change'
/** The setting that names the table that has more rows. */
export const freshSetting = 'fuzz.fresh_rows'

/** The setting that names the table that has no rows. */
export const emptySetting = 'fuzz.no_rows'

/** The setting by which all values are drawn again, of so few that many rows have the same ones. */
export const narrowSetting = 'fuzz.narrow'

/** Makes the schema `changed_<set>`, with a view of each virtual table. */
export function changedTables(set: number, tables: RandomTables): string {
  const views = Object.entries(tables).flatMap(([name, table]) => {
    if (table.keys === undefined) return []
    const columns = tableColumns(table)
    const fresh = freshRows(table, `counting_${set}`)
    const all = columns.map((column) => quoteIdentifier(column.name)).join(', ')
    const targets = columns.map((column) => {
      const own = quoteIdentifier(column.name)
      const cases = valueChanges.map(
        (change) =>
          `when ${quoteLiteral(`${name}.${column.name} ${change}`)} then ${changedValue(own, column.type, change)}`,
      )
      return `case current_setting('${changeSetting}', true) ${cases.join(' ')} else ${own} end as ${own}`
    })
    const more = fresh.map(
      (row) =>
        `union all select ${row.join(', ')}, 0 where current_setting('${freshSetting}', true) = ${quoteLiteral(name)}`,
    )
    const narrowed = columns.map((column) => {
      const own = quoteIdentifier(column.name)
      if (table.columns[column.name] === undefined) return own
      const few = drawnValue(column.type, column.name, valuesOfType[column.type].slice(0, 2))
      return `case when current_setting('${narrowSetting}', true) = 'on' then ${few} else ${own} end as ${own}`
    })
    const isEmpty = `current_setting('${emptySetting}', true) = ${quoteLiteral(name)}`
    const numbered = `select ${all}, row_number() over () as number from oracle_${set}.${name} where (${isEmpty}) is not true ${more.join(' ')}`
    const rows = `select ${narrowed.join(', ')}, number from (${numbered}) as numbered`
    return [`create view changed_${set}.${name} as select ${targets.join(', ')} from (${rows}) as rows`]
  })
  return [`create schema changed_${set}`, ...views].join('; ')
}

function changedValue(column: string, type: ColumnType, change: ValueChange): string {
  if (change === 'null') return `null::${type}`
  if (change === 'other') return otherValue(column, type)
  return drawnValue(type, change, valuesOfType[type])
}

/** One of some values, by the row's number, or rows that are the same would stay so. */
function drawnValue(type: ColumnType, seed: string, values: readonly string[]): string {
  const pool = values.map((value) => quoteLiteral(value))
  const index = `1 + abs(hashtext(${quoteLiteral(seed)} || number)) % ${pool.length}`
  return `(array[${pool.join(', ')}]::${type}[])[${index}]`
}

/** Another value of the type, NULL for NULL. */
function otherValue(column: string, type: ColumnType): string {
  switch (type) {
    case 'text':
      return `${column} || 'x'`
    case 'boolean':
      return `not ${column}`
    case 'bigint':
    case 'numeric':
    case 'double precision':
      return `case when ${column} < 1000000 then ${column} + 7 else ${column} - 7 end`
    case 'inet':
      return `inet '9.9.9.9'`
    case 'cidr':
      return `cidr '9.9.9.0/24'`
    case 'uuid':
      return `uuid '99999999-0000-0000-0000-000000000001'`
    case 'date':
      return `${column} + 400`
    case 'timestamp with time zone':
      return `${column} + interval '9000 hours'`
    case 'jsonb':
      return `'{"a": 9, "x": true}'::jsonb`
  }
}

/** Values that no row and no statement has, on all sides of those that they have. */
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

/** One row for each fresh value of each key without which the table cannot be read; each has two of the others' values. */
function freshRows(table: RandomTable, connectionName: string): readonly (readonly string[])[] {
  const columns = tableColumns(table)
  const needed = columns.filter(({ name }) => table.keys?.[name]?.require !== undefined)
  const isAnyOf = needed.some(({ name }) => table.keys?.[name]?.require === 'any-of')
  return needed.flatMap((key) =>
    freshValues[key.type].map((fresh, turn) =>
      columns.map(({ name, type }, position) => {
        if (name === 'sp_connection_name') return quoteLiteral(connectionName)
        if (engineColumns.some((own) => own.name === name)) {
          return `${quoteLiteral(JSON.stringify({ connection_name: connectionName }))}::${type}`
        }
        // One of several keys is enough, so that all of them must be fresh.
        const isFresh = name === key.name || (isAnyOf && needed.some((other) => other.name === name))
        const pool = isFresh ? freshValues[type] : valuesOfType[type]
        const value = name === key.name ? fresh : pool[(turn + position) % Math.min(pool.length, 4)]
        return `${quoteLiteral(value ?? fresh)}::${type}`
      }),
    ),
  )
}
