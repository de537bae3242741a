/** Values of rows, as PostgreSQL takes them. */
import { isIP } from 'node:net'
import type { BinaryReader } from '@bufbuild/protobuf/wire'
import { type ColumnType, type JsonText, parseJson, rawJsonText } from '@millrace/plugin-sdk'

/** @returns undefined where the text is not JSON; null, as Steampipe does, for JSON's null */
export function readJson(text: string): JsonText | null | undefined {
  if (text === 'null') return null
  try {
    parseJson(text)
  } catch {
    return undefined
  }
  return rawJsonText(text)
}

/** @returns undefined where the text is not an address or a network, or has bits of a host in a column of networks */
export function readNetwork(type: ColumnType, text: string): string | undefined {
  const [address = '', bits, ...others] = text.split('/')
  const version = isIP(address)
  const length = bits === undefined ? undefined : Number(bits)
  const longest = version === 4 ? 32 : 128
  // A zone, as of `fe80::1%eth0`, means nothing to PostgreSQL.
  if (version === 0 || others.length > 0 || address.includes('%')) return undefined
  if (length !== undefined && !(/^\d{1,3}$/.test(bits ?? '') && length <= longest)) return undefined
  if (type === 'cidr' && length !== undefined && hasHostBits(bytesOf(address), length)) return undefined
  return text
}

/** The bytes of an address in network order. */
export function bytesOf(address: string): readonly number[] {
  if (isIP(address) === 4) return address.split('.').map(Number)
  // WHATWG's URL writes IPv6 addresses in one way, without IPv4 at their end.
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = written.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros: string[] = tail === undefined ? [] : Array(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 255]
  })
}

function hasHostBits(bytes: readonly number[], length: number): boolean {
  return bytes.some((byte, index) => {
    const kept = Math.min(8, Math.max(0, length - 8 * index))
    return (byte & (255 >> kept)) !== 0
  })
}

const million = 1_000_000
const firstTime = Date.parse('0001-01-01T00:00:00Z')
const endOfTime = Date.parse('+010000-01-01T00:00:00Z')

/**
 * A `google.protobuf.Timestamp`, as text to the microsecond.
 * @returns undefined for years before the first and after 9999, which the type excludes
 */
export function readTime(reader: BinaryReader, end: number): string | undefined {
  let seconds = 0
  let nanoseconds = 0
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 8) seconds = Number(reader.int64())
    else if (tag === 16) nanoseconds = reader.int32()
    else reader.skip(tag & 7, tag >>> 3)
  }
  const milliseconds = Math.floor(nanoseconds / million)
  const time = new Date(seconds * 1000 + milliseconds)
  if (!(time.getTime() >= firstTime && time.getTime() < endOfTime)) return undefined
  const iso = time.toISOString()
  const microseconds = Math.floor(nanoseconds / 1000) % 1000
  return microseconds === 0 ? iso : `${iso.slice(0, -1)}${String(microseconds).padStart(3, '0')}Z`
}
