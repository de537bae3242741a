/** The sandbox's HTTP server: takes requests, finds the service each is for, and answers with its faults. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallLog, OpenCall } from './call-log.js'
import type { Fault, Faults } from './faults.js'
import { listenOn, readRequest } from './http-request.js'
import type { Answer, ApiCall, ApiRequest, Service } from './service.js'

export interface HttpServerParts {
  readonly services: readonly Service[]
  readonly calls: CallLog
  readonly faults: Faults
  /** Answers what is for the sandbox itself; null where a request is for a service. */
  control(request: ApiRequest): Answer | null
}

/** The time that idle connections are kept: longer than clients keep them, so that these close them. */
const keepAliveTimeoutMs = 120_000

export class HttpServer {
  readonly #server: Server
  readonly #running = new Set<AbortController>()

  constructor(readonly parts: HttpServerParts) {
    this.#server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (request, response) => {
      this.#take(request, response).catch((error: unknown) => sayFailure(response, error))
    })
  }

  /** @returns the port */
  listen(host: string, port: number): Promise<number> {
    return listenOn(this.#server, host, port)
  }

  /** Ends all connections, with the calls that run on them. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const running of this.#running) running.abort()
    this.#server.closeAllConnections()
    await closed
  }

  async #take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    this.#running.add(gone)
    // Comes after the answer too, when there is nothing left to abort.
    response.once('close', () => {
      gone.abort()
      this.#running.delete(gone)
    })
    const request = await readRequest(incoming).catch(unlessAborted(gone.signal))
    if (request === undefined) return
    const answer = this.parts.control(request)
    if (answer !== null) return send(response, answer)
    const call = this.#recognise(request)
    if (call === null) return send(response, nobodysRequest)
    const logged = this.parts.calls.open({ ...call, traceparent: request.headers.traceparent })
    response.once('close', () => logged.ended(!response.writableFinished))
    await this.#run(call, logged, response, gone.signal).catch(unlessAborted(gone.signal))
  }

  #recognise(request: ApiRequest): ApiCall | null {
    for (const service of this.parts.services) {
      const call = service.recognise(request)
      if (call !== null) return call
    }
    return null
  }

  async #run(call: ApiCall, logged: OpenCall, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const faults = this.parts.faults.meet(call)
    for (const { kind } of faults) logged.metFault(kind)
    const latency = faults.reduce(
      (sum, fault) => sum + (fault.kind === 'latency' ? fault.milliseconds : 0),
      0,
    )
    // The time in which the answer is made is part of an API's latency.
    const waiting = latency > 0 ? sleep(latency, undefined, { signal }) : undefined
    const isHanging = faults.some(({ kind }) => kind === 'hang')
    const [answer] = await Promise.all([isHanging ? undefined : this.#answer(call, faults, signal), waiting])
    if (answer === undefined) return
    signal.throwIfAborted()
    logged.answered(answer.status)
    const cut = faults.find((fault) => fault.kind === 'cut')
    if (cut === undefined) {
      response.once('finish', () => logged.ended(false))
      return send(response, answer)
    }
    await sendInPart(response, answer, cut.afterBytes)
    logged.ended(false)
    response.destroy()
  }

  async #answer(call: ApiCall, faults: readonly Fault[], signal: AbortSignal): Promise<Answer> {
    const refusal = faults.find(isRefusal)
    if (refusal === undefined) return call.answer(signal)
    const { kind, status, code, message } = refusal
    return call.refuse({ kind, status, code, message })
  }
}

function isRefusal(fault: Fault): fault is Extract<Fault, { kind: 'throttle' | 'error' }> {
  return fault.kind === 'throttle' || fault.kind === 'error'
}

/** The answer to a request that no service recognises. */
const nobodysRequest: Answer = {
  status: 404,
  headers: { 'content-type': 'text/plain' },
  body: 'The sandbox knows no API that is asked so.\n',
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  // An answer to HEAD says itself how long the body would be.
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers })
  response.end(body)
}

/** Announces the whole answer, and sends this many bytes of it. */
function sendInPart(
  response: ServerResponse,
  { status, headers, body }: Answer,
  bytes?: number,
): Promise<void> {
  const whole = Buffer.from(body)
  const part = whole.subarray(0, bytes ?? Math.floor(whole.length / 2))
  // One byte more than there is, so that the answer is incomplete however much of it is sent.
  response.writeHead(status, { ...headers, 'content-length': whole.length + 1 })
  response.flushHeaders()
  return new Promise((resolve, reject) => {
    response.write(part, (error) => (error ? reject(error) : resolve()))
  })
}

function sayFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy()
  send(response, { status: 500, headers: { 'content-type': 'text/plain' }, body: `${String(error)}\n` })
}

/** Ignores errors once the client has gone, when they no longer matter. */
function unlessAborted(signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!signal.aborted) throw error
  }
}
