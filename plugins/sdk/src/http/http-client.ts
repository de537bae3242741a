/**
 * A client for JSON APIs over HTTP: one pool of connections, bounded answers, and errors as PostgreSQL clients
 * understand them.
 *
 * It makes one request at a time of asking. Who makes it again is {@link Scan.call}, by what the errors say: whether it
 * may help, and how long the API wants to be left alone. Table and call are named there too.
 *
 * @example
 * import { type ConnectContext, HttpClient } from '@millrace/plugin-sdk'
 *
 * class AcmeConnection {
 *   readonly #http: HttpClient
 *   constructor({ token, url }: AcmeConfig, { maxAnswerBytes }: ConnectContext) {
 *     this.#http = new HttpClient({
 *       api: { name: 'Acme', hints: { credentials: 'Set token to …', address: 'Check the setting url' } },
 *       url,
 *       secrets: { headers: { authorization: `Bearer ${token}` } },
 *       maxAnswerBytes,
 *     })
 *   }
 *   async user(id: string, signal: AbortSignal): Promise<unknown> {
 *     const answer = await this.#http.get(`/users/${encodeURIComponent(id)}`, { signal })
 *     return answer.status === 404 && answer.json !== undefined ? undefined : answer.expectJson()
 *   }
 *   close = () => this.#http.close()
 * }
 * // in a table: await scan.call('GET /users/{id}', (signal) => scan.connection.user(id, signal))
 */
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Pool } from 'undici'
import { readAnswerBody } from '../answer-body.js'
import { ApiError } from '../api-error.js'
import { localFailure } from '../local-failure.js'
import { readRetryAfter } from '../retry.js'
import { type ApiDescription, HttpAnswer } from './http-answer.js'
import { type RequestSecrets, Secrets } from './secrets.js'
import { sendThroughTap, type TappedAnswer } from './tap.js'

export interface HttpClientOptions {
  readonly api: ApiDescription
  /** The URL of the API. A path in it precedes those of all requests. */
  readonly url: string | URL
  /** The secrets that go with every request, and are never shown. */
  readonly secrets?: RequestSecrets
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** The most bytes of a body; {@link ConnectContext.maxAnswerBytes}. Default is that of `readAnswerBody`. */
  readonly maxAnswerBytes?: number | undefined
  /** How long a connection may take to be made, in milliseconds. Default 5 seconds. */
  readonly connectTimeout?: number
  /** How long an answer is waited for, and then each further part of it, in milliseconds. Default 30 seconds. */
  readonly answerTimeout?: number
}

export interface HttpRequest {
  /** Ends the request; use the signal that {@link Scan.call} gives. */
  readonly signal: AbortSignal
  /** Parameters besides the secret ones; those that are undefined are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly headers?: Readonly<Record<string, string>>
}

/** Codes for cut connections, of the operating system and of undici, where there was a connection. */
const cut = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_BODY_TIMEOUT)$/
/** The codes of zlib's errors. */
const garbled = /^Z_/

export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #secrets: Secrets
  readonly #url: URL
  readonly #path: string
  /** The headers of every request, including the secret ones. */
  readonly #headers: Readonly<Record<string, string>>
  readonly #secretQuery: string
  #pool: Promise<Pool> | undefined
  #isClosed = false

  /** Makes no connection yet. */
  constructor(options: HttpClientOptions) {
    this.#options = options
    this.#secrets = new Secrets(options.secrets ?? {})
    this.#url = new URL(options.url)
    this.#path = this.#url.pathname.replace(/\/+$/, '')
    this.#headers = {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      ...options.headers,
      ...options.secrets?.headers,
    }
    this.#secretQuery = new URLSearchParams(options.secrets?.query).toString()
  }

  /**
   * Sends one GET. Redirects are not followed: they would take the secrets elsewhere.
   * @param path begins with a slash, and may have a query of its own; its parts are already encoded
   * @returns whatever came, with any status
   * @throws ApiError where nothing came, or too much; the signal's reason
   */
  get(path: string, request: HttpRequest): Promise<HttpAnswer> {
    return this.#send('GET', path, undefined, request)
  }

  /**
   * Sends one POST, like {@link get}. It may be sent again: use it only for calls that change nothing.
   * @param body what becomes JSON
   */
  post(path: string, body: unknown, request: HttpRequest): Promise<HttpAnswer> {
    return this.#send('POST', path, JSON.stringify(body), request)
  }

  /** Ends all requests and connections. */
  async close(): Promise<void> {
    this.#isClosed = true
    await (await this.#pool)?.destroy()
  }

  /**
   * Opens the pool. undici takes its time to load, which importing this package should not: so it waits for the first
   * request.
   */
  async #openPool(): Promise<Pool> {
    const { Pool } = await import('undici')
    const { connectTimeout = 5_000, answerTimeout = 30_000 } = this.#options
    // As many sockets as calls: the code that runs the scans decides how many of those there are.
    return new Pool(this.#url.origin, {
      connect: { timeout: connectTimeout },
      headersTimeout: answerTimeout,
      bodyTimeout: answerTimeout,
    })
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    content: string | undefined,
    { signal, query = {}, headers }: HttpRequest,
  ): Promise<HttpAnswer> {
    signal.throwIfAborted()
    if (this.#isClosed) throw this.#unanswered({ code: 'UND_ERR_DESTROYED' })
    const { api, maxAnswerBytes } = this.#options
    const send = async (): Promise<TappedAnswer> => {
      this.#pool ??= this.#openPool()
      const answer = await (await this.#pool).request({
        method,
        path: withQuery(`${this.#path}${path}`, this.#secretQuery, query),
        headers: this.#headersOf(content, headers),
        body: content ?? null,
        signal,
      })
      const body = answer.headers['content-encoding'] === 'gzip' ? unpacked(answer.body) : answer.body
      const text = (await readAnswerBody(body, maxAnswerBytes)).toString()
      return { status: answer.statusCode, headers: answer.headers, text }
    }
    try {
      const url = withQuery(`${this.#url.origin}${this.#path}${path}`, '', query)
      const received = await sendThroughTap({ method, url, content }, send, this.#secrets)
      const retryAfter = readRetryAfter(received.headers['retry-after'], Date.now())
      return new HttpAnswer({ ...received, retryAfter }, api, this.#secrets)
    } catch (error) {
      signal.throwIfAborted()
      throw ApiError.is(error) ? error : (localFailure(error) ?? this.#unanswered(error))
    }
  }

  #headersOf(content: string | undefined, further: HttpRequest['headers']): Readonly<Record<string, string>> {
    if (content === undefined && further === undefined) return this.#headers
    return {
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...this.#headers,
      ...further,
      ...this.#options.secrets?.headers,
    }
  }

  /**
   * The error for a request without an answer. Only the code of the failure is passed on: messages and causes may
   * hold the path, and with it secrets.
   */
  #unanswered(error: unknown): ApiError {
    const { code: given, name } = Object(error)
    const code = typeof given === 'string' ? given : String(name)
    const { api } = this.#options
    if (garbled.test(code)) {
      return new ApiError(`the answer of ${api.name} is cut short or garbled`, {
        detail: `${code} in what ${this.#url.origin} sent`,
        retry: 'unanswered',
      })
    }
    return new ApiError(`${api.name} could not be reached`, {
      sqlState: 'HV00N',
      detail: `${code} at ${this.#url.origin}`,
      retry: cut.test(code) ? 'transient' : 'unanswered',
      hint: `${api.hints?.address ?? "Check the API's address in the connection's settings"}, and the network.`,
    })
  }
}

/** @param secret a query string by itself */
function withQuery(
  path: string,
  secret: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const further = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const query = [
    secret,
    ...(further.length === 0 ? [] : [String(new URLSearchParams(Object.fromEntries(further)))]),
  ]
    .filter((part) => part !== '')
    .join('&')
  return query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`
}

/** The body unpacked; its reader bounds it. */
function unpacked(body: Readable): Readable {
  return pipeline(body, createGunzip(), () => {
    // The reader gets the error.
  })
}
