import type { ClientBase } from 'pg'

/** A scan table whose rows are there, in a transaction that is not committed yet. */
export interface FilledTable {
  readonly schema: string
  readonly name: string
  readonly rowCount: number
  /** Whether PostgreSQL has statistics of it. */
  readonly isAnalyzed: boolean
}

/** Where the rows of scan tables lie. */
export interface TablePlacement {
  /** @throws Error of PostgreSQL */
  place(client: ClientBase, table: FilledTable): Promise<void>
  /** An expression of SQL: the bytes of the table whose OID is $1. */
  readonly size: string
}

/** In the PostgreSQL that the engine is connected to. */
export const localPlacement: TablePlacement = {
  place: async () => {},
  size: 'pg_total_relation_size($1)',
}
