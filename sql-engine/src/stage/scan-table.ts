import type { DatabaseError } from '../database-error.js'

/** A table in PostgreSQL that holds the rows of one scan. */
export interface ScanTable {
  /** A name that needs no quoting: `s_12`. */
  readonly name: string
  /** The name with its schema: `pg_millrace_scan.s_12`. */
  readonly qualifiedName: string
  readonly oid: number
  readonly rowCount: number
  /** A condition for the rows that were asked for, where there are others beside them that were not. */
  readonly askedFor?: string | undefined
  /** What it lacks because an API failed and its user has chosen to go on. */
  readonly missing: readonly MissingPart[]
  /** Lets the table be dropped once it is no longer read. Returns at once; may be called again. */
  release(): void
}

export interface MissingPart {
  /** Whether whole rows are missing, or values in rows, which are then NULL. */
  readonly kind: 'rows' | 'values'
  /** The part in words, such as `rows of region eu-west-1`. */
  readonly part: string
  readonly error: DatabaseError
}

/** A scan table that holds the rows by itself. */
export interface StagedTable extends ScanTable {
  /** Bytes that it takes on disk: rows and their TOAST data. 0 once it is dropped. */
  measure(): Promise<number>
}
