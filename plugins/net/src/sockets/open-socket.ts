/** Opens connections to hosts that queries name: only to addresses that the guard allows. */
import type { LookupAddress } from 'node:dns'
import { connect, isIP, isIPv6, type LookupFunction, type Socket } from 'node:net'
import { type AddressGuard, RefusedAddress } from '../addresses/address-guard.js'
import type { HostPort } from '../addresses/host-port.js'
import type { DnsClient } from '../dns/dns-client.js'

/** Whom a connection asks for addresses, and which of them it may use. */
export interface AddressSource {
  readonly dns: DnsClient
  readonly guard: AddressGuard
}

/**
 * The addresses of a host that may be connected to.
 * @throws RefusedAddress where none of them may; what resolving it throws
 */
export async function allowedAddresses(
  host: string,
  { dns, guard }: AddressSource,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const all = await dns.addresses(host, signal)
  const allowed = all.filter((address) => guard.allows(address))
  const [first] = all
  if (allowed.length === 0 && first !== undefined) throw new RefusedAddress(host, first)
  return allowed
}

/**
 * Resolves names for sockets, so that what is checked is what is connected to. It is not asked where the host is an
 * address already: that must be checked before.
 */
export function guardedLookup(source: AddressSource, signal: AbortSignal): LookupFunction {
  return (hostname, options, callback) => {
    allowedAddresses(hostname, source, signal).then(
      (addresses) => {
        const found: LookupAddress[] = addresses.map((address) => ({
          address,
          family: isIPv6(address) ? 6 : 4,
        }))
        const wanted = found.filter(({ family }) => !options.family || family === Number(options.family))
        const [first] = wanted
        if (first === undefined)
          callback(Object.assign(new Error('no such address'), { code: 'ENOTFOUND' }), '')
        else if (options.all === true) callback(null, wanted)
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error, ''),
    )
  }
}

export interface OpenOptions {
  readonly source: AddressSource
  /** How long the connection may take to be made, in milliseconds. */
  readonly timeout: number
  /** Ends the socket, also once it is open. */
  readonly signal: AbortSignal
  readonly family?: 4 | 6 | undefined
}

/**
 * Opens a TCP connection. The caller destroys the socket.
 * @throws RefusedAddress; what the operating system says; the signal's reason
 */
export function openSocket({ host, port }: HostPort, options: OpenOptions): Promise<Socket> {
  const { source, timeout, signal, family } = options
  signal.throwIfAborted()
  if (isIP(host) !== 0) source.guard.check(host, host)
  const socket = connect({
    host,
    port,
    lookup: guardedLookup(source, signal),
    autoSelectFamily: family === undefined,
    ...(family === undefined ? {} : { family }),
  })
  const onAbort = () => socket.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', onAbort))
  return new Promise<Socket>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(Object.assign(new Error(`no connection within ${timeout} ms`), { code: 'ETIMEDOUT' }))
      socket.destroy()
    }, timeout)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    // Stays: a socket without a listener for errors would end the process.
    socket.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once('close', () => {
      clearTimeout(timer)
      reject(signal.aborted ? signal.reason : Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    })
  })
}

/** What went wrong, on one line, for a column of errors. */
export function failureText(error: unknown): string {
  const { code, message, errors } = Object(error)
  // Several addresses were tried: what the first said stands for all.
  if (Array.isArray(errors) && errors.length > 0) return failureText(errors[0])
  const said = typeof message === 'string' ? message : String(error)
  return typeof code === 'string' && !said.includes(code) ? `${code}: ${said}` : said
}
