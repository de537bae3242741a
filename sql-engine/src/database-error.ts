/** A failure as PostgreSQL reports it: chapter "Error and Notice Message Fields" of its protocol. */
export interface DatabaseErrorFields {
  /** Five characters of SQLSTATE; PostgreSQL's appendix A. */
  readonly sqlState: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  /** 1-based character position in the text that the client sent. */
  readonly position?: number | undefined
  readonly cause?: unknown
}

/** Any failure that is reported to a client. Never holds a secret. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly sqlState: string
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly position: number | undefined

  constructor(message: string, fields: DatabaseErrorFields) {
    super(message, { cause: fields.cause })
    this.sqlState = fields.sqlState
    this.detail = fields.detail
    this.hint = fields.hint
    this.position = fields.position
  }
}

/** The error of a statement that its client, a time-out or a shutdown has cancelled: 57014 query_canceled. */
export function canceledError(): DatabaseError {
  return new DatabaseError('canceling statement due to user request', { sqlState: '57014' })
}
