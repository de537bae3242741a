import type { ColumnType, Table } from '@millrace/plugin-sdk'
import { isSystemSchema } from '../postgres/names.js'

/** A column as a virtual table is defined with it. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: ColumnType
  readonly description: string
}

/** Columns that the engine adds to every table, by Steampipe's names. */
export const engineColumns: readonly ColumnDefinition[] = [
  {
    name: 'sp_connection_name',
    type: 'text',
    description: 'Name of the connection that the row came through.',
  },
  { name: 'sp_ctx', type: 'jsonb', description: 'How the row was fetched: its connection.' },
  { name: '_ctx', type: 'jsonb', description: 'The same as sp_ctx, by its older name.' },
]

/**
 * A table's columns in the order in which the catalog shows them: the plugin's, then the engine's, which system
 * tables lack.
 */
export function catalogColumns(table: Table, schema?: string): readonly ColumnDefinition[] {
  const own = Object.entries(table.columns).map(([name, { type, description }]) => ({
    name,
    type,
    description,
  }))
  return schema !== undefined && isSystemSchema(schema) ? own : [...own, ...engineColumns]
}
