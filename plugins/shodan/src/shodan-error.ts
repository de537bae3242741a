/**
 * Shodan's errors as PostgreSQL errors.
 *
 * The API says `{"error": "…"}`, with a status that fits or with 200. A plan that is too small may be told by a page of
 * HTML instead.
 */
import { type ApiDescription, ApiError, fieldsOf, firstWords, type HttpAnswer } from '@millrace/plugin-sdk'

const keyHint =
  "Set SHODAN_API_KEY in the server's environment, or api_key in the connection's settings, to the key that the " +
  'account page of shodan.io shows.'

/** What errors say of answers that are not Shodan's own. */
export const api: ApiDescription = {
  name: 'Shodan',
  credentials: 'API key',
  hints: {
    credentials: keyHint,
    address: 'Check whether endpoint_url or SHODAN_ENDPOINT leads to Shodan',
    throttled: 'Run the query again later. Shodan allows one request a second.',
  },
}

/** What the API says that it lacks; undefined where the answer is no error of its own. */
export function saidBy(answer: HttpAnswer): string | undefined {
  const { error } = fieldsOf(answer.json)
  return typeof error === 'string' ? firstWords(answer.withoutSecrets(error)) : undefined
}

/** Whether the API has nothing to tell of what it was asked about, which is no failure. */
export function isUnknown({ status }: HttpAnswer, said: string | undefined): boolean {
  return (
    said !== undefined &&
    [200, 400, 404].includes(status) &&
    /^(?:No information available|Invalid IP)/i.test(said)
  )
}

export function refusalError(answer: HttpAnswer, said: string | undefined): ApiError {
  const { status, retryAfter } = answer
  const told = { code: `HTTP ${status}`, detail: `HTTP ${status}: ${said ?? 'no JSON'}` }
  if (said !== undefined && /insufficient (?:query|scan) credits/i.test(said)) {
    return new ApiError("the plan's query credits are used up", {
      ...told,
      hint: 'Wait for the next month, or choose a larger plan. shodan_api_info shows what is left.',
    })
  }
  if (
    status === 403 ||
    (said !== undefined && /requires? (?:membership|enterprise|.*plan)|upgrade/i.test(said))
  ) {
    return new ApiError("the account's plan does not include this", {
      ...told,
      hint: 'Look-ups of hosts and searches take a membership of Shodan; a free account has neither.',
    })
  }
  if (status === 401) return new ApiError('Shodan does not accept the API key', { ...told, hint: keyHint })
  if (status === 429 || (said !== undefined && /rate limit/i.test(said))) {
    return new ApiError('Shodan was asked too often', {
      ...told,
      hint: api.hints?.throttled,
      retry: 'throttled',
      retryAfter,
    })
  }
  if (said === undefined) return answer.error()
  return status >= 500
    ? new ApiError('Shodan could not answer', {
        ...told,
        hint: 'Run the query again later.',
        retry: 'transient',
        retryAfter,
      })
    : new ApiError('Shodan refused the request', {
        ...told,
        hint: 'Check the conditions of the query against DETAIL.',
      })
}

export function missingKey(): ApiError {
  return new ApiError('no Shodan API key was found', {
    detail: "Looked for it in the connection's settings (api_key) and in the environment (SHODAN_API_KEY).",
    hint: keyHint,
  })
}
