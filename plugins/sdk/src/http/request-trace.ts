/**
 * What joins a request to the trace of the statement that it is made for. Kept where all copies of this package find it: a
 * plugin from elsewhere may bring one of its own.
 */

export interface TracedRequest {
  readonly method: string
  readonly host: string
  readonly port?: number | undefined
}

export interface RequestTrace {
  /** Headers that the request must carry. */
  readonly headers: Readonly<Record<string, string>>
  /** Must be called with the status of the answer. */
  answered(status: number): void
}

/** @returns undefined where nothing is traced */
export type RequestTracer = (request: TracedRequest) => RequestTrace | undefined

const key = Symbol.for('millrace.request-tracer')

/** @param tracer undefined ends it */
export function setRequestTracer(tracer: RequestTracer | undefined): void {
  Reflect.set(globalThis, key, tracer)
}

/**
 * Must be called with each request that is about to be made by something other than undici, whose requests are traced
 * without.
 */
export function traceRequest(request: TracedRequest): RequestTrace | undefined {
  const tracer: unknown = Reflect.get(globalThis, key)
  return isTracer(tracer) ? tracer(request) : undefined
}

function isTracer(value: unknown): value is RequestTracer {
  return typeof value === 'function'
}
