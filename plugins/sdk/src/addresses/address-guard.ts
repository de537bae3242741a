/**
 * Keeps queries from aiming this machine at addresses that are not public, such as a metadata service or a database
 * behind the firewall. What is checked is the address that is connected to, after a name has been resolved.
 */
import { type BlockList, isIPv6 } from 'node:net'
import { embeddedAddress, isPublic, withoutZone } from './public-address.js'

/** @param allowed all addresses, or those of some networks besides the public ones */
export class AddressGuard {
  constructor(readonly allowed: boolean | BlockList) {}

  allows(address: string): boolean {
    if (this.allowed === true || isPublic(address)) return true
    if (this.allowed === false) return false
    const plain = withoutZone(address)
    const embedded = embeddedAddress(plain)
    if (this.allowed.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')) return true
    return embedded !== undefined && this.allowed.check(embedded, 'ipv4')
  }

  /** @throws RefusedAddress */
  check(host: string, address: string): void {
    if (!this.allows(address)) throw new RefusedAddress(host, address)
  }
}

export class RefusedAddress extends Error {
  override readonly name = 'RefusedAddress'

  constructor(host: string, address: string) {
    const named = host === address ? address : `${address}, the address of ${host},`
    super(
      `${named} is not public, and the setting allow_private_addresses of the connection does not allow it`,
    )
  }
}
