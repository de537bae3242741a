/** Texts that are made of a column's value, and back: `host(ip) = '1.1.1.1'` asks for the address with that text. */
import { isIP } from 'node:net'
import type { ColumnType, QualValue } from '@millrace/plugin-sdk'
import type { Wrapper } from './wrapped-column.js'

/**
 * How a text was made of a value.
 * - `text`: by a cast, or text() of an inet, which writes the netmask always.
 * - `host`: without the netmask, so that several values have the same.
 * - `abbreviation`: with the netmask where it is not that of one host.
 */
export type Reading = 'text' | 'host' | 'abbreviation'

const textTypes: ReadonlySet<string> = new Set(['text', 'varchar'])

/** @returns undefined when the wrapper makes no text of the column, or one that cannot be turned back */
export function readingOf(wrapper: Wrapper, type: ColumnType): Reading | undefined {
  if (wrapper.kind === 'cast') return textTypes.has(wrapper.type) && type in patterns ? 'text' : undefined
  if (wrapper.kind !== 'call' || wrapper.args.length !== 1 || type !== 'inet') return undefined
  switch (wrapper.name) {
    case 'text':
      return 'text'
    case 'host':
      return 'host'
    case 'abbrev':
      return 'abbreviation'
    default:
      return undefined
  }
}

/** What PostgreSQL writes for a value, and for no other one. */
const patterns: Readonly<Partial<Record<ColumnType, RegExp>>> = {
  inet: /^[0-9a-f.:]+(\/\d{1,3})?$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  bigint: /^(0|-?[1-9]\d{0,18})$/,
}

/** The value that has a text; undefined when none has. */
export function valueOfText(text: string, reading: Reading, type: ColumnType): QualValue | undefined {
  if (patterns[type]?.test(text) !== true) return undefined
  if (type === 'bigint') {
    const value = BigInt(text)
    return BigInt.asIntN(64, value) === value ? value : undefined
  }
  return type === 'inet' ? addressOf(text, reading) : text
}

/**
 * Whether an IPv6 address is written as PostgreSQL writes it, which is as URLs have it, but for those that hold one of IPv4
 * (inet_net_ntop_ipv6 in its inet_net_ntop.c). Other texts are of no address; asked for, they would be of one twice.
 */
function isAsPrinted(address: string): boolean {
  if (address.includes('.')) return /^::(?:ffff:)?\d+\.\d+\.\d+\.\d+$/.test(address)
  const holdsVersion4 = /^::(?:ffff:)?[0-9a-f]{1,4}:[0-9a-f]{1,4}$/.test(address)
  return !holdsVersion4 && new URL(`http://[${address}]`).hostname === `[${address}]`
}

/** Reads an inet as PostgreSQL writes it: the netmask of a single host is left out. */
function addressOf(text: string, reading: Reading): string | undefined {
  const [address = '', length] = text.split('/')
  const version = isIP(address)
  if (version === 0 || (version === 6 && !isAsPrinted(address))) return undefined
  const longest = version === 4 ? 32 : 128
  if (length === undefined) return reading === 'text' ? undefined : address
  if (reading === 'host' || Number(length) > longest || length !== String(Number(length))) return undefined
  if (Number(length) !== longest) return text
  return reading === 'abbreviation' ? undefined : address
}
