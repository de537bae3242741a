/**
 * Which addresses are public: IANA's registries of special-purpose addresses (RFC 6890 and its updates) say which are
 * not. An IPv6 address that stands for an IPv4 address, so that packets to it would reach that, is as public as that.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

const notPublic4 = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // shared, behind a carrier's NAT
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local; metadata services of clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // relays of 6to4
  ['192.168.0.0', 16],
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
] as const) {
  notPublic4.addSubnet(network, prefix, 'ipv4')
}

/** Within 2000::/3, outside of which nothing is public. */
const notPublic6 = new BlockList()
for (const [network, prefix] of [
  ['2001::', 23], // protocol assignments: Teredo, benchmarks, ORCHID
  ['2001:db8::', 32], // documentation
  ['3fff::', 20], // documentation
  ['5f00::', 16], // segment routing
] as const) {
  notPublic6.addSubnet(network, prefix, 'ipv6')
}

/** Whether an address is public. A text that is no address is not. */
export function isPublic(address: string): boolean {
  const embedded = embeddedAddress(address)
  if (embedded !== undefined) return isPublic(embedded)
  const plain = withoutZone(address)
  if (isIPv4(plain)) return !notPublic4.check(plain, 'ipv4')
  if (!isIPv6(plain)) return false
  const [first = 0] = groupsOf(plain)
  return first >= 0x2000 && first <= 0x3fff && !notPublic6.check(plain, 'ipv6')
}

/**
 * The IPv4 address that an IPv6 address stands for: IPv4-mapped (RFC 4291), NAT64 (RFC 6052, the well-known prefix) or
 * 6to4 (RFC 3056).
 */
export function embeddedAddress(address: string): string | undefined {
  const plain = withoutZone(address)
  if (!isIPv6(plain)) return undefined
  const groups = groupsOf(plain)
  const begin = groups.slice(0, 6).join(':')
  const [, second = 0, third = 0, , , , seventh = 0, eighth = 0] = groups
  if (begin === [0, 0, 0, 0, 0, 0xffff].join(':') || begin === [0x64, 0xff9b, 0, 0, 0, 0].join(':')) {
    return dotted(seventh, eighth)
  }
  return groups[0] === 0x2002 ? dotted(second, third) : undefined
}

export function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  // The one spelling that URLs have: without an IPv4 address at the end.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const numbers = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const before = numbers(head)
  const after = tail === undefined ? [] : numbers(tail)
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
}
