/** What a statement goes on without because an API failed, and how its client learns of it. */
import { DatabaseError } from '../database-error.js'
import type { ScanTable } from '../stage/scan-table.js'

export interface MissingRowsTeller {
  /** Sends a notice to the client; undefined where the client would not see it. */
  readonly notice: ((message: string) => void) | undefined
  /** The messages that the statement's client has got already. */
  readonly told: Set<string>
}

/**
 * Informs the client of the parts that are missing, each once, although several scans may lack it.
 * @param table releases its rows where they must not be read
 * @returns the message to the client; undefined for a table that lacks nothing
 * @throws DatabaseError for the missing part, where the client would not see a notice
 */
export function tellMissing(
  table: ScanTable,
  { tableName, connection }: { readonly tableName: string; readonly connection: string },
  { notice, told }: MissingRowsTeller,
): string | undefined {
  const [first] = table.missing
  if (first === undefined) return undefined
  if (notice === undefined) {
    table.release()
    throw first.error
  }
  const messages = table.missing.map(({ part, error }) => {
    const message = missingText(part, withConnectionName(error, connection))
    const key = JSON.stringify([tableName, connection, part])
    if (!told.has(key)) notice(message)
    told.add(key)
    return message
  })
  return messages.join('; ')
}

/** @param rows which ones, such as `rows of region eu-west-1` */
export function missingText(rows: string, { message, detail }: DatabaseError): string {
  return `${rows} are missing: ${message}${detail === undefined ? '' : ` (${detail})`}`
}

export function withConnectionName(error: DatabaseError, name: string): DatabaseError {
  const { sqlState, detail, hint, position } = error
  if (sqlState === '57014') return error
  return new DatabaseError(`connection "${name}": ${error.message}`, {
    sqlState,
    detail,
    hint,
    position,
    cause: error,
  })
}
