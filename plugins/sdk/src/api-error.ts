/**
 * An API's refusal, told so that PostgreSQL clients understand it.
 */

/** SQLSTATEs that plugins use; see PostgreSQL's appendix A, "PostgreSQL Error Codes". */
export type ApiSqlState =
  /** fdw_error: the API refused or failed. */
  | 'HV000'
  /** connection_failure: the API could not be reached. */
  | '08006'
  /** invalid_authorization_specification: the API does not know these credentials, or none were found. */
  | '28000'
  /** insufficient_privilege: the credentials are known but may not do this. */
  | '42501'
  /** configuration_limit_exceeded: a rate or quota is spent. */
  | '53400'
  /** query_canceled */
  | '57014'

export interface ApiErrorOptions {
  readonly sqlState?: ApiSqlState
  /** What the API said, word for word, without secrets. */
  readonly detail?: string
  /** What the user can do about it. */
  readonly hint?: string
  readonly cause?: unknown
}

/** Thrown by plugins. The engine adds the names of table and API call to its message. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly sqlState: ApiSqlState
  readonly detail: string | undefined
  readonly hint: string | undefined

  constructor(message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.sqlState = options.sqlState ?? 'HV000'
    this.detail = options.detail
    this.hint = options.hint
  }
}
