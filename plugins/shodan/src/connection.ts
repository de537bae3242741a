/** One account of Shodan: its socket pools and its key. */
import { type ApiLimits, type ConnectContext, HttpClient, parseJson } from '@millrace/plugin-sdk'
import type { ShodanConfig } from './config.js'
import { api, isUnknown, missingKey, refusalError, saidBy } from './shodan-error.js'

const mostAttempts = 5

function accountOf(config: ShodanConfig, environment: ConnectContext['environment']) {
  const endpoint = config.endpoint_url ?? (environment.SHODAN_ENDPOINT || undefined)
  const exploits = config.exploits_url ?? (environment.SHODAN_EXPLOITS_ENDPOINT || undefined)
  return {
    key: config.api_key || environment.SHODAN_API_KEY || undefined,
    url: new URL(endpoint ?? 'https://api.shodan.io'),
    exploitsUrl: new URL(exploits ?? 'https://exploits.shodan.io'),
  }
}

/** What answers depend on: the API's addresses, and the plan that the key stands for. */
export function identityOf(
  config: ShodanConfig,
  { environment }: Pick<ConnectContext, 'environment'>,
): string {
  const { key, url, exploitsUrl } = accountOf(config, environment)
  return JSON.stringify([url.href, exploitsUrl.href, key])
}

/** One request a second, whatever is asked, on all plans (Shodan's documentation of its API, "Rate limits"). */
export function limitsOf(config: ShodanConfig, context: Pick<ConnectContext, 'environment'>): ApiLimits {
  return { account: identityOf(config, context), attempts: mostAttempts, rates: { '*': 1 } }
}

export interface ShodanRequest {
  /** Begins with a slash; its parts are already encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly of?: 'api' | 'exploits'
  readonly signal: AbortSignal
}

export class ShodanConnection {
  readonly #hasKey: boolean
  readonly #clients: Readonly<Record<'api' | 'exploits', HttpClient>>

  constructor(
    config: ShodanConfig,
    { environment, maxAnswerBytes }: Pick<ConnectContext, 'environment' | 'maxAnswerBytes'>,
  ) {
    const { key, url, exploitsUrl } = accountOf(config, environment)
    this.#hasKey = key !== undefined
    const secrets = key === undefined ? {} : { query: { key } }
    const client = (at: URL) => new HttpClient({ api, url: at, secrets, maxAnswerBytes })
    this.#clients = { api: client(url), exploits: client(exploitsUrl) }
  }

  /**
   * Makes one request.
   * @param isExpected whether the answer's JSON is of the kind that was asked for
   * @returns the answer's JSON, for `toJsonText`; undefined where Shodan knows nothing of what was asked about
   * @throws ApiError without the key in any of its texts
   */
  async get(
    { path, query = {}, of = 'api', signal }: ShodanRequest,
    isExpected: (json: unknown) => boolean,
  ): Promise<unknown> {
    signal.throwIfAborted()
    if (!this.#hasKey) throw missingKey()
    const answer = await this.#clients[of].get(path, { query, signal })
    const said = saidBy(answer)
    if (isUnknown(answer, said)) return undefined
    if (said !== undefined || answer.status >= 400) throw refusalError(answer, said)
    if (!isExpected(answer.expectJson())) throw answer.error()
    return parseJson(answer.text)
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#clients).map((client) => client.close()))
  }
}
