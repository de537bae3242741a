/** Asks the API, and turns what is no answer into errors. */
import {
  ApiError,
  type ConnectContext,
  firstWords,
  type HttpAnswer,
  HttpClient,
  parseJson,
  valueAt,
} from '@millrace/plugin-sdk'
import type { HttpJsonConfig, Secret } from '../config.js'

/** Where a request goes, within the API. */
export interface Target {
  /** With a query, if it has one; parts are encoded. */
  readonly path: string
}

export interface JsonAnswer {
  /** As parseJson reads it: numbers keep their digits. */
  readonly json: unknown
  /** The value of the header Link. */
  readonly link: string | undefined
}

/** Headers that are no secrets; any other may be one. */
const knownHeaders = /^(?:accept|accept-language|user-agent|content-type)$/i

export class ApiClient {
  readonly #url: URL
  readonly #config: HttpJsonConfig
  readonly #http: HttpClient
  readonly #missing: string | undefined

  constructor(
    config: HttpJsonConfig,
    { environment, maxAnswerBytes }: Pick<ConnectContext, 'environment' | 'maxAnswerBytes'>,
  ) {
    this.#config = config
    this.#url = new URL(config.url)
    const read = (secrets: Readonly<Record<string, Secret>>) =>
      Object.entries(secrets).map(([name, secret]) => [name, secretText(secret, environment)] as const)
    const [headers, query] = [read(config.headers), read(config.secret_query)]
    this.#missing = [...headers, ...query]
      .map(([, value]) => value)
      .find((value) => 'missing' in value)?.missing
    const texts = (entries: typeof headers) =>
      Object.fromEntries(
        entries.flatMap(([name, value]) => ('text' in value ? [[name.toLowerCase(), value.text]] : [])),
      )
    const plain = headers.filter(([name]) => knownHeaders.test(name))
    const secret = headers.filter(([name]) => !knownHeaders.test(name))
    this.#http = new HttpClient({
      api: {
        name: this.#url.host,
        hints: {
          credentials: "Check headers and secret_query in the connection's settings.",
          address: "Check url in the connection's settings",
        },
      },
      url: this.#url.origin,
      headers: texts(plain),
      secrets: {
        headers: texts(secret),
        query: Object.fromEntries(
          query.flatMap(([name, value]) => ('text' in value ? [[name, value.text]] : [])),
        ),
      },
      maxAnswerBytes,
    })
  }

  get tables(): HttpJsonConfig['tables'] {
    return this.#config.tables
  }

  /** The path of the API itself, without a slash at its end. */
  get basePath(): string {
    return this.#url.pathname.replace(/\/+$/, '')
  }

  /**
   * A URL that the API has given, as what is to be asked.
   * @param from where it was given
   * @throws ApiError where it leads to another host: secrets would go there
   */
  targetOf(url: string, from: Target): Target {
    const base = new URL(from.path, this.#url.origin)
    if (!URL.canParse(url, base.href))
      throw new ApiError('the address of the next page is no URL', { detail: firstWords(url) })
    const next = new URL(url, base)
    if (next.origin !== this.#url.origin) {
      throw new ApiError(`the next page is at ${next.origin}, not at ${this.#url.origin}`, {
        hint: 'Nothing is sent to another host than the setting url names. Check whether the API is behind a proxy that it does not know of.',
      })
    }
    // They are added to every request.
    for (const name of Object.keys(this.#config.secret_query)) next.searchParams.delete(name)
    return { path: `${next.pathname}${next.search}` }
  }

  /**
   * @param noRows statuses that mean that there is nothing
   * @returns undefined for those
   * @throws ApiError without secrets; the signal's reason
   */
  async get(
    { path }: Target,
    noRows: readonly number[],
    signal: AbortSignal,
  ): Promise<JsonAnswer | undefined> {
    signal.throwIfAborted()
    if (this.#missing !== undefined) {
      throw new ApiError(`the variable ${this.#missing} of the environment is not set`, {
        hint: "Set it where the server starts, or name another in the connection's settings.",
      })
    }
    const answer = await this.#http.get(path, { signal })
    if (noRows.includes(answer.status)) return undefined
    const isRefusal = this.#ownWords(answer) !== undefined
    if (isRefusal || answer.status < 200 || answer.status > 299 || answer.json === undefined)
      throw this.#failure(answer, path)
    return {
      json: parseJson(answer.text),
      link: [answer.headers.link].flat().filter(Boolean).join(', ') || undefined,
    }
  }

  #failure(answer: HttpAnswer, path: string): ApiError {
    const general = answer.error()
    const own = this.#ownWords(answer)
    const isGeneral = [401, 403, 429].includes(answer.status) || (answer.status < 400 && own === undefined)
    const refused = !isGeneral
    const message = refused ? `the API answered HTTP ${answer.status}` : general.message
    return new ApiError(own === undefined ? message : `${message}: ${own}`, {
      code: general.code,
      detail: `GET ${firstWords(answer.withoutSecrets(path))}: ${general.detail}`,
      hint: refused
        ? "Check the query's values, and path and query of the table in the connection's settings."
        : general.hint,
      retry: general.retry,
      retryAfter: general.retryAfter,
    })
  }

  /** What the API says of an error, where the settings tell where it does. It may do so in any answer. */
  #ownWords(answer: HttpAnswer): string | undefined {
    const { error_message: pointer } = this.#config
    const said = pointer === undefined ? undefined : valueAt(answer.json, pointer)
    if (said === undefined || said === null || said === '') return undefined
    return firstWords(answer.withoutSecrets(typeof said === 'string' ? said : JSON.stringify(said)))
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}

function secretText(
  secret: Secret,
  environment: ConnectContext['environment'],
): { readonly text: string } | { readonly missing: string } {
  const { text, variable = '', prefix } = secret
  const value = text ?? environment[variable]
  // An empty text may be meant; an empty variable is none.
  return value || text !== undefined ? { text: `${prefix}${value}` } : { missing: variable }
}
