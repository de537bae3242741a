/** DNS records as rows of net_dns_record. */
import type { Answer } from './dns-message.js'

/** The types that net_dns_record knows, in the order in which they are asked for. */
export const recordTypes = [
  'A',
  'AAAA',
  'CAA',
  'CERT',
  'CNAME',
  'MX',
  'NS',
  'PTR',
  'SOA',
  'SRV',
  'TXT',
] as const
export type KnownRecordType = (typeof recordTypes)[number]

export function isKnownType(type: string): type is KnownRecordType {
  return (recordTypes as readonly string[]).includes(type)
}

export interface RecordColumns {
  readonly ip?: string
  readonly target?: string
  readonly priority?: number | undefined
  readonly tag?: string
  readonly value?: string
  readonly ttl?: number | undefined
  readonly serial?: number | undefined
  readonly minimum?: number | undefined
  readonly refresh?: number | undefined
  readonly retry?: number | undefined
  readonly expire?: number | undefined
}

export function recordColumns(answer: Answer): RecordColumns {
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      return { ip: answer.data, ttl: answer.ttl }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { target: rooted(answer.data), ttl: answer.ttl }
    case 'MX':
      return { target: rooted(answer.data.exchange), priority: answer.data.preference, ttl: answer.ttl }
    case 'SRV':
      return { target: rooted(answer.data.target), priority: answer.data.priority, ttl: answer.ttl }
    case 'CAA':
      return { tag: plain(answer.data.tag), value: plain(answer.data.value), ttl: answer.ttl }
    case 'TXT':
      // One record is one text, however many strings it is sent in (RFC 7208, section 3.3).
      return { value: plain([answer.data].flat().map(bytesOf).map(String).join('')), ttl: answer.ttl }
    case 'CERT':
      return { value: certText(answer.name, answer.ttl, answer.data), ttl: answer.ttl }
    case 'SOA': {
      const { mname, serial, refresh, retry, expire, minimum } = answer.data
      return { target: rooted(mname), serial, refresh, retry, expire, minimum, ttl: answer.ttl }
    }
    default:
      return {}
  }
}

/** A name with the dot at its end. */
export function rooted(name: string): string {
  return plain(name.endsWith('.') ? name : `${name}.`)
}

/** Texts of PostgreSQL cannot hold the character NUL. */
function plain(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd')
}

function bytesOf(data: string | Buffer): Buffer {
  return typeof data === 'string' ? Buffer.from(data) : data
}

/** Mnemonics of certificate types (RFC 4398, section 2.1). */
const certificateTypes: Readonly<Record<number, string>> = {
  1: 'PKIX',
  2: 'SPKI',
  3: 'PGP',
  4: 'IPKIX',
  5: 'ISPKI',
  6: 'IPGP',
  7: 'ACPKIX',
  8: 'IACPKIX',
  253: 'URI',
  254: 'OID',
}

/** The whole record, as zone files have it (RFC 4398, section 2.2). */
function certText(name: string, ttl: number | undefined, data: Buffer): string {
  if (data.length < 5) return ''
  const type = data.readUInt16BE(0)
  const fields = [
    certificateTypes[type] ?? type,
    data.readUInt16BE(2),
    data[4],
    data.subarray(5).toString('base64'),
  ]
  return [rooted(name), ttl ?? 0, 'IN', 'CERT', fields.join(' ')].join('\t')
}
