/**
 * AWS's errors as PostgreSQL errors.
 *
 * Codes are those of the API references' pages "Common Errors" and of the errors' own names in the SDK.
 */
import {
  ApiError,
  type ApiErrorOptions,
  localFailure,
  type RetryReason,
  readRetryAfter,
} from '@millrace/plugin-sdk'
import { ForeignAnswerError } from '../answers/foreign-answer.js'
import { credentialPlaces } from '../credentials/credentials.js'

/** What the SDK's errors have in common. */
interface AwsSdkError extends Error {
  readonly code?: unknown
  readonly $metadata?: {
    readonly httpStatusCode?: number
    readonly requestId?: string
    /** Set by the SDK once it has learnt by how much this machine's clock is off. */
    readonly clockSkewCorrected?: boolean
  }
  /** Present only in errors that the service has answered with. */
  readonly $fault?: unknown
  readonly $response?: {
    readonly statusCode?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: unknown
  }
}

const denied = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError|NotAuthorized)$/
const unknownCredentials =
  /^(UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|ExpiredToken|InvalidClientTokenId|InvalidToken|InvalidAccessKeyId|IncompleteSignature|MissingAuthenticationToken|AuthFailure|RequestExpired|RequestInTheFuture|RequestTimeTooSkewed|OptInRequired|ExpiredTokenException)(Exception)?$/
const expired = /^(ExpiredToken|RequestExpired)/
const throttled =
  /Throttl|^(TooManyRequests|RequestLimitExceeded|LimitExceeded|BandwidthLimitExceeded|ProvisionedThroughputExceeded|SlowDown|PriorRequestNotComplete)/
/** Passing failures besides HTTP 5xx: the SDK's own list for its retries, and the code that comes with HTTP 408. */
const transient = /^(RequestTimeout(Exception)?|UnknownError)$/
/**
 * What the services answer to calls that they do not have, and LocalStack, moto and others to those that they lack.
 */
const unknownCall = /^(UnknownOperation|InvalidAction|NotImplemented|NotImplementedError)(Exception)?$/
const cut = /^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE)$/
const unanswered = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|TimeoutError)$/
const noCredentials = /^(CredentialsProviderError|TokenProviderError|ProviderError)$/
const network =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNABORTED|EPROTO|HPE_.*|ERR_STREAM_PREMATURE_CLOSE|CERT_.*|ERR_TLS_.*|.*_CERT(IFICATE)?.*)$/

/** @param region where the call was made */
export function toApiError(error: unknown, region: string): ApiError {
  if (ApiError.is(error)) return error
  if (!(error instanceof Error))
    return new ApiError(`the call failed in ${region}`, { detail: String(error) })
  const { name, message, code, $metadata, $response } = error as AwsSdkError
  const symptom = typeof code === 'string' ? code : name
  if (name === 'AbortError') return new ApiError('the call was cancelled', { sqlState: '57014' })
  const foreign = ForeignAnswerError.is(error) ? error : unreadAnswer(error)
  if (foreign !== undefined) return foreignError(foreign, region)
  const local = localFailure(error)
  if (local !== undefined) return local
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
  // The cause is omitted: the SDK's errors carry the request with its signature.
  return new ApiError(summary(name, status, region), {
    ...verdict(name, status),
    code: name,
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
  return transient.test(name) || isPassingFailure(status) ? 'transient' : undefined
}

/** Whether a failure passes. HTTP 501 says that there is no such call, which does not pass. */
function isPassingFailure(status: number | undefined): boolean {
  return status !== undefined && status >= 500 && status !== 501
}

function isUnknownCall(name: string, status: number | undefined): boolean {
  return unknownCall.test(name) || status === 501
}

const unknownCallHint =
  'Check endpoint_url or AWS_ENDPOINT_URL if one is set: an emulator may lack this call. Columns that need others ' +
  'can be asked for.'

const foreignHint =
  'Check what endpoint_url or AWS_ENDPOINT_URL leads to, if one is set, and whether a proxy or a sign-in page ' +
  'stands between this machine and AWS; an emulator may lack this call.'

/** The error for an answer that the SDK could not read, for whatever reason. */
function unreadAnswer({ message, $fault, $response }: AwsSdkError): ForeignAnswerError | undefined {
  if ($response?.statusCode === undefined || $fault !== undefined) return undefined
  const { statusCode, headers, body } = $response
  const contentType = headers?.['content-type']
  if (typeof body === 'string' || body instanceof Uint8Array) {
    return new ForeignAnswerError(statusCode, 'cut', { contentType, body })
  }
  // From one of the SDK's internal clients, such as for credentials: what came is gone.
  return new ForeignAnswerError(statusCode, 'other', { contentType, body: firstParagraph(message) })
}

function foreignError({ status, foreignness, said }: ForeignAnswerError, region: string): ApiError {
  if (status === 429 || isPassingFailure(status)) {
    return new ApiError(summary('', status, region), {
      detail: said,
      hint: foreignHint,
      retry: retryRefused('', status),
    })
  }
  if (status === 501) {
    return new ApiError(summary('', status, region), { detail: said, hint: unknownCallHint })
  }
  if (foreignness === 'cut') {
    // Something that cuts answers may always do so: a few tries are enough.
    return new ApiError(`the answer in ${region} is cut short or garbled`, {
      detail: said,
      hint: foreignHint,
      retry: 'unanswered',
    })
  }
  return new ApiError(`the answer in ${region} is not one of AWS's`, { detail: said, hint: foreignHint })
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
  if (isUnknownCall(name, status)) return { hint: unknownCallHint }
  if (status !== undefined && status >= 500) {
    return { hint: 'The service itself failed. Run the query again later.' }
  }
  return { hint: 'Check the conditions of the query against what DETAIL says.' }
}

function summary(name: string, status: number | undefined, region: string): string {
  if (denied.test(name)) return `AWS denied access in ${region}`
  if (unknownCredentials.test(name)) return `AWS does not accept these credentials in ${region}`
  if (throttled.test(name) || status === 429) return `AWS was asked too often in ${region}`
  if (isUnknownCall(name, status)) return `this call is not known in ${region}`
  if (status !== undefined && status >= 500) return `AWS failed in ${region}`
  return `AWS refused the request in ${region}`
}

function detailOf(name: string, message: string, status: number | undefined, requestId: string | undefined) {
  const said = message && message !== name ? `${name}: ${firstParagraph(message)}` : name
  const traces = [status && `HTTP ${status}`, requestId && `request id ${requestId}`].filter(Boolean)
  return traces.length > 0 ? `${said} (${traces.join(', ')})` : said
}

/**
 * The first paragraph of a message. What follows is for developers of clients; for a wrong signature it is the signed
 * request, including the session token.
 */
function firstParagraph(message: string): string {
  return (message.split(/\n\s*\n/, 1)[0] ?? '').trim().slice(0, 1000)
}
