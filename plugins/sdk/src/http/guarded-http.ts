/** HTTP requests to URLs that queries, or certificates, name: only to addresses that the guard allows. */
import { isIP } from 'node:net'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Agent, buildConnector } from 'undici'
import { type AddressSource, guardedLookup } from '../addresses/guarded-lookup.js'
import { readAnswerBody } from '../answer-body.js'

export interface HttpQuestion {
  readonly url: URL
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST'
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array
  readonly followRedirects?: boolean
}

export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** A reply whose body is read as it comes. It must be read to its end, or destroyed. */
export interface OpenReply extends Omit<HttpReply, 'body'> {
  readonly body: Readable
}

export interface GuardedHttpOptions {
  readonly source: AddressSource
  /** In milliseconds. */
  readonly connectTimeout: number
  /** The most bytes of a body that is read as a whole. */
  readonly maxAnswerBytes: number | undefined
}

/** How long a whole request may take, redirects included, in milliseconds. */
const longestRequest = 30_000
/** As many as Go's client follows, which Steampipe uses. */
const mostRedirects = 10

/** Headers that must not follow a redirect to another origin. */
const secretHeaders = /^(?:authorization|cookie|proxy-authorization)$/i

export class GuardedHttp {
  readonly #options: GuardedHttpOptions
  readonly #closing = new AbortController()
  #agent: Promise<Agent> | undefined

  /** Makes no connection yet. */
  constructor(options: GuardedHttpOptions) {
    this.#options = options
  }

  /**
   * Makes a request, and those that redirects lead to. Each of them is checked like the first, when it connects.
   * @throws RefusedAddress; ApiError where the body is too large; what undici throws; the signal's reason
   */
  async ask(question: HttpQuestion, signal: AbortSignal): Promise<HttpReply> {
    const timeout = AbortSignal.timeout(longestRequest)
    const ended = AbortSignal.any([signal, timeout])
    try {
      const { status, headers, body } = await this.open(question, ended)
      return { status, headers, body: await readAnswerBody(body, this.#options.maxAnswerBytes) }
    } catch (error) {
      signal.throwIfAborted()
      if (!timeout.aborted) throw error
      throw Object.assign(new Error(`no answer within ${longestRequest / 1000} s`), { code: 'ETIMEDOUT' })
    }
  }

  /**
   * The same, with a body that is read as it comes, however large it is and however long that takes.
   * @param signal also ends the body
   */
  async open(question: HttpQuestion, signal: AbortSignal): Promise<OpenReply> {
    signal.throwIfAborted()
    return this.#follow(question, signal)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await (await this.#agent)?.destroy()
  }

  async #follow(first: HttpQuestion, signal: AbortSignal): Promise<OpenReply> {
    let question = first
    for (let followed = 0; ; followed++) {
      const reply = await this.#askOnce(question, signal)
      const next = first.followRedirects === false ? undefined : redirected(question, reply)
      if (next === undefined) return reply
      reply.body.on('error', () => {}).destroy()
      if (followed >= mostRedirects) throw new Error(`stopped after ${mostRedirects} redirects`)
      question = next
    }
  }

  async #askOnce({ url, method, headers = {}, body }: HttpQuestion, signal: AbortSignal): Promise<OpenReply> {
    if (!/^https?:$/.test(url.protocol))
      throw new Error(`unsupported protocol "${url.protocol.slice(0, -1)}"`)
    this.#agent ??= this.#open()
    const agent = await this.#agent
    const { username, password } = url
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    const answer = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: {
        'accept-encoding': 'gzip',
        'user-agent': 'millrace',
        ...(username === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
        ...headers,
      },
      body: body ?? null,
      signal,
    })
    const isPacked = answer.headers['content-encoding'] === 'gzip' && method !== 'HEAD'
    const content = isPacked ? unpacked(answer.body) : answer.body
    return { status: answer.statusCode, headers: answer.headers, body: content }
  }

  /** undici takes its time to load, so that waits for the first request. */
  async #open(): Promise<Agent> {
    const undici = await import('undici')
    const { source, connectTimeout } = this.#options
    const connect = undici.buildConnector({
      timeout: connectTimeout,
      lookup: guardedLookup(source, this.#closing.signal),
      autoSelectFamily: true,
      allowH2: false,
    })
    const guarded: buildConnector.connector = (options, callback) => {
      const host = options.hostname.replace(/^\[|\]$/g, '')
      if (isIP(host) !== 0 && !source.guard.allows(host)) {
        // The guard's own error, as for a name.
        try {
          source.guard.check(host, host)
        } catch (error) {
          return callback(error instanceof Error ? error : new Error(String(error)), null)
        }
      }
      connect(options, callback)
    }
    return new undici.Agent({ connect: guarded, headersTimeout: longestRequest, bodyTimeout: longestRequest })
  }
}

/** The request that a redirect asks for; undefined where the reply is none. */
function redirected(question: HttpQuestion, { status, headers }: OpenReply): HttpQuestion | undefined {
  const [location] = [headers.location].flat()
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined
  const url = new URL(location, question.url)
  const kept = Object.entries(question.headers ?? {}).filter(
    ([name]) => url.origin === question.url.origin || !secretHeaders.test(name),
  )
  const { method, body } = question
  // As browsers and Go's client do it: the method stays for 307 and 308, and for those without a body.
  const becomesGet = status < 307 && method === 'POST'
  return {
    url,
    method: becomesGet ? 'GET' : method,
    headers: Object.fromEntries(kept.filter(([name]) => !becomesGet || !/^content-/i.test(name))),
    ...(becomesGet || body === undefined ? {} : { body }),
  }
}

function unpacked(body: Readable): Readable {
  return pipeline(body, createGunzip(), () => {
    // The reader gets the error.
  })
}
