/** What the console needs of whoever answers its statements; whose client that is, is not its business. */
import type { DownloadFormat, Row } from '../protocol/messages.js'

export interface DatabaseColumn {
  readonly name: string
  /** The OID of its type. */
  readonly type: number
}

export interface DatabaseBatch {
  /** Empty for a statement without a result. */
  readonly columns: readonly DatabaseColumn[]
  readonly rows: readonly Row[]
}

export interface DatabaseNotice {
  readonly severity?: string | undefined
  readonly message: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly where?: string | undefined
}

/** One session, which does one thing at a time. */
export interface DatabaseSession {
  /**
   * Runs one statement, by the extended protocol. No more than a batch of rows is on the way at a time; where it is not
   * read to the end, no more are asked for.
   * @throws what PostgreSQL says, at any batch
   */
  read(text: string, values: readonly string[], batch: number): AsyncIterable<DatabaseBatch>
  /** Runs one statement without a result. @returns the number of rows that its tag tells, as that of MOVE */
  command(text: string, values?: readonly string[]): Promise<number>
  /** Asks for the end of the statement that runs. */
  cancel(): void
  end(): Promise<void>
}

export interface Database {
  /** @throws Error where nobody answers */
  open(onNotice: (notice: DatabaseNotice) => void): Promise<DatabaseSession>
}

/**
 * Writes a result as a file, piece by piece.
 * @param write resolves when more may be written
 */
export type WriteResult = (
  format: DownloadFormat,
  columns: readonly DatabaseColumn[],
  batches: AsyncIterable<readonly Row[]>,
  write: (bytes: Uint8Array) => Promise<void>,
) => Promise<void>
