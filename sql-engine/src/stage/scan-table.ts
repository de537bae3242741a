/** A table in PostgreSQL that holds the rows of one scan. */
export interface ScanTable {
  /** Needs no quoting: `s_12`. */
  readonly name: string
  /** With its schema: `millrace_scan.s_12`. */
  readonly qualifiedName: string
  readonly oid: number
  readonly rowCount: number
  /** Bytes that it takes on disk by itself. */
  readonly diskBytes: number
  /** Lets the table be dropped, when no one reads it any more. Returns at once; may be called again. */
  release(): void
}
