/** What a statement goes on without, because an API failed, and how its client is told. */
import { DatabaseError } from '../database-error.js'
import type { ScanTable } from '../stage/scan-table.js'

export interface MissingRowsTeller {
  /** Undefined where the client would not hear of it. */
  readonly notice: ((message: string) => void) | undefined
  /** What the statement's client has been told of. */
  readonly told: Set<string>
}

/**
 * Several scans may lack the same part; the client is told of it once.
 * @param table lets go of its rows, where they must not be read
 * @returns what the client is told; undefined of a table that lacks nothing
 * @throws DatabaseError of the part that is missing, where nobody would be told
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
