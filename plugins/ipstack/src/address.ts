/** IP addresses as texts. */
import { isIP, isIPv6 } from 'node:net'

/** Whether a value of inet is one address; a network, such as 10.0.0.0/8, is not. */
export function isAddress(inet: string): boolean {
  return isIP(inet) !== 0
}

/** The same spelling for all spellings of an address. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) && !address.includes('%')
    ? new URL(`http://[${address}]`).hostname.slice(1, -1)
    : address
}
