import type { DatabaseError } from '../database-error.js'

/** A table in PostgreSQL that holds the rows of one scan. */
export interface ScanTable {
  /** Needs no quoting: `s_12`. */
  readonly name: string
  /** With its schema: `pg_millrace_scan.s_12`. */
  readonly qualifiedName: string
  readonly oid: number
  readonly rowCount: number
  /** What it has no rows of, because an API failed and its user has chosen to go on. */
  readonly missing: readonly MissingPart[]
  /** Lets the table be dropped, when no one reads it any more. Returns at once; may be called again. */
  release(): void
}

export interface MissingPart {
  /** Whole rows, or values of rows that are there, as NULL. */
  readonly kind: 'rows' | 'values'
  /** In words, such as `rows of region eu-west-1`. */
  readonly part: string
  readonly error: DatabaseError
}

/** One that holds the rows by itself. */
export interface StagedTable extends ScanTable {
  /** Bytes that it takes on disk: rows and what PostgreSQL puts aside of them. 0 once it is dropped. */
  measure(): Promise<number>
}
