/** Tables for statements that are planned and not run. */
import type { Table } from '@millrace/plugin-sdk'
import { catalogColumns } from '../catalog/catalog-columns.js'
import type { VirtualTable } from '../catalog/virtual-table.js'

/**
 * A table as the catalog has it.
 * @param connection its name, which is that of the schema and of the plugin, too
 * @param more what else there is to say of the connection
 */
export function plannedTable(
  oid: number,
  table: Table,
  connection: string,
  more: Partial<VirtualTable['connection']> = {},
): VirtualTable {
  return {
    oid,
    formerOids: [],
    schema: connection,
    definition: table,
    connection: {
      name: connection,
      plugin: { name: connection, description: '' },
      tables: { kind: 'found', tables: [table] },
      ...more,
    },
    failure: undefined,
    columns: catalogColumns(table).map((column, index) => ({
      ...column,
      databaseType: column.type,
      attnum: index + 1,
    })),
  }
}
