/** Statements as trees and tokens, by PostgreSQL's own grammar. */
import type { ParseResult, ScanToken } from 'libpg-query'
import { DatabaseError } from '../database-error.js'
import { grammar } from './grammar.js'
import { isObject, type Node, walk } from './syntax-tree.js'

export type { ScanToken }

export interface ParsedStatement {
  readonly node: Node
  /** Byte offset and length of the statement in the text; no length means to its end. */
  readonly byteStart: number
  readonly byteLength: number | undefined
}

/**
 * Parses a text of any number of statements.
 * @returns undefined when it is not PostgreSQL's SQL, or too large
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

function parsedOrNot(text: string): Partial<ParseResult> | undefined {
  try {
    return grammar.use(text, ({ parseSync }) => ({ stmts: [], ...parseSync(text) }))
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

/**
 * The tokens of a text, comments left out; offsets are bytes of UTF-8.
 * @throws DatabaseError 53200 while the grammar cannot be used; Error for a literal that does not end
 */
export function tokensOf(text: string): readonly ScanToken[] {
  const tokens = grammar.use(text, ({ scanSync }) => scanSync(text).tokens)
  if (tokens === undefined) {
    throw new DatabaseError('the parser is being replaced, after statements that were too large for it', {
      sqlState: '53200',
      hint: 'Try again.',
    })
  }
  return tokens.filter(({ tokenName }) => tokenName !== 'C_COMMENT' && tokenName !== 'SQL_COMMENT')
}
