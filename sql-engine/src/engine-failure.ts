import { DatabaseError as ServerError } from 'pg'
import { DatabaseError } from './database-error.js'
import { outOfResources } from './out-of-resources.js'

/**
 * The error for what the engine's own connections to PostgreSQL have failed with: with PostgreSQL's SQLSTATE, such as 53100
 * for a full disk; class 53 where this machine has run out of something; 08006 where the connection was lost, as when
 * PostgreSQL dies.
 * @param purpose what they were used for, after "while"
 * @returns undefined for any other error
 */
export function engineFailure(error: unknown, purpose: string): DatabaseError | undefined {
  if (error instanceof ServerError && error.code !== undefined) {
    const { message, code, detail, hint } = error
    return new DatabaseError(`${message}, while ${purpose}`, { sqlState: code, detail, hint, cause: error })
  }
  const exhausted = outOfResources(error)
  if (exhausted !== undefined) return exhausted
  if (!(error instanceof Error && isConnectionLoss(error))) return undefined
  return new DatabaseError(`the engine was lost while ${purpose}`, {
    sqlState: '08006', // connection_failure
    detail: error.message,
    hint: 'If PostgreSQL has crashed, it is being started: try once more.',
    cause: error,
  })
}

function isConnectionLoss(error: Error): boolean {
  if (/^Connection terminated|not queryable|Client was closed/.test(error.message)) return true
  return 'syscall' in error && ['connect', 'read', 'write'].includes(String(error.syscall))
}
