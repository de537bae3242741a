import { isIPv4 } from 'node:net'

/** The name under which an address's own names stand (RFC 1035, section 3.5; RFC 3596, section 2.5). */
export function reverseName(address: string): string {
  if (isIPv4(address)) return `${address.split('.').reverse().join('.')}.in-addr.arpa`
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string | undefined) => (part ? part.split(':') : [])
  const before = groups(head)
  const after = groups(tail)
  const between = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const digits = [...before, ...between, ...after].map((group) => group.padStart(4, '0')).join('')
  return `${[...digits].reverse().join('.')}.ip6.arpa`
}
