/**
 * Who gets in: the browser that was given a one-time token, and no page that another server has sent. Other users of the
 * machine reach the port, and so does every page that is open in a browser here.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** How long a token may be used, in milliseconds. */
const tokenLife = 60_000

/**
 * Makes a token for one opening of the page. Whoever knows the secret can make one.
 * @param now milliseconds since 1970
 */
export function makeToken(secret: string, now: number): string {
  const [nonce, expiry] = [randomBytes(16).toString('base64url'), String(now + tokenLife)]
  return `${nonce}.${expiry}.${signature(secret, nonce, expiry)}`
}

function signature(secret: string, nonce: string, expiry: string): string {
  return createHmac('sha256', secret).update(`console ${nonce} ${expiry}`).digest('base64url')
}

export class Access {
  readonly #secret: string
  readonly #now: () => number
  /** Of the browsers that have shown a token. */
  readonly #cookies = new Set<string>()
  /** Tokens that have been used, with the time when they would have expired. */
  readonly #used = new Map<string, number>()

  constructor(secret: string, now: () => number) {
    this.#secret = secret
    this.#now = now
  }

  /** @returns a cookie's value for a token that was not used before; undefined for any other */
  redeem(token: string): string | undefined {
    const now = this.#now()
    for (const [used, expiry] of this.#used) if (expiry < now) this.#used.delete(used)
    const [nonce = '', expiry = '', given = ''] = token.split('.')
    if (!isSame(given, signature(this.#secret, nonce, expiry))) return undefined
    if (Number(expiry) < now || this.#used.has(nonce)) return undefined
    this.#used.set(nonce, Number(expiry))
    const cookie = randomBytes(32).toString('base64url')
    this.#cookies.add(cookie)
    return cookie
  }

  knows(cookie: string | undefined): boolean {
    if (cookie === undefined) return false
    let known = false
    for (const each of this.#cookies) if (isSame(cookie, each)) known = true
    return known
  }
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)]
  return one.length === other.length && timingSafeEqual(one, other)
}

export interface Caller {
  readonly method: string
  /** The headers of these names. */
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
  /** Whether the browser goes there, and its person sees where. */
  readonly isNavigation: boolean
}

/**
 * Why a request is refused, whoever it comes from; undefined where nothing is wrong. A name that somebody else has given
 * out may lead here, so the Host must be one of ours; and what changes anything must come from our own page.
 */
export function refusal(
  { method, host, origin, fetchSite, isNavigation }: Caller,
  port: number,
): string | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (host === undefined || !hosts.includes(host)) return 'this is not a name of the console'
  if (origin !== undefined && origin !== `http://${host}`) return 'the request comes from another page'
  const isRead = method === 'GET' || method === 'HEAD'
  if (!isRead && origin === undefined) return 'the request does not say which page it comes from'
  // A link elsewhere may lead here, which shows what an address typed by hand would.
  const isLink = isRead && isNavigation
  if (!isLink && fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') {
    return 'the request comes from another page'
  }
  return undefined
}
