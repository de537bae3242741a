/** One ipstack account: its socket pool, its access key, and what has been learnt about its plan. */
import { type ApiLimits, type ConnectContext, HttpClient } from '@millrace/plugin-sdk'
import type { IpstackConfig } from './config.js'
import { api, missingToken, refusalError, refusalOf } from './ipstack-error.js'

/** The most addresses in a bulk lookup (documentation, "Bulk IP lookup"). */
export const mostAddresses = 50

const mostAttempts = 3

/** Parameters of a lookup, besides the access key. */
export interface LookupOptions {
  readonly hostname: boolean
  readonly security: boolean
  /** Whether only the fields that every plan has are asked for. */
  readonly onlyMain: boolean
}

function accountOf(config: IpstackConfig, environment: ConnectContext['environment']) {
  const endpoint = config.endpoint_url ?? (environment.IPSTACK_ENDPOINT || undefined)
  return {
    token: config.token || environment.IPSTACK_TOKEN || undefined,
    url: new URL(endpoint ?? `${config.https ? 'https' : 'http'}://api.ipstack.com`),
  }
}

/** What answers depend on: the API's address, the plan that the access key stands for, and the modules. */
export function identityOf(
  config: IpstackConfig,
  { environment }: Pick<ConnectContext, 'environment'>,
): string {
  const { token, url } = accountOf(config, environment)
  return JSON.stringify([url.href, token, config.security])
}

/** The limits of an account, which is what an access key stands for. ipstack states no limit of calls a second. */
export function limitsOf(
  config: IpstackConfig,
  { environment }: Pick<ConnectContext, 'environment'>,
): ApiLimits {
  const { token, url } = accountOf(config, environment)
  return { account: JSON.stringify([url.href, token]), attempts: mostAttempts }
}

export class IpstackConnection {
  /** Whether security columns may be asked for. */
  readonly security: boolean
  /** Addresses that a call takes on this plan, as far as is known; 1 where bulk lookups are not included. */
  addressesPerCall = mostAddresses
  /** Whether the plan lets answers be cut to the main fields, as far as is known. */
  takesFields = true
  readonly #hasToken: boolean
  readonly #http: HttpClient

  constructor(
    config: IpstackConfig,
    { environment, maxAnswerBytes }: Pick<ConnectContext, 'environment' | 'maxAnswerBytes'>,
  ) {
    this.security = config.security
    const { token, url } = accountOf(config, environment)
    this.#hasToken = token !== undefined
    const secrets = token === undefined ? {} : { query: { access_key: token } }
    this.#http = new HttpClient({ api, url, secrets, maxAnswerBytes })
  }

  /**
   * Asks `GET /{subject}`, once.
   * @param subject addresses joined by commas, or `check`
   * @param isExpected whether an answer that is not an error is of the kind that was asked for
   * @returns the answer's JSON
   * @throws ApiError without the access key in any of its texts
   */
  async get(
    subject: string,
    { hostname, security, onlyMain }: LookupOptions,
    isExpected: (answer: object) => boolean,
    signal: AbortSignal,
  ): Promise<object> {
    signal.throwIfAborted()
    if (!this.#hasToken) throw missingToken()
    const query = {
      hostname: hostname ? '1' : undefined,
      security: security ? '1' : undefined,
      fields: onlyMain ? 'main' : undefined,
    }
    const answer = await this.#http.get(`/${subject}`, { query, signal })
    const { json, status, retry, retryAfter } = answer
    const refusal = refusalOf(json)
    if (typeof json === 'object' && json !== null && retry === undefined) {
      if (refusal !== undefined || (status < 400 && isExpected(json))) return json
    }
    throw refusal === undefined ? answer.error() : refusalError(refusal, { retry, retryAfter })
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}
