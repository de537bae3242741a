/** Asks DNS servers: the connection's own or this machine's, or one that a query names. */
import { getServers, lookup } from 'node:dns'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { promisify } from 'node:util'
import { type AddressGuard, ApiError, RefusedAddress } from '@millrace/plugin-sdk'
import { type HostPort, hostPortText, readHostPort } from '../addresses/host-port.js'
import type { Answer, DnsAnswer, Question } from './dns-message.js'
import { exchange, NoDnsAnswer } from './exchange.js'

const lookUp = promisify(lookup)

export interface DnsClientOptions {
  /** The connection's setting; undefined for the servers of this machine. */
  readonly server: HostPort | undefined
  /** How long an answer is awaited, in milliseconds. */
  readonly timeout: number
  readonly guard: AddressGuard
}

/** How often a question is asked that nobody answers. */
const mostAttempts = 3

/** A name that cannot be resolved; `code` as Node.js names it. */
export class UnresolvedName extends Error {
  override readonly name = 'UnresolvedName'

  constructor(
    readonly host: string,
    readonly code: 'ENOTFOUND' | 'EAI_AGAIN',
    detail?: string,
  ) {
    super(`${code}: ${host} has no address${detail === undefined ? '' : `: ${detail}`}`)
  }
}

export class DnsClient {
  readonly #options: DnsClientOptions

  constructor(options: DnsClientOptions) {
    this.#options = options
  }

  /** Whether names are resolved by a server of the connection's own. */
  get hasOwnServer(): boolean {
    return this.#options.server !== undefined
  }

  /** The servers that are asked where a query names none, as `host:port`; none where this machine has none. */
  get serverTexts(): readonly string[] {
    const { server } = this.#options
    const servers = server === undefined ? serversOfMachine() : [server]
    return servers.flatMap(({ host, port }) => hostPortText(host, port) ?? [])
  }

  /**
   * Asks for the records of a name.
   * @param server the one that the query names; it must be public, or allowed
   * @returns those of the type that is asked for, none where there are none or the name does not exist
   * @throws ApiError where the server does not answer, or says that it cannot; the signal's reason
   */
  async records(
    question: Question,
    server: HostPort | undefined,
    signal: AbortSignal,
  ): Promise<readonly Answer[]> {
    const { rcode, isReferral, answers } = await this.#ask(question, server, signal)
    if (rcode === 'NXDOMAIN') return []
    if (rcode === 'NOERROR' && !isReferral) return answers.filter(({ type }) => type === question.type)
    throw new ApiError(`the DNS server could not tell ${question.type} of ${question.name}`, {
      code: isReferral ? 'REFERRAL' : rcode,
      detail: isReferral
        ? 'It refers to other servers instead of asking them.'
        : `It answered ${rcode}${rcode === 'SERVFAIL' ? ': the servers of the domain may not answer' : ''}.`,
      hint: 'Ask another DNS server: dns_server in the query, or in the settings of the connection.',
    })
  }

  /**
   * The addresses of a host.
   * @throws UnresolvedName, ApiError; the signal's reason
   */
  async addresses(host: string, signal: AbortSignal): Promise<readonly string[]> {
    if (isIP(host.replace(/%.*$/, '')) !== 0) return [host]
    if (/^(?:.*\.)?localhost\.?$/i.test(host)) return ['127.0.0.1', '::1'] // RFC 6761, section 6.3
    const found = this.hasOwnServer
      ? await this.#addressRecords(host, signal)
      : await abortable(
          lookUp(host, { all: true }).then(
            (all) => all.map(({ address }) => address),
            (error: unknown) => {
              throw Object(error).code === 'EAI_AGAIN'
                ? new UnresolvedName(host, 'EAI_AGAIN', 'the DNS server could not be asked')
                : new UnresolvedName(host, 'ENOTFOUND')
            },
          ),
          signal,
        )
    if (found.length === 0) throw new UnresolvedName(host, 'ENOTFOUND')
    return found
  }

  async #addressRecords(host: string, signal: AbortSignal): Promise<readonly string[]> {
    const name = readName(host)
    if (name === undefined) throw new UnresolvedName(host, 'ENOTFOUND', 'it is no domain name')
    const answers = await Promise.all(
      (['A', 'AAAA'] as const).map((type) => this.records({ name, type }, undefined, signal)),
    )
    return answers
      .flat()
      .flatMap((answer) => (answer.type === 'A' || answer.type === 'AAAA' ? [answer.data] : []))
  }

  async #ask(question: Question, server: HostPort | undefined, signal: AbortSignal): Promise<DnsAnswer> {
    const { timeout } = this.#options
    const servers = await this.#servers(server, signal)
    for (let made = 1; ; made++) {
      const [chosen] = servers.slice((made - 1) % servers.length)
      try {
        if (chosen === undefined) throw new NoDnsAnswer('ENOTFOUND', 'of this machine')
        return await exchange(chosen, question, { timeout, signal })
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof NoDnsAnswer)) throw error
        if (made >= mostAttempts) throw unanswered(question, error)
      }
    }
  }

  /** The addresses of the servers to be asked, one after the other. */
  async #servers(named: HostPort | undefined, signal: AbortSignal): Promise<readonly HostPort[]> {
    const { server, guard } = this.#options
    const wanted = named ?? server
    if (wanted === undefined) return serversOfMachine()
    // A server's own name is resolved by this machine: it cannot be asked for it.
    const addresses =
      isIP(wanted.host) !== 0
        ? [wanted.host]
        : await abortable(lookUp(wanted.host, { all: true }), signal).then(
            (all) => all.map(({ address }) => address),
            (error: unknown) => {
              signal.throwIfAborted()
              throw new ApiError(`the DNS server ${wanted.host} has no address`, {
                sqlState: 'HV00N',
                code: String(Object(error).code),
              })
            },
          )
    // What the settings name is the administrator's choice.
    if (named !== undefined) {
      for (const address of addresses) {
        if (!guard.allows(address)) throw refusal(new RefusedAddress(wanted.host, address))
      }
    }
    return addresses.map((host) => ({ host, port: wanted.port }))
  }
}

function serversOfMachine(): readonly HostPort[] {
  return getServers().flatMap((text) => {
    const read = readHostPort(text, 53)
    return 'host' in read ? [read] : []
  })
}

/** The error for a query that aims at an address which is not public. */
export function refusal({ message }: RefusedAddress): ApiError {
  return new ApiError(message, {
    code: 'RefusedAddress',
    hint: 'If queries may ask it, add the address or its network to allow_private_addresses of the connection.',
  })
}

function unanswered({ name, type }: Question, { message, code }: NoDnsAnswer): ApiError {
  return new ApiError(`the DNS server did not answer`, {
    sqlState: 'HV00N',
    code,
    detail: `${message}, asked ${mostAttempts} times for ${type} of ${name}`,
    hint: 'Check dns_server in the settings of the connection, and the network; or raise timeout.',
  })
}

/**
 * A domain name as DNS has it: without a dot at the end, and in ASCII.
 * @returns undefined for a text that cannot be one (RFC 1035, section 2.3.4)
 */
export function readName(text: string): string | undefined {
  const plain = text.replace(/\.$/, '')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is meant
  const name = /^[\u0000-\u007f]*$/.test(plain) ? plain : domainToASCII(plain)
  const isName = name.length <= 253 && name.split('.').every((label) => label !== '' && label.length <= 63)
  return isName ? name : undefined
}

/** Does not wait for what cannot be stopped. */
function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
