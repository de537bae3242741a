/** Resolves names for sockets, so that what is checked is what is connected to. */
import { type LookupAddress, lookup } from 'node:dns'
import { isIP, isIPv6, type LookupFunction } from 'node:net'
import { promisify } from 'node:util'
import { type AddressGuard, RefusedAddress } from './address-guard.js'

const lookUp = promisify(lookup)

/** Who knows the addresses of hosts. */
export interface Resolver {
  /** @throws whatever resolving the name throws; the signal's reason */
  addresses(host: string, signal: AbortSignal): Promise<readonly string[]>
}

/** Whom a connection asks for addresses, and which of them it may use. */
export interface AddressSource {
  readonly dns: Resolver
  readonly guard: AddressGuard
}

/** The resolver of the operating system, which also knows the file hosts. */
export const systemResolver: Resolver = {
  async addresses(host, signal) {
    signal.throwIfAborted()
    if (isIP(host.replace(/%.*$/, '')) !== 0) return [host]
    const found = await lookUp(host, { all: true })
    signal.throwIfAborted()
    return found.map(({ address }) => address)
  },
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

/** It is not asked where the host is an address already: that must be checked before. */
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
