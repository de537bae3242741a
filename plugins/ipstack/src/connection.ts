/**
 * One ipstack account: its socket pool, its access key, and what has been learnt about its plan.
 */
import { firstWords, readAnswerBody } from '@millrace/plugin-sdk/answer-body'
import { ApiError, type RetryReason } from '@millrace/plugin-sdk/api-error'
import { localFailure } from '@millrace/plugin-sdk/local-failure'
import type { ApiLimits, ConnectContext } from '@millrace/plugin-sdk/plugin'
import { readRetryAfter } from '@millrace/plugin-sdk/retry'
import { Pool } from 'undici'
import type { IpstackConfig } from './config.js'
import { missingToken, refusalError, refusalOf, unintelligible, unreachable } from './ipstack-error.js'

/** Bulk lookups take so many addresses (documentation, "Bulk IP lookup"). */
export const mostAddresses = 50

const connectTimeout = 5_000
const answerTimeout = 30_000
const mostAttempts = 3

/** Parameters of a lookup, beside the access key. */
export interface LookupOptions {
  readonly hostname: boolean
  readonly security: boolean
  /** Only the fields that every plan has. */
  readonly onlyMain: boolean
}

interface Reply {
  readonly status: number
  readonly contentType: string | undefined
  readonly text: string
  /** How long the API asks to be left alone, in milliseconds. */
  readonly retryAfter: number | undefined
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

/** An account is what an access key stands for. ipstack states no limit of calls a second. */
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
  readonly #token: string | undefined
  readonly #origin: string
  readonly #path: string
  readonly #pool: Pool
  readonly #maxAnswerBytes: number | undefined

  constructor(
    config: IpstackConfig,
    { environment, maxAnswerBytes }: Pick<ConnectContext, 'environment' | 'maxAnswerBytes'>,
  ) {
    this.#maxAnswerBytes = maxAnswerBytes
    this.security = config.security
    const { token, url } = accountOf(config, environment)
    this.#token = token
    this.#origin = url.origin
    this.#path = url.pathname.replace(/\/+$/, '')
    // As many sockets as calls: how many of those there are is for whoever runs the scans to say.
    this.#pool = new Pool(url.origin, {
      connect: { timeout: connectTimeout },
      headersTimeout: answerTimeout,
      bodyTimeout: answerTimeout,
    })
  }

  /**
   * Asks `GET /{subject}`, once.
   * @param subject addresses joined by commas, or `check`
   * @param isExpected whether an answer that is no refusal is of the kind that was asked for
   * @returns the answer's JSON
   * @throws ApiError without the access key in any of its texts
   */
  async get(
    subject: string,
    options: LookupOptions,
    isExpected: (answer: object) => boolean,
    signal: AbortSignal,
  ): Promise<object> {
    signal.throwIfAborted()
    if (this.#token === undefined) throw missingToken()
    const path = `${this.#path}/${subject}?${queryOf(this.#token, options)}`
    return this.#read(await this.#send(path, signal), isExpected)
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  /** @returns the failure's code where there was no answer */
  async #send(path: string, signal: AbortSignal): Promise<Reply | string> {
    try {
      const { statusCode, headers, body } = await this.#pool.request({ method: 'GET', path, signal })
      const retryAfter = readRetryAfter(headers['retry-after'], Date.now())
      const text = (await readAnswerBody(body, this.#maxAnswerBytes)).toString()
      const contentType = [headers['content-type']].flat()[0]
      return { status: statusCode, contentType, text, retryAfter }
    } catch (error) {
      signal.throwIfAborted()
      if (ApiError.is(error)) throw error
      const local = localFailure(error)
      if (local !== undefined) throw local
      // Only the code goes on: messages and causes may hold the path, and with it the access key.
      const { code, name } = Object(error)
      return typeof code === 'string' ? code : String(name)
    }
  }

  #read(reply: Reply | string, isExpected: (answer: object) => boolean): object {
    if (typeof reply === 'string') throw unreachable(this.#origin, reply)
    const { status, contentType, text, retryAfter } = reply
    const retry = retryReasonOf(status)
    const json = parseObject(text)
    const refusal = refusalOf(json)
    if (json !== undefined && retry === undefined) {
      if (refusal !== undefined || (status < 400 && isExpected(json))) return json
    }
    if (refusal !== undefined) throw refusalError(refusal, { retry, retryAfter })
    const said = firstWords(this.#withoutToken(text)) || 'no content'
    const head = contentType === undefined ? `HTTP ${status}` : `HTTP ${status}, ${contentType}`
    // Half an answer may be a whole one the next time.
    const isCut = json === undefined && status < 300 && /^\s*([{[]|$)/.test(text)
    throw unintelligible(status, `${head}: ${said}`, { retry: isCut ? 'unanswered' : retry, retryAfter })
  }

  #withoutToken(text: string): string {
    const token = this.#token ?? ''
    return text.replaceAll(token, '***').replaceAll(encodeURIComponent(token), '***')
  }
}

function queryOf(token: string, options: LookupOptions): string {
  const query = new URLSearchParams({ access_key: token })
  if (options.hostname) query.set('hostname', '1')
  if (options.security) query.set('security', '1')
  if (options.onlyMain) query.set('fields', 'main')
  return query.toString()
}

/** @returns undefined where the same call would be answered the same */
function retryReasonOf(status: number): RetryReason | undefined {
  if (status === 429) return 'throttled'
  return status >= 500 ? 'transient' : undefined
}

function parseObject(text: string): object | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? json : undefined
  } catch {
    return undefined
  }
}
