/**
 * What Shodan knows of hosts. Of the article's addresses it is written down; of others it is derived from the address,
 * always the same. Where they are, and whose, is as ipstack has it.
 */
import { publicAddress } from '../data/public-address.js'
import { canonical, isPlaced } from '../ipstack/address.js'
import { locate } from '../ipstack/locate.js'
import { hashText, Random } from '../random.js'

export type Host = Readonly<Record<string, unknown>>

/** Open ports of the article's addresses; none of those that Shodan knows nothing of. */
const articlePorts: Readonly<Record<string, readonly number[]>> = {
  '104.53.216.85': [],
  '82.102.17.180': [443, 1194],
  '89.248.165.99': [22, 80, 111],
  '107.170.20.63': [22, 80, 443],
  '157.230.162.15': [22],
  '212.102.58.164': [],
}

const commonPorts: readonly [number, ...number[]] = [22, 80, 443, 8080, 3389, 27017]
const updated = '2022-07-06T04:12:33.123456'

/** Known software, by port. */
const products: Readonly<Record<number, readonly [product: string, version: string]>> = {
  22: ['OpenSSH', '8.2p1'],
  80: ['nginx', '1.18.0'],
  443: ['nginx', '1.18.0'],
}

/** @returns null where nothing is known */
export function hostOf(address: string): Host | null {
  const key = canonical(address)
  if (!isPlaced(key)) return null
  const random = new Random(hashText(`shodan ${key}`))
  const known = Object.hasOwn(articlePorts, key) ? articlePorts[key] : undefined
  const isKnown = random.below(3) > 0
  const drawn = isKnown ? commonPorts.filter(() => random.below(3) === 0) : []
  const ports = known ?? drawn
  if (ports.length === 0) return null
  const place = Object(locate(key, new Date(0)))
  const isOutdated = ports.includes(22) && random.below(2) === 0
  return {
    ip_str: address,
    asn: `AS${place.connection?.asn}`,
    isp: place.connection?.isp ?? null,
    org: place.connection?.isp ?? null,
    os: null,
    hostnames: namesOf(key),
    domains: [],
    ports,
    tags: key === '89.248.165.99' ? ['scanner'] : [],
    ...(isOutdated ? { vulns: ['CVE-2021-41617'] } : {}),
    last_update: updated,
    city: place.city,
    country_code: place.country_code,
    country_name: place.country_name,
    region_code: place.region_code,
    postal_code: null,
    area_code: null,
    dma_code: null,
    latitude: place.latitude,
    longitude: place.longitude,
  }
}

/** Host names as ipstack has them. */
export function namesOf(address: string): readonly string[] {
  return isPlaced(canonical(address)) ? [String(locate(address, new Date(0)).hostname)] : []
}

/** What was found at each port. */
export function bannersOf(host: Host): readonly unknown[] {
  const ports: readonly unknown[] = Array.isArray(host.ports) ? host.ports : []
  return ports.map((port) => bannerOf(String(host.ip_str), Number(port), true))
}

function bannerOf(address: string, port: number, isWhole: boolean): Host {
  const [product, version] = products[port] ?? []
  return {
    ...(address.includes(':') ? { ipv6: address } : {}),
    ip_str: address,
    port,
    timestamp: updated,
    hash: -1_234_567_890 + port,
    domains: [],
    transport: 'tcp',
    ...(product === undefined
      ? {}
      : { product, version, cpe: [`cpe:/a:${product.toLowerCase()}:${version}`] }),
    _shodan: { module: port === 22 ? 'ssh' : 'http', crawler: 'sandbox', options: {} },
    data:
      port === 22 ? 'SSH-2.0-OpenSSH_8.2p1\nKey type: ssh-rsa' : 'HTTP/1.1 200 OK\r\nServer: nginx/1.18.0',
    opts: {},
    ...(port === 22 ? { ssh: { type: 'ssh-rsa', mac: 'umac-64@openssh.com' } } : {}),
    // A minified answer is without the page.
    ...(port === 80
      ? { http: { status: 200, title: 'Welcome', ...(isWhole ? { html: '<p>Welcome</p>' } : {}) } }
      : {}),
  }
}

/** A match of a search; one of them is an IPv6 host, and one has a member that is not as documented. */
export function searchMatch(query: string, index: number, isWhole: boolean): Host {
  const address = index === 1 ? '2600:1f18::1' : publicAddress(hashText(query), index)
  const place = Object(locate(address, new Date(0)))
  return {
    ...bannerOf(address, 80, isWhole),
    ...(index === 2 ? { minecraft: { description: { text: 'A server' } }, product: 7, uptime: 'long' } : {}),
    ip: index === 1 ? null : address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0),
    asn: `AS${place.connection?.asn}`,
    isp: place.connection?.isp,
    org: place.connection?.isp,
    os: null,
    hostnames: [],
    tags: [],
    location: { city: place.city, country_code: place.country_code },
  }
}
