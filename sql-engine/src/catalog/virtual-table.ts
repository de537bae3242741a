import type { ColumnType, Plugin, Table } from '@millrace/plugin-sdk'
import type { DatabaseError } from '../database-error.js'

/** A configured connection. Its name is the name of a schema. */
export interface CatalogConnection {
  readonly name: string
  readonly plugin: Pick<Plugin, 'name' | 'description' | 'version'>
  readonly tables: ConnectionTables
  /** Of an aggregator, whose rows come through several connections, what it asks. */
  readonly aggregator?: object
}

/** The tables of a connection, or why they cannot be asked. */
export type ConnectionTables =
  | { readonly kind: 'found'; readonly tables: readonly Table[] }
  | {
      readonly kind: 'failed'
      readonly error: DatabaseError
      /** Those that it would have; undefined where that is not known, and the catalog keeps those of before. */
      readonly tables: readonly Table[] | undefined
    }

/** A column of a virtual table as PostgreSQL's catalog has it. */
export interface CatalogColumn {
  readonly name: string
  /** The type of what the plugin yields for it. */
  readonly type: ColumnType
  /**
   * The type in the catalog. Differs from `type` only where a user's view depends on the column as an
   * earlier version of the plugin defined it.
   */
  readonly databaseType: ColumnType
  readonly attnum: number
  readonly description: string
}

/** A virtual table of the catalog, with what it stands for. */
export interface VirtualTable {
  /** The table's OID in pg_class. */
  readonly oid: number
  /** The OIDs of foreign tables of an older home that stand for it in users' objects of that time. */
  readonly formerOids: readonly number[]
  readonly schema: string
  readonly definition: Table
  readonly connection: CatalogConnection
  /** Why it cannot be queried, and is there only because it was before. */
  readonly failure: DatabaseError | undefined
  /** The columns in attnum order, as `select *` shows them. Attnums may have gaps. */
  readonly columns: readonly CatalogColumn[]
}
