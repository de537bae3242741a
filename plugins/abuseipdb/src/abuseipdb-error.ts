/**
 * AbuseIPDB's errors as PostgreSQL errors.
 *
 * The API reports them as `{"errors": [{"detail", "status", "source": {"parameter"}}]}`. The member `errors` decides,
 * not the HTTP status.
 */
import { type ApiDescription, ApiError, fieldsOf, type HttpAnswer } from '@millrace/plugin-sdk'
import { type Quota, quotaOf, quotaText, timeText } from './quota.js'

const keyHint =
  "Set ABUSEIPDB_API_KEY in the server's environment, or api_key in the connection's settings, to a key that " +
  'the account page of abuseipdb.com shows under API.'

/** What errors say of answers that are not AbuseIPDB's own. */
export const api: ApiDescription = {
  name: 'AbuseIPDB',
  credentials: 'API key',
  hints: {
    credentials: keyHint,
    address: 'Check whether endpoint_url or ABUSEIPDB_ENDPOINT leads to AbuseIPDB',
    throttled: 'Run the query again later, or narrow it to fewer addresses.',
  },
}

export interface Refusal {
  readonly status: number
  /** What the API says, all errors on one line. */
  readonly said: string
}

/** @returns undefined where the answer is not an error of the API's own */
export function refusalOf({ json, status }: HttpAnswer): Refusal | undefined {
  const { errors } = fieldsOf(json)
  if (!Array.isArray(errors)) return undefined
  const said = errors.map(fieldsOf).map(({ detail, source }) => {
    const { parameter } = fieldsOf(source)
    return `${textOf(detail) ?? 'no detail'}${typeof parameter === 'string' ? ` (${parameter})` : ''}`
  })
  const [first] = errors.map((error) => Number(fieldsOf(error).status))
  return {
    status: status >= 400 ? status : first !== undefined && first >= 400 ? first : 400,
    said: said.join(' ') || 'no detail',
  }
}

/**
 * @param said without secrets
 * @param endpoint as the API names it, such as `check`
 */
export function refusalError(answer: HttpAnswer, { status, said }: Refusal, endpoint: string): ApiError {
  const told = { code: `HTTP ${status}`, detail: `HTTP ${status}: ${said}` }
  switch (status) {
    case 401:
      return new ApiError('AbuseIPDB does not accept the API key', { ...told, hint: keyHint })
    case 402:
    case 403:
      return new ApiError("the account's plan does not include this", {
        ...told,
        hint: 'Check the conditions of the query against DETAIL, or choose a larger plan.',
      })
    case 429:
      return limitError(answer, said, endpoint)
    default:
      return new ApiError(
        status >= 500 ? 'AbuseIPDB could not answer' : 'AbuseIPDB refused the request',
        status >= 500
          ? { ...told, retry: 'transient', retryAfter: answer.retryAfter, hint: 'Run the query again later.' }
          : { ...told, hint: 'Check the conditions of the query against DETAIL.' },
      )
  }
}

/**
 * The error for HTTP 429. The only limit that AbuseIPDB documents is the daily quota: to wait for its end would take
 * hours, so it is reported at once. With calls left, it can only be a limit of another kind.
 */
export function limitError(answer: HttpAnswer, said: string, endpoint: string): ApiError {
  const quota = quotaOf(answer.headers)
  const detail = `HTTP 429: ${said}`
  if (quota !== undefined && quota.remaining > 0) {
    return new ApiError('AbuseIPDB was asked too often', {
      code: 'HTTP 429',
      detail: `${detail} (${quotaText(quota)})`,
      hint: api.hints?.throttled,
      retry: 'throttled',
      retryAfter: answer.retryAfter,
    })
  }
  const left = quota === undefined ? '' : ` (${quotaText(quota)})`
  return new ApiError(`the daily quota of calls to ${endpoint} is used up`, {
    code: 'HTTP 429',
    detail: `${detail}${left}`,
    hint: `${whenToRetry(quota, answer.retryAfter)}, or choose a larger plan. Addresses that were asked for lately are cached.`,
  })
}

function whenToRetry(quota: Quota | undefined, retryAfter: number | undefined): string {
  if (quota?.resetAt !== undefined) return `Run the query again after ${timeText(quota.resetAt)}`
  if (retryAfter !== undefined) return `Run the query again in ${Math.ceil(retryAfter / 60_000)} min`
  return 'Run the query again tomorrow'
}

export function missingKey(): ApiError {
  return new ApiError('no AbuseIPDB API key was found', {
    detail:
      "Looked for it in the connection's settings (api_key) and in the environment (ABUSEIPDB_API_KEY).",
    hint: keyHint,
  })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
