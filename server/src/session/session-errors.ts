/** The errors of statements that neither PostgreSQL nor an API has failed. */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import type { Logger } from 'pino'

export function statementTimeout(): DatabaseError {
  return new DatabaseError('canceling statement due to statement timeout', { sqlState: '57014' })
}

export function statementTooLong(): DatabaseError {
  return new DatabaseError('the condition on a virtual table is too long', {
    sqlState: '54000',
    hint: 'Put the values into a table, and join it.',
  })
}

export function connectionLost(): DatabaseError {
  return new DatabaseError('the connection to the engine was lost', {
    sqlState: '08006',
    hint: 'Connect again; if PostgreSQL has crashed, it is being started.',
  })
}

export function internalError(error: unknown, log: Logger): DatabaseError {
  log.error({ err: error }, 'internal error')
  const said = error instanceof Error ? error.message : String(error)
  return new DatabaseError(`internal error: ${said}`, { sqlState: 'XX000', cause: error })
}
