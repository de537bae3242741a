/** Where a test comes between clients and their APIs: to record what passes, or to answer in the API's place. */
import type { AnswerHeaders } from './http-answer.js'
import type { Secrets } from './secrets.js'

/** A request, without the secrets that go with every one. */
export interface TappedRequest {
  readonly method: 'GET' | 'POST'
  /** Without the secret parameters. */
  readonly url: string
  /** The body, as JSON. */
  readonly content: string | undefined
}

/** An answer, its body unpacked. */
export interface TappedAnswer {
  readonly status: number
  /** By their names in lower case. */
  readonly headers: AnswerHeaders
  readonly text: string
}

/**
 * Answers a request.
 * @param send asks the API
 * @param secrets those of the client
 */
export type Tap = (
  request: TappedRequest,
  send: () => Promise<TappedAnswer>,
  secrets: Secrets,
) => Promise<TappedAnswer>

let current: Tap | undefined

/** Sends a request, or does with it what the test wants that is going on. */
export function sendThroughTap(
  request: TappedRequest,
  send: () => Promise<TappedAnswer>,
  secrets: Secrets,
): Promise<TappedAnswer> {
  return current === undefined ? send() : current(request, send, secrets)
}

/**
 * Taps all clients of the process, also those that are there.
 * @returns ends it
 * @throws Error while there is another
 */
export function setTap(tap: Tap): () => void {
  if (current !== undefined) throw new Error('HTTP is recorded or replayed already: end that first')
  current = tap
  return () => {
    if (current === tap) current = undefined
  }
}
