import type { ColumnType } from '@millrace/plugin-sdk'

/** The column types, by the names that format_type() gives them. */
const columnTypes: Readonly<Record<ColumnType, true>> = {
  text: true,
  boolean: true,
  bigint: true,
  'double precision': true,
  numeric: true,
  inet: true,
  cidr: true,
  uuid: true,
  date: true,
  jsonb: true,
  'timestamp with time zone': true,
}

export function isColumnType(name: string): name is ColumnType {
  return Object.hasOwn(columnTypes, name)
}
