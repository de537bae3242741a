import type { Row } from '@millrace/plugin-sdk/column'
import type { ClientConfig } from 'pg'
import type { Logger } from 'pino'
import type { CatalogColumn } from '../catalog/virtual-table.js'
import type { ScanTable } from './scan-table.js'

export interface StageRequest {
  /** All columns of the virtual table, in order. */
  readonly columns: readonly CatalogColumn[]
  /** Names of the columns that the rows fill; the others are NULL. */
  readonly filled: readonly string[]
  /** The virtual table's name, for errors. */
  readonly tableName: string
  readonly rows: AsyncIterable<readonly Row[]>
  readonly signal: AbortSignal
}

export interface ScanTablesOptions {
  readonly engineConfig: ClientConfig
  readonly log: Logger
}

/** Makes and drops the tables that hold the rows of scans. One for the engine. */
export class ScanTables {
  constructor(_options: ScanTablesOptions) {}

  /** @throws DatabaseError; 57014 when the signal is aborted */
  stage(_request: StageRequest): Promise<ScanTable> {
    return Promise.reject(new Error('not yet'))
  }

  /** Drops what has been released and closes the connections. */
  async stop(): Promise<void> {}
}
