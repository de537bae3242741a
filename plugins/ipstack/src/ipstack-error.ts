/**
 * ipstack's refusals as PostgreSQL errors.
 *
 * ipstack refuses with HTTP 200 and `{"success": false, "error": {"code", "type", "info"}}`. The codes are
 * those of the section "Error codes" of its documentation.
 */
import { ApiError, type ApiErrorOptions } from '@millrace/plugin-sdk/api-error'

export interface Refusal {
  readonly code: number
  readonly type: string
  readonly info: string
}

/** Codes on which the tables act. */
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

/** @returns undefined where the answer is no refusal */
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

/** Of the operating system and of undici, where there was a connection. */
const cut = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_BODY_TIMEOUT)$/

/** @param code what the operating system or the HTTP client calls the failure */
export function unreachable(origin: string, code: string): ApiError {
  return new ApiError('ipstack could not be reached', {
    sqlState: 'HV00N',
    detail: `${code} at ${origin}`,
    retry: cut.test(code) ? 'transient' : 'unanswered',
    hint: 'Check the network, and endpoint_url or IPSTACK_ENDPOINT if one is set.',
  })
}

/** An answer that is not ipstack's: a proxy's page, a gateway's error. */
export function unintelligible(status: number, detail: string, retrying: Retrying): ApiError {
  if (status === 401) {
    return new ApiError('ipstack does not accept the access key', {
      detail,
      hint: tokenHint,
    })
  }
  if (status === 403) return new ApiError('ipstack denied access', { detail })
  if (status === 429) {
    return new ApiError('ipstack was asked too often', {
      detail,
      hint: 'Run the query again later, or narrow it to fewer addresses.',
      ...retrying,
    })
  }
  return new ApiError('ipstack gave an answer that is not its own', {
    detail,
    hint:
      'Check whether endpoint_url or IPSTACK_ENDPOINT leads to ipstack, and whether a proxy or a sign-in page ' +
      'stands between; if neither, run the query again later.',
    ...retrying,
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

export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}
