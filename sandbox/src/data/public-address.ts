/** Numbered public IPv4 addresses, each number a different one. */
import { isIPv4 } from 'node:net'

/** First octets under which no address is private or reserved. */
const firstOctets = [
  3, 5, 8, 12, 13, 15, 18, 20, 23, 31, 34, 35, 37, 40, 44, 46, 50, 51, 52, 54, 62, 63, 65, 66, 68, 71, 77, 78,
  80, 82, 85, 87, 89, 91, 94, 95, 99, 104, 107, 109,
] as const

const span = firstOctets.length * 2 ** 24

/** The step, coprime to the span, so that multiplying by it is a permutation. */
const stride = 2654435761

/** The most addresses; beyond this the arithmetic would leave the exact integers. */
export const mostDistinctAddresses = 1_000_000

export function publicAddress(seed: number, ordinal: number): string {
  const place = ((ordinal % mostDistinctAddresses) * stride + (seed >>> 0)) % span
  const first = firstOctets[Math.floor(place / 2 ** 24)] ?? firstOctets[0]
  const address = `${first}.${(place >>> 16) & 255}.${(place >>> 8) & 255}.${place & 255}`
  if (!isIPv4(address)) throw new RangeError(`no address ${ordinal}`)
  return address
}
