import type { ColumnType, Row } from '@millrace/plugin-sdk'
import { DatabaseError } from '../database-error.js'
import { copyNull, copyValueEncoders } from './copy-text.js'

export type CopyRowEncoder = (row: Row) => string

/**
 * Compiles the encoder of a scan's rows: a line of COPY's text format for each, with these columns in this order.
 * @throws DatabaseError (the encoder does) when a row holds what its column's type does not allow
 */
export function copyRowEncoder(
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
  tableName: string,
): CopyRowEncoder {
  const names = columns.map(({ name }) => name)
  const encoders = columns.map(({ type }) => copyValueEncoders[type])
  const count = columns.length
  return (row) => {
    let line = ''
    for (let index = 0; index < count; index++) {
      if (index > 0) line += '\t'
      const value = (row as Readonly<Record<string, unknown>>)[names[index] as string]
      if (value === null || value === undefined) line += copyNull
      else {
        const text = encoders[index]?.(value)
        if (text === undefined) throw wrongValue(tableName, columns[index], value)
        line += text
      }
    }
    return `${line}\n`
  }
}

function wrongValue(
  tableName: string,
  column: { readonly name: string; readonly type: ColumnType } | undefined,
  value: unknown,
): DatabaseError {
  return new DatabaseError(`table ${tableName} yields a wrong value for column "${column?.name}"`, {
    sqlState: 'HV004', // fdw_invalid_data_type
    detail: `${describe(value)} does not stand for ${column?.type}.`,
    hint: 'This is a fault of the plugin.',
  })
}

/** Describes the value without showing all of it. */
function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return `The ${typeof value} ${value}`
  }
  if (typeof value === 'string') return 'A string'
  return value instanceof Date ? 'An invalid Date' : `A value of type ${typeof value}`
}
