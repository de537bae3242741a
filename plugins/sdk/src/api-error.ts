/** An API's failure, in terms that PostgreSQL clients understand. */

/**
 * SQLSTATEs that plugins use; see PostgreSQL's appendix A, "PostgreSQL Error Codes". The classes 08 and 28 are
 * excluded: a driver or a pool would conclude that its connection to Millrace is broken, or its own password wrong.
 */
export type ApiSqlState =
  /** fdw_error: the API rejected the call or failed, or there are no credentials for it. */
  | 'HV000'
  /** fdw_unable_to_establish_connection: the API could not be reached. */
  | 'HV00N'
  /** insufficient_resources: this machine has failed, such as for lack of file descriptors. */
  | '53000'
  /** query_canceled */
  | '57014'

/**
 * Why a call may be made again as it is:
 * - `throttled`: the API is asked too often;
 * - `transient`: the service failed for a moment, or the connection was cut;
 * - `unanswered`: nothing answered. Given up soon, since a wrong address does not become right by waiting.
 */
export type RetryReason = 'throttled' | 'transient' | 'unanswered'

export interface ApiErrorOptions {
  readonly sqlState?: ApiSqlState | undefined
  /** The API's own name of the error, such as `AccessDeniedException`: users name it in `ignore_error_codes`. */
  readonly code?: string | undefined
  /** What the API said, word for word, without secrets. */
  readonly detail?: string | undefined
  /** What the user can do about it. */
  readonly hint?: string | undefined
  /** Why the same call may succeed later; absent where it would fail again. */
  readonly retry?: RetryReason | undefined
  /** How long the API asks to be left alone, in milliseconds. */
  readonly retryAfter?: number | undefined
  readonly cause?: unknown
}

const brand = Symbol.for('millrace.ApiError')

/** Thrown by plugins. The engine adds the names of table and API call to its message. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly [brand] = true
  readonly sqlState: ApiSqlState
  readonly code: string | undefined
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly retry: RetryReason | undefined
  readonly retryAfter: number | undefined

  constructor(message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.sqlState = options.sqlState ?? 'HV000'
    this.code = options.code
    this.detail = options.detail
    this.hint = options.hint
    this.retry = options.retry
    this.retryAfter = options.retryAfter
  }

  /** Whether an error is an ApiError, even from another copy of this package, which a plugin may have installed. */
  static is(error: unknown): error is ApiError {
    return error instanceof Error && brand in error
  }
}
