/** PostgreSQL's own grammar (libpg-query). */
import { loadModule, parseSync, type ScanToken, scanSync } from 'libpg-query'
import { isObject, type Node, walk } from './syntax-tree.js'

export type { ScanToken }

// The WebAssembly module must be there before anything is parsed. Loading takes 50 ms of the processor's time, once, and so
// whoever may do without imports this file late.
await loadModule()

export interface ParsedStatement {
  readonly node: Node
  /** Byte offset and length of the statement in the text; no length means to its end. */
  readonly byteStart: number
  readonly byteLength: number | undefined
}

/**
 * Parses a text of any number of statements.
 * @returns undefined when it is not PostgreSQL's SQL
 */
export function parseText(text: string): readonly ParsedStatement[] | undefined {
  const parsed = parsedOrNot(text)
  // Nothing else is repeated.
  if (/\bset\b/i.test(text)) dropRepeats(parsed)
  return parsed?.stmts?.flatMap(({ stmt, stmt_location, stmt_len }) =>
    stmt === undefined
      ? []
      : [{ node: stmt, byteStart: stmt_location ?? 0, byteLength: stmt_len || undefined }],
  )
}

function parsedOrNot(text: string): Partial<ReturnType<typeof parseSync>> | undefined {
  try {
    return { stmts: [], ...parseSync(text) }
  } catch {
    return undefined
  }
}

/**
 * Drops repeats: `SET (a, b) = (SELECT …)` is one query, which the grammar attaches to each of its columns, and a
 * tree sent as JSON holds it as often. It stays at the first.
 */
function dropRepeats(parsed: unknown): void {
  walk(parsed, (object) => {
    const assigned = object.MultiAssignRef
    if (isObject(assigned) && assigned.colno !== 1) delete assigned.source
    return undefined
  })
}

/** The tokens of a text, comments left out; offsets are bytes of UTF-8. */
export function tokensOf(text: string): readonly ScanToken[] {
  return scanSync(text).tokens.filter(
    ({ tokenName }) => tokenName !== 'C_COMMENT' && tokenName !== 'SQL_COMMENT',
  )
}
