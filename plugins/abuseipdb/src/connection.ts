/** One account of AbuseIPDB: its socket pool, its key, and what its answers have told of its quotas. */
import { type ApiLimits, type ConnectContext, firstWords, HttpClient } from '@millrace/plugin-sdk'
import { api, limitError, missingKey, refusalError, refusalOf } from './abuseipdb-error.js'
import type { AbuseipdbConfig } from './config.js'
import { type Quota, quotaOf, quotaText } from './quota.js'

/** The endpoints, by the names that the API's documentation gives them. */
export type Endpoint = 'check' | 'check-block' | 'blacklist'

const mostAttempts = 3

function accountOf(config: AbuseipdbConfig, environment: ConnectContext['environment']) {
  const endpoint = config.endpoint_url ?? (environment.ABUSEIPDB_ENDPOINT || undefined)
  return {
    key: config.api_key || environment.ABUSEIPDB_API_KEY || undefined,
    url: new URL(endpoint ?? 'https://api.abuseipdb.com'),
  }
}

/** What answers depend on: the API's address, and the plan that the key stands for. */
export function identityOf(
  config: AbuseipdbConfig,
  { environment }: Pick<ConnectContext, 'environment'>,
): string {
  const { key, url } = accountOf(config, environment)
  return JSON.stringify([url.href, key])
}

/** The limits of an account, which is what a key stands for. AbuseIPDB states no limit of calls a second. */
export function limitsOf(config: AbuseipdbConfig, context: Pick<ConnectContext, 'environment'>): ApiLimits {
  return { account: identityOf(config, context), attempts: mostAttempts }
}

export class AbuseipdbConnection {
  readonly #hasKey: boolean
  readonly #http: HttpClient
  readonly #quotas = new Map<Endpoint, Quota>()

  constructor(
    config: AbuseipdbConfig,
    { environment, maxAnswerBytes }: Pick<ConnectContext, 'environment' | 'maxAnswerBytes'>,
  ) {
    const { key, url } = accountOf(config, environment)
    this.#hasKey = key !== undefined
    const secrets = key === undefined ? {} : { headers: { key } }
    this.#http = new HttpClient({ api, url, secrets, maxAnswerBytes })
  }

  /**
   * Asks `GET /api/v2/{endpoint}`, once.
   * @param isExpected whether the answer's member `data` is of the kind that was asked for
   * @returns the answer's member `data`
   * @throws ApiError without the key in any of its texts
   */
  async get(
    endpoint: Endpoint,
    query: Readonly<Record<string, string | undefined>>,
    isExpected: (data: unknown) => boolean,
    signal: AbortSignal,
  ): Promise<unknown> {
    signal.throwIfAborted()
    if (!this.#hasKey) throw missingKey()
    const answer = await this.#http.get(`/api/v2/${endpoint}`, { query, signal })
    const quota = quotaOf(answer.headers)
    if (quota !== undefined) this.#quotas.set(endpoint, quota)
    const refusal = refusalOf(answer)
    if (refusal !== undefined) {
      throw refusalError(
        answer,
        { ...refusal, said: firstWords(answer.withoutSecrets(refusal.said)) },
        endpoint,
      )
    }
    if (answer.status === 429) throw limitError(answer, 'no detail', endpoint)
    const { data } = Object(answer.expectJson())
    if (!isExpected(data)) throw answer.error()
    return data
  }

  /** What is left of an endpoint's daily quota, as the last answer told it; undefined before the first. */
  quotaText(endpoint: Endpoint): string | undefined {
    const quota = this.#quotas.get(endpoint)
    return quota && quotaText(quota)
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}
