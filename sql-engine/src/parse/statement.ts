/** One statement of a text that the client sent. */
export interface Statement {
  /** The statement's own text, without what precedes and follows it. */
  readonly text: string
  /** Where it begins in the client's text, in characters (Unicode code points). */
  readonly start: number
  /** Whether it may name a virtual table. If false, it is relayed as it stands. */
  readonly mayNameVirtualTables: boolean
  /** Whether PostgreSQL refuses it outside of a transaction block, before it reads a row. */
  readonly needsTransaction: boolean
}
