import type { ColumnType } from '@millrace/plugin-sdk'

/** PostgreSQL's internal names of the types that columns have. */
export const internalTypeNames: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  boolean: 'bool',
  bigint: 'int8',
  'double precision': 'float8',
  numeric: 'numeric',
  inet: 'inet',
  cidr: 'cidr',
  uuid: 'uuid',
  date: 'date',
  jsonb: 'jsonb',
  'timestamp with time zone': 'timestamptz',
}
