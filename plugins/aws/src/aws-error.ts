/**
 * AWS's refusals as PostgreSQL errors.
 *
 * Codes are those of the API references' pages "Common Errors" and of the errors' own names in the SDK.
 */
import { ApiError, type ApiErrorOptions, type RetryReason } from '@millrace/plugin-sdk/api-error'
import { readRetryAfter } from '@millrace/plugin-sdk/retry'
import { credentialPlaces } from './credentials.js'

/** What the SDK's errors have in common. */
interface AwsSdkError extends Error {
  readonly code?: unknown
  readonly $metadata?: {
    readonly httpStatusCode?: number
    readonly requestId?: string
    /** Set by the SDK once it has learnt by how much this machine's clock is off. */
    readonly clockSkewCorrected?: boolean
  }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

const denied = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError|NotAuthorized)$/
const unknownCredentials =
  /^(UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|ExpiredToken|InvalidClientTokenId|InvalidToken|InvalidAccessKeyId|IncompleteSignature|MissingAuthenticationToken|AuthFailure|RequestExpired|RequestInTheFuture|RequestTimeTooSkewed|OptInRequired|ExpiredTokenException)(Exception)?$/
const expired = /^(ExpiredToken|RequestExpired)/
const throttled =
  /Throttl|^(TooManyRequests|RequestLimitExceeded|LimitExceeded|BandwidthLimitExceeded|ProvisionedThroughputExceeded|SlowDown|PriorRequestNotComplete)/
/** Beside HTTP 5xx; the SDK's own list for its retries, and the code that comes with HTTP 408. */
const transient = /^(RequestTimeout(Exception)?|UnknownError)$/
const cut = /^(ECONNRESET|EPIPE|ECONNABORTED)$/
const unanswered = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|TimeoutError)$/
const noCredentials = /^(CredentialsProviderError|TokenProviderError|ProviderError)$/
const network =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNABORTED|EPROTO|CERT_.*|ERR_TLS_.*|.*_CERT(IFICATE)?.*)$/

/** @param region where the call was made */
export function toApiError(error: unknown, region: string): ApiError {
  if (ApiError.is(error)) return error
  if (!(error instanceof Error))
    return new ApiError(`the call failed in ${region}`, { detail: String(error) })
  const { name, message, code, $metadata, $response } = error as AwsSdkError
  const symptom = typeof code === 'string' ? code : name
  if (name === 'AbortError') return new ApiError('the call was cancelled', { sqlState: '57014' })
  if (noCredentials.test(name)) {
    return new ApiError('no AWS credentials were found', {
      detail: firstParagraph(message),
      hint: credentialPlaces,
    })
  }
  if (network.test(symptom) || name === 'TimeoutError') {
    return new ApiError(`AWS could not be reached in ${region}`, {
      sqlState: 'HV00N',
      detail: firstParagraph(`${symptom}: ${message || 'no answer'}`),
      hint: 'Check the network, the name of the region, and endpoint_url or AWS_ENDPOINT_URL if one is set.',
      retry: retryUnreachable(symptom, name),
    })
  }
  const status = $metadata?.httpStatusCode
  // The cause is left out: the SDK's errors carry the request with its signature.
  return new ApiError(summary(name, status, region), {
    ...verdict(name, status),
    detail: detailOf(name, message, status, $metadata?.requestId),
    retry: $metadata?.clockSkewCorrected ? 'transient' : retryRefused(name, status),
    retryAfter: readRetryAfter($response?.headers?.['retry-after'], Date.now()),
  })
}

function retryUnreachable(symptom: string, name: string): RetryReason | undefined {
  if (unanswered.test(symptom) || unanswered.test(name)) return 'unanswered'
  return cut.test(symptom) ? 'transient' : undefined
}

function retryRefused(name: string, status: number | undefined): RetryReason | undefined {
  if (throttled.test(name) || status === 429) return 'throttled'
  return transient.test(name) || (status !== undefined && status >= 500) ? 'transient' : undefined
}

function verdict(name: string, status: number | undefined): ApiErrorOptions {
  if (denied.test(name)) {
    return { hint: 'Grant the permission that DETAIL names to the credentials in use, or use others.' }
  }
  if (unknownCredentials.test(name)) {
    return {
      hint: expired.test(name)
        ? 'Renew the credentials (for IAM Identity Center: aws sso login), then run the query again.'
        : 'Check the credentials and the clock of this machine. A region that the account has not enabled answers so too.',
    }
  }
  if (throttled.test(name) || status === 429) {
    return { hint: 'Run the query again later, or narrow it, so that it makes fewer calls.' }
  }
  if (status !== undefined && status >= 500) {
    return { hint: 'The service itself failed. Run the query again later.' }
  }
  return { hint: 'Check the conditions of the query against what DETAIL says.' }
}

function summary(name: string, status: number | undefined, region: string): string {
  if (denied.test(name)) return `AWS denied access in ${region}`
  if (unknownCredentials.test(name)) return `AWS does not accept these credentials in ${region}`
  if (throttled.test(name) || status === 429) return `AWS was asked too often in ${region}`
  if (status !== undefined && status >= 500) return `AWS failed in ${region}`
  return `AWS refused the request in ${region}`
}

function detailOf(name: string, message: string, status: number | undefined, requestId: string | undefined) {
  const said = message && message !== name ? `${name}: ${firstParagraph(message)}` : name
  const traces = [status && `HTTP ${status}`, requestId && `request id ${requestId}`].filter(Boolean)
  return traces.length > 0 ? `${said} (${traces.join(', ')})` : said
}

/**
 * What follows the first paragraph is for developers of clients; for a wrong signature it is the signed
 * request, session token included.
 */
function firstParagraph(message: string): string {
  return (message.split(/\n\s*\n/, 1)[0] ?? '').trim().slice(0, 1000)
}
