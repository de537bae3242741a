import { DatabaseError as ServerError } from 'pg'
import { DatabaseError } from '../database-error.js'
import { engineFailure } from '../engine-failure.js'

/** Reports a failure to stage rows in terms of the virtual table: its name and column, not the scan table's. */
export function stagingError(error: unknown, tableName: string): DatabaseError {
  if (error instanceof DatabaseError) return error
  if (error instanceof ServerError && error.code !== undefined) {
    // Class 22 is "Data Exception": PostgreSQL has rejected a value. Its CONTEXT says where.
    const column = error.code.startsWith('22') ? /, line \d+, column (.+?): /s.exec(error.where ?? '') : null
    if (column !== null) {
      return new DatabaseError(`table ${tableName} yields a wrong value for column "${column[1]}"`, {
        sqlState: 'HV004', // fdw_invalid_data_type
        detail: error.message,
        hint: 'This is a fault of the plugin, or the API has sent something unexpected.',
        cause: error,
      })
    }
    return new DatabaseError(`rows of table ${tableName} could not be staged: ${error.message}`, {
      sqlState: error.code,
      detail: error.detail,
      hint: error.hint,
      cause: error,
    })
  }
  const failure = engineFailure(error, `rows of table ${tableName} were staged`)
  if (failure !== undefined) return failure
  return new DatabaseError(`rows of table ${tableName} could not be fetched`, {
    sqlState: 'HV000', // fdw_error
    detail: error instanceof Error ? error.message : String(error),
    cause: error,
  })
}
