/**
 * ipstack's errors as PostgreSQL errors.
 *
 * ipstack reports errors with HTTP 200 and `{"success": false, "error": {"code", "type", "info"}}`. The codes are
 * those of the section "Error codes" of its documentation.
 */
import { type ApiDescription, ApiError, type ApiErrorOptions, fieldsOf } from '@millrace/plugin-sdk'

export interface Refusal {
  readonly code: number
  readonly type: string
  readonly info: string
}

/** Codes that the tables react to. */
export const refusalCode = {
  usageLimitReached: 104,
  accessRestricted: 105,
  invalidAddress: 106,
  invalidFields: 301,
  tooManyAddresses: 302,
  noBulk: 303,
} as const

const tokenHint =
  "Set IPSTACK_TOKEN in the server's environment, or token in the connection's settings, to the access key " +
  'that the dashboard of ipstack.com shows.'

/** What errors say of answers that are not ipstack's own. */
export const api: ApiDescription = {
  name: 'ipstack',
  credentials: 'access key',
  hints: {
    credentials: tokenHint,
    address: 'Check whether endpoint_url or IPSTACK_ENDPOINT leads to ipstack',
    throttled: 'Run the query again later, or narrow it to fewer addresses.',
  },
}

/** @returns undefined where the answer is not an error */
export function refusalOf(answer: unknown): Refusal | undefined {
  const { success, error } = fieldsOf(answer)
  if (success !== false) return undefined
  const { code, type, info } = fieldsOf(error)
  return { code: Number(code) || 0, type: textOr(type, 'unknown_error'), info: textOr(info, '') }
}

/** Whether and when a call may be made again. */
type Retrying = Pick<ApiErrorOptions, 'retry' | 'retryAfter'>

export function refusalError(refusal: Refusal, retrying: Retrying = {}): ApiError {
  const { message, ...options } = verdictOf(refusal)
  const { code, type, info } = refusal
  return new ApiError(message, {
    ...options,
    ...retrying,
    code: String(code),
    detail: `${code} ${type}${info === '' ? '' : `: ${info}`}`,
  })
}

export function missingToken(): ApiError {
  return new ApiError('no ipstack access key was found', {
    detail: "Looked for it in the connection's settings (token) and in the environment (IPSTACK_TOKEN).",
    hint: tokenHint,
  })
}

interface Verdict extends ApiErrorOptions {
  readonly message: string
}

function verdictOf({ code, type }: Refusal): Verdict {
  switch (code) {
    case 101:
    case 102:
      return { message: 'ipstack does not accept the access key', hint: tokenHint }
    case refusalCode.usageLimitReached:
      return {
        message: "the plan's lookups are used up",
        hint: 'Wait for the next month, or choose a larger plan. Fewer distinct addresses take fewer lookups.',
      }
    case refusalCode.accessRestricted:
      return { message: 'the plan does not include this', hint: restrictionHint(type) }
    default:
      return {
        message: 'ipstack refused the request',
        hint: 'Check the conditions of the query against DETAIL.',
      }
  }
}

function restrictionHint(type: string): string {
  return type.startsWith('https')
    ? 'Set https = false for this connection, or choose a plan that includes encryption.'
    : 'Set security = false for this connection, leave hostname out of the query, or choose a larger plan.'
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}
