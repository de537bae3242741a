/** Addresses that have no place on the map: private, reserved and documentation ranges (IANA registries). */
import { BlockList, isIP, isIPv6 } from 'node:net'

const unplaced = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  unplaced.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['2001:db8::', 32],
] as const) {
  unplaced.addSubnet(network, prefix, 'ipv6')
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0
}

export function isPlaced(address: string): boolean {
  return !unplaced.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** The same spelling for all spellings of an address. */
export function canonical(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}
