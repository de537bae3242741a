/** What a statement of a caller may take at most. The command line says it; nothing that a caller sends changes it. */
export interface Ceilings {
  /** Calls to APIs. */
  readonly calls: number
  /** Rows that are returned. */
  readonly rows: number
  readonly seconds: number
}

/** Characters of one value that are returned. */
export const longestValue = 2_000

/** Characters of all rows together that are returned. */
export const longestResult = 100_000

/** Bytes that a statement's session may send, which is more than anything that is returned takes. */
export const mostBytes = 32 << 20
