/** What the tables of one connection share: here, the way to ask the API. */
import { firstWords, readAnswerBody } from '@millrace/plugin-sdk/answer-body'
import { ApiError } from '@millrace/plugin-sdk/api-error'
import { localFailure } from '@millrace/plugin-sdk/local-failure'
import type { ConnectContext } from '@millrace/plugin-sdk/plugin'
import type { NpmConfig } from './config.js'

export class NpmConnection {
  readonly #config: NpmConfig
  readonly #maxAnswerBytes: number | undefined

  constructor(config: NpmConfig, { maxAnswerBytes }: ConnectContext) {
    this.#config = config
    this.#maxAnswerBytes = maxAnswerBytes
  }

  /** What the registry says of a package, as JSON; undefined where there is no such package. */
  package(name: string, signal: AbortSignal): Promise<unknown> {
    // A scoped package's name is one segment of the path: @scope%2Fname.
    return this.#get(`${this.#config.registry_url}/${encodeURIComponent(name).replace('%40', '@')}`, signal)
  }

  /** How often a package was downloaded in the last seven days, as JSON. */
  lastWeek(name: string, signal: AbortSignal): Promise<unknown> {
    return this.#get(`${this.#config.downloads_url}/downloads/point/last-week/${encodeURI(name)}`, signal)
  }

  async #get(url: string, signal: AbortSignal): Promise<unknown> {
    let response: Response
    let text: string
    try {
      response = await fetch(url, { signal, headers: { accept: 'application/json' } })
      // Whoever answers may never come to an end.
      text =
        response.body === null ? '' : (await readAnswerBody(response.body, this.#maxAnswerBytes)).toString()
    } catch (cause) {
      // A query that was cancelled is no fault of the API's; nor is a want of file descriptors.
      signal.throwIfAborted()
      throw ApiError.is(cause) ? cause : (localFailure(cause) ?? unreachable(url, cause))
    }
    if (response.status === 404) return undefined
    return jsonOf(response, text)
  }
}

function unreachable(url: string, cause: unknown): ApiError {
  return new ApiError('the npm registry could not be reached', {
    sqlState: 'HV00N',
    detail: `${new URL(url).origin}: ${cause instanceof Error ? cause.message : cause}`,
    hint: "Check the network, and the connection's settings registry_url and downloads_url.",
    cause,
  })
}

function jsonOf(response: Response, text: string): unknown {
  if (response.status === 429) {
    throw new ApiError('the npm registry was asked too often', {
      code: 'HTTP 429',
      detail: firstWords(text),
      hint: 'Run the query again later, or narrow it to fewer packages.',
    })
  }
  try {
    if (response.ok) return JSON.parse(text)
  } catch {
    // Said below.
  }
  const type = response.headers.get('content-type') ?? 'no content type'
  throw new ApiError('the npm registry gave an answer that is not its own', {
    detail: `HTTP ${response.status}, ${type}: ${firstWords(text)}`,
  })
}
