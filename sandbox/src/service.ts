/**
 * What an API of the sandbox is made of. The server knows nothing else of AWS or ipstack: it asks each
 * service in turn whether a request is one of its calls, and does the faults and the log of calls for all.
 */

export interface ApiRequest {
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  readonly url: URL
  /** Names in lower case; values of repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** What a fault makes an API answer, in whatever shape the API uses. */
export interface Refusal {
  readonly kind: 'throttle' | 'error'
  readonly status: number | undefined
  readonly code: string | undefined
  readonly message: string | undefined
}

/** A request that a service has recognised as one of its calls. */
export interface ApiCall {
  readonly service: string
  readonly operation: string
  readonly region: string | undefined
  /** The parameters as the log of calls shows them, without secrets. */
  readonly parameters: unknown
  /** @param signal aborts when the client goes away or the sandbox stops */
  answer(signal: AbortSignal): Answer | Promise<Answer>
  refuse(refusal: Refusal): Answer
}

export interface Service {
  readonly name: string
  /** The call that a request makes, or null when it is not one for this service. */
  recognise(request: ApiRequest): ApiCall | null
}
