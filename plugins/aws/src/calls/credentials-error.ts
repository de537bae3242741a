/**
 * Why a connection has no credentials.
 */
import { ApiError } from '@millrace/plugin-sdk'
import { toApiError } from './aws-error.js'

/**
 * Names the connection: where there are several, the error is about the settings of one.
 * @param region in which roles are assumed
 */
export function credentialsError(error: unknown, connectionName: string, region: string): ApiError {
  const { message, sqlState, code, detail, hint, retry, retryAfter } = toApiError(error, region)
  const named = `${message} (connection "${connectionName}")`
  return new ApiError(named, { sqlState, code, detail, hint, retry, retryAfter })
}
