/** An answer over HTTP, as far as it can be judged without knowing the API. */
import { firstWords } from '../answer-body.js'
import { ApiError, type RetryReason } from '../api-error.js'
import type { Secrets } from './secrets.js'

/** What errors say of an API. */
export interface ApiDescription {
  /** The API's name in messages, such as `ipstack`. */
  readonly name: string
  /** What admits callers, as messages call it. Default is `credentials`. */
  readonly credentials?: string
  readonly hints?: {
    /** Where to set the credentials. */
    readonly credentials?: string
    /** Where to set the API's address. */
    readonly address?: string
    /** How to ask less. */
    readonly throttled?: string
  }
}

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>

export interface ReceivedAnswer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly text: string
  /** How long the API asks to be left alone, in milliseconds. */
  readonly retryAfter: number | undefined
}

export class HttpAnswer {
  readonly status: number
  /** The headers by their names in lower case. */
  readonly headers: AnswerHeaders
  readonly text: string
  /**
   * The body, as JSON.parse gives it; undefined where it is not JSON. For large numbers, use
   * `parseJson(answer.text)`.
   */
  readonly json: unknown
  /** Why the call may be made again, by the status alone. */
  readonly retry: RetryReason | undefined
  readonly retryAfter: number | undefined
  readonly #api: ApiDescription
  readonly #secrets: Secrets

  constructor(received: ReceivedAnswer, api: ApiDescription, secrets: Secrets) {
    this.status = received.status
    this.headers = received.headers
    this.text = received.text
    this.json = parse(received.text)
    this.retry = retryReasonOf(received.status)
    this.retryAfter = received.retryAfter
    this.#api = api
    this.#secrets = secrets
  }

  /**
   * The body, if the answer is as it should be: status 2xx, and JSON.
   * @throws ApiError otherwise
   */
  expectJson(): unknown {
    if (this.status >= 200 && this.status < 300 && this.json !== undefined) return this.json
    throw this.error()
  }

  /** A text of the answer, such as the API's own words, without the secrets that the request held. */
  withoutSecrets(text: string): string {
    return this.#secrets.hideIn(text)
  }

  /**
   * The error for an answer that is not what was asked for, whatever it is: an error by its status, a proxy's page, a
   * body that was cut, JSON of another kind. DETAIL shows status, content type and first words.
   */
  error(): ApiError {
    const { status, retryAfter } = this
    const { name, hints = {}, credentials = 'credentials' } = this.#api
    const said = { code: status >= 400 ? `HTTP ${status}` : undefined, detail: this.#summary() }
    if (status === 401) {
      return new ApiError(`${name} does not accept the ${credentials}`, { ...said, hint: hints.credentials })
    }
    if (status === 403) return new ApiError(`${name} denied access`, said)
    if (status === 429) {
      const hint = hints.throttled ?? 'Run the query again later, or narrow it.'
      return new ApiError(`${name} was asked too often`, { ...said, hint, retry: 'throttled', retryAfter })
    }
    return new ApiError(`${name} gave an answer that is not its own`, {
      ...said,
      hint: [
        hints.address ?? "Check the API's address in the connection's settings",
        ', and whether a proxy or a sign-in page stands between; if neither, run the query again later.',
      ].join(''),
      retry: this.#isCut ? 'unanswered' : this.retry,
      retryAfter,
    })
  }

  /** Whether the answer was cut: half of one may be whole the next time. */
  get #isCut(): boolean {
    return this.json === undefined && this.status < 300 && /^\s*([{[]|$)/.test(this.text)
  }

  #summary(): string {
    const head = [
      `HTTP ${this.status}`,
      firstOf(this.headers['content-type']) ?? 'no content type',
      ...[firstOf(this.headers.location)].flatMap((location) =>
        location === undefined ? [] : [`leads to ${location}`],
      ),
    ].join(', ')
    // All of it, before it is shortened: half a secret would not be found.
    return this.#secrets.hideIn(`${head}: `) + (firstWords(this.#secrets.hideIn(this.text)) || 'no content')
  }
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return [header].flat()[0]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** @returns undefined where the same call would get the same answer */
function retryReasonOf(status: number): RetryReason | undefined {
  if (status === 429) return 'throttled'
  return status >= 500 ? 'transient' : undefined
}
