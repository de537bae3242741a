/**
 * Statements are read, and the engine's questions answered, as UTF-8. Under another client_encoding that works for
 * ASCII, which is the same in all of them; other characters are rejected.
 */
import { DatabaseError } from '@millrace/sql-engine/database-error'

/** @throws DatabaseError 0A000 when texts are not ASCII and the encoding is not UTF-8 */
export function checkReadable(encoding: string | undefined, texts: Iterable<string | null>): void {
  if (encoding === undefined || encoding === 'UTF8' || encoding === 'SQL_ASCII') return
  for (const text of texts) if (text !== null && !isAscii(text)) throw unreadable(encoding)
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

function unreadable(encoding: string): DatabaseError {
  return new DatabaseError(`virtual tables cannot be queried under client_encoding ${encoding}`, {
    sqlState: '0A000',
    detail: 'The statement, or a value by which a table is asked, has characters that are not ASCII.',
    hint: "Run SET client_encoding = 'UTF8' first.",
  })
}
