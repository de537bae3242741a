/**
 * What the DNS server knows: the names of addresses, as ipstack has them too; example.com with a record of each type;
 * and names that something is wrong with.
 */
import { isIP } from 'node:net'
import type { Answer } from 'dns-packet'
import { canonical, isPlaced } from '../ipstack/address.js'
import { locate } from '../ipstack/locate.js'
import { hashText } from '../random.js'

/** Codes of answers (RFC 1035, section 4.1.1). */
export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const

/** An answer's code, or all records of a name; `silence` is no answer at all. */
export interface ZoneAnswer {
  readonly rcode?: keyof typeof rcodes
  readonly records?: readonly Answer[]
}

const ttl = 300

/** The article's addresses: one has two names, one has none. Other public addresses have one in most cases. */
const articleNames: Readonly<Record<string, readonly string[]>> = {
  '89.248.165.99': ['host-89-248-165-99.example.net', 'scanner-99.example.org'],
  '157.230.162.15': [],
}

const spf = {
  name: 'example.com',
  ttl,
  type: 'TXT',
  data: ['v=spf1 include:_spf.example', '.com -all'],
} as const

const zone: Readonly<Record<string, ZoneAnswer | 'silence'>> = {
  'example.com': {
    records: [
      { name: 'example.com', ttl, type: 'A', data: '127.0.0.1' },
      { name: 'example.com', ttl, type: 'AAAA', data: '::1' },
      { name: 'example.com', ttl, type: 'MX', data: { preference: 0, exchange: 'mail.example.com' } },
      { name: 'example.com', ttl, type: 'MX', data: { preference: 10, exchange: 'backup.example.com' } },
      { name: 'example.com', ttl, type: 'NS', data: 'ns1.example.com' },
      {
        name: 'example.com',
        ttl: 0,
        type: 'SOA',
        data: {
          mname: 'ns1.example.com',
          rname: 'hostmaster.example.com',
          serial: 2022070601,
          refresh: 7200,
          retry: 3600,
          expire: 1_209_600,
          minimum: 0,
        },
      },
      { ...spf, data: [...spf.data] },
      { name: 'example.com', ttl, type: 'TXT', data: 'hello' },
      { name: 'example.com', ttl, type: 'CAA', data: { flags: 0, tag: 'issue', value: 'ca.example.net' } },
      {
        name: 'example.com',
        ttl,
        type: 'CERT',
        data: Buffer.from([0, 1, 0x30, 0x39, 8, ...Buffer.from('a certificate')]),
      },
    ],
  },
  'example.org': {
    records: [
      { name: 'example.org', ttl, type: 'A', data: '127.0.0.1' },
      { name: 'example.org', ttl, type: 'MX', data: { preference: 5, exchange: 'mail.example.org' } },
    ],
  },
  'www.example.com': {
    records: [
      { name: 'www.example.com', ttl, type: 'CNAME', data: 'example.com' },
      { name: 'example.com', ttl, type: 'A', data: '127.0.0.1' },
    ],
  },
  '_sip._tcp.example.com': {
    records: [
      {
        name: '_sip._tcp.example.com',
        ttl,
        type: 'SRV',
        data: { priority: 1, weight: 2, port: 5060, target: 'sip.example.com' },
      },
    ],
  },
  'large.example.com': {
    records: Array.from({ length: 40 }, (_, index) => ({
      name: 'large.example.com',
      ttl,
      type: 'TXT' as const,
      data: `${index}: ${'x'.repeat(100)}`,
    })),
  },
  'broken.example.com': { rcode: 'SERVFAIL' },
  'refused.example.com': { rcode: 'REFUSED' },
  'silent.example.com': 'silence',
}

/** @param name in lower case */
export function recordsOf(name: string): ZoneAnswer | 'silence' {
  const address = addressOfReverseName(name)
  if (address !== undefined) return pointers(name, address)
  return Object.hasOwn(zone, name) ? (zone[name] ?? { rcode: 'NXDOMAIN' }) : { rcode: 'NXDOMAIN' }
}

function pointers(name: string, address: string): ZoneAnswer {
  const names = Object.hasOwn(articleNames, address) ? articleNames[address] : undefined
  const found =
    names ?? (isPlaced(address) && hashText(`name ${address}`) % 4 !== 0 ? [hostname(address)] : [])
  if (found.length === 0) return { rcode: 'NXDOMAIN' }
  return { records: found.map((data) => ({ name, ttl, type: 'PTR', data })) }
}

function hostname(address: string): string {
  return String(locate(address, new Date(0)).hostname)
}

/** The address whose names stand under a name (RFC 1035, section 3.5; RFC 3596, section 2.5). */
function addressOfReverseName(name: string): string | undefined {
  const [, numbers = '', kind] = /^(.*)\.(in-addr|ip6)\.arpa$/.exec(name) ?? []
  const parts = numbers.split('.').reverse()
  const address =
    kind === 'in-addr' ? parts.join('.') : kind === 'ip6' ? parts.join('').replace(/(.{4})(?!$)/g, '$1:') : ''
  return isIP(address) === 0 ? undefined : canonical(address)
}
