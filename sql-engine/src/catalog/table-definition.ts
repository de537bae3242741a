import type { Key, Table } from '@millrace/plugin-sdk'
import { DatabaseError } from '../database-error.js'
import { catalogColumns, engineColumns } from './catalog-columns.js'
import { isColumnType } from './column-type.js'
import type { ForeignOptions } from './foreign-options.js'

/** A virtual table as PostgreSQL's catalog shows it, or should show it. */
export interface TableDefinition {
  readonly schema: string
  readonly name: string
  readonly description: string
  /** Options of the foreign table by which PostgreSQL itself reads it: which table it asks the gateway for. */
  readonly options: ForeignOptions
  readonly columns: readonly ForeignColumn[]
}

export interface ForeignColumn {
  readonly name: string
  readonly type: string
  readonly description: string
  /** Which conditions on the column reach the API: see {@link keyOptions}. */
  readonly options: ForeignOptions
}

/** NAMEDATALEN is 64 bytes, with a NUL. PostgreSQL cuts longer names, and two could become one. */
const longestName = 63

/**
 * What the catalog is to show for a plugin's table.
 * @throws DatabaseError when the plugin's table cannot be shown
 */
export function tableDefinition(schema: string, table: Table): TableDefinition {
  const columns = foreignColumns.get(table) ?? columnsOf(schema, table)
  foreignColumns.set(table, columns)
  const options = { schema_name: schema, table_name: table.name }
  return { schema, name: table.name, description: table.description, options, columns }
}

/** The same for all connections that have the table: no table is both a system table and a connection's. */
const foreignColumns = new WeakMap<Table, readonly ForeignColumn[]>()

function columnsOf(schema: string, table: Table): readonly ForeignColumn[] {
  checkNames(table)
  return catalogColumns(table, schema).map(({ name, type, description }) => {
    if (!isColumnType(type)) throw pluginFault(table, `Its column "${name}" has the unknown type ${type}.`)
    const key = table.keys[name]
    return { name, type, description: describe(description, key), options: keyOptions(key) }
  })
}

/** A description that also says what conditions on the column do. */
function describe(description: string, key: Key | undefined): string {
  if (key === undefined) return description
  const required = key.require === undefined || key.require === 'optional' ? [] : [requirements[key.require]]
  const words = [`Key column: ${key.operators.join(', ')}`, ...required]
  return `${description} (${words.join('; ')})`.trimStart()
}

const requirements = {
  required: 'required',
  'any-of': 'this or another such column is required',
} as const

/**
 * Options of the foreign table's columns:
 * - `key_operators`: operators whose conditions narrow what the API is asked for, by PostgreSQL's names
 * - `key_require`: `required`, or `any-of` when one of several such columns must have an `=` value
 * - `key_values_per_call`: how many `=` values one API call takes
 */
function keyOptions(key: Key | undefined): ForeignOptions {
  if (key === undefined) return {}
  return {
    key_operators: key.operators.join(', '),
    ...(key.require === undefined || key.require === 'optional' ? {} : { key_require: key.require }),
    ...(key.valuesPerCall === undefined ? {} : { key_values_per_call: String(key.valuesPerCall) }),
  }
}

function checkNames(table: Table): void {
  const own = Object.keys(table.columns)
  for (const name of [table.name, ...own]) {
    if (name === '' || Buffer.byteLength(name) > longestName) {
      throw pluginFault(table, `The name "${name}" does not have 1 to ${longestName} bytes.`)
    }
  }
  const reserved = engineColumns.find(({ name }) => own.includes(name))
  if (reserved !== undefined) throw pluginFault(table, `The column name "${reserved.name}" is reserved.`)
}

function pluginFault(table: Table, detail: string): DatabaseError {
  return new DatabaseError(`table "${table.name}" is not defined as it should be`, {
    sqlState: 'HV000', // fdw_error
    detail,
    hint: 'This is a fault of the plugin.',
  })
}
