/**
 * One ipstack account: its socket pool, its access key, and what has been learnt about its plan.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectContext } from '@millrace/plugin-sdk/plugin'
import { Pool } from 'undici'
import type { IpstackConfig } from './config.js'
import { missingToken, unintelligible, unreachable } from './ipstack-error.js'

/** Bulk lookups take so many addresses (documentation, "Bulk IP lookup"). */
export const mostAddresses = 50

const connectTimeout = 5_000
const answerTimeout = 30_000
const mostSockets = 64
const mostAttempts = 3
const firstDelay = 200
/** An API that wants a longer pause is told of instead. */
const longestDelay = 10_000

/** Parameters of a lookup, beside the access key. */
export interface LookupOptions {
  readonly hostname: boolean
  readonly security: boolean
  /** Only the fields that every plan has. */
  readonly onlyMain: boolean
}

interface Reply {
  readonly status: number
  readonly text: string
  /** How long the API asks to wait, in milliseconds. */
  readonly pause: number | undefined
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

  constructor(config: IpstackConfig, { environment }: Pick<ConnectContext, 'environment'>) {
    this.security = config.security
    const { token, url } = accountOf(config, environment)
    this.#token = token
    this.#origin = url.origin
    this.#path = url.pathname.replace(/\/+$/, '')
    this.#pool = new Pool(url.origin, {
      connections: mostSockets,
      connect: { timeout: connectTimeout },
      headersTimeout: answerTimeout,
      bodyTimeout: answerTimeout,
    })
  }

  /**
   * Asks `GET /{subject}`; again where the network or the service fails for a moment.
   * @param subject addresses joined by commas, or `check`
   * @returns the answer's JSON
   * @throws ApiError without the access key in any of its texts
   */
  async get(subject: string, options: LookupOptions, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted()
    if (this.#token === undefined) throw missingToken()
    const path = `${this.#path}/${subject}?${queryOf(this.#token, options)}`
    for (let attempt = 1; ; attempt++) {
      const reply = await this.#send(path, signal)
      const delay = delayAfter(reply, attempt)
      if (delay === undefined) return this.#read(reply)
      await sleep(delay, undefined, { signal })
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  /** @returns the failure's code where there was no answer */
  async #send(path: string, signal: AbortSignal): Promise<Reply | string> {
    try {
      const { statusCode, headers, body } = await this.#pool.request({ method: 'GET', path, signal })
      const pause = Number(headers['retry-after']) * 1000
      return { status: statusCode, text: await body.text(), pause: pause > 0 ? pause : undefined }
    } catch (error) {
      signal.throwIfAborted()
      // Only the code goes on: messages and causes may hold the path, and with it the access key.
      const { code, name } = Object(error)
      return typeof code === 'string' ? code : String(name)
    }
  }

  #read(reply: Reply | string): unknown {
    if (typeof reply === 'string') throw unreachable(this.#origin, reply)
    try {
      const json: unknown = JSON.parse(reply.text)
      if (typeof json === 'object' && json !== null && (reply.status < 400 || 'success' in json)) return json
    } catch {
      // Said below.
    }
    throw unintelligible(reply.status, this.#withoutToken(reply.text.trim().slice(0, 300)) || 'no content')
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

/** @returns undefined where the reply is to be taken as it is */
function delayAfter(reply: Reply | string, attempt: number): number | undefined {
  if (attempt >= mostAttempts) return undefined
  const backoff = firstDelay * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
  if (typeof reply === 'string') return backoff
  if (reply.status < 500 && reply.status !== 429) return undefined
  const delay = Math.max(backoff, reply.pause ?? 0)
  return delay > longestDelay ? undefined : delay
}
