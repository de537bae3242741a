/**
 * What AbuseIPDB knows of an address. Of the article's addresses it is written down; of others it is derived from the
 * address itself, always the same. Times are relative to today.
 */
import { isIPv6 } from 'node:net'
import { publicAddress } from '../data/public-address.js'
import { canonical, isPlaced } from '../ipstack/address.js'
import { locate } from '../ipstack/locate.js'
import { hashText, Random } from '../random.js'

/** The data of a check, with its API's own member names. */
export interface Reported {
  readonly ipAddress: string
  readonly isPublic: boolean
  readonly ipVersion: 4 | 6
  readonly isWhitelisted: boolean | null
  readonly abuseConfidenceScore: number
  readonly countryCode: string | null
  readonly usageType: string | null
  readonly isp: string | null
  readonly domain: string | null
  readonly hostnames: readonly string[]
  readonly isTor: boolean
  readonly totalReports: number
  readonly numDistinctUsers: number
  readonly lastReportedAt: string | null
  readonly reports: readonly object[]
}

export interface ReportOptions {
  readonly now: Date
  readonly overrides: ReadonlyMap<string, Partial<Reported>>
}

/** How many reports the article's addresses have in a year, and how certain it is that they are malicious. */
const articleReports: Readonly<Record<string, readonly [reports: number, score: number]>> = {
  '104.53.216.85': [0, 0],
  '82.102.17.180': [7, 18],
  '89.248.165.99': [60, 100],
  '107.170.20.63': [12, 41],
  '157.230.162.15': [3, 5],
  '212.102.58.164': [5, 11],
}

const usageTypes: readonly [string, ...string[]] = [
  'Data Center/Web Hosting/Transit',
  'Fixed Line ISP',
  'Mobile ISP',
  'Commercial',
]

const comments: readonly [string, ...string[]] = [
  'Failed password for root from this address, port 22',
  'Port scan, TCP 23 and 2323',
  'GET /wp-login.php, 40 times in a minute',
  'SMTP authentication failures',
]

/** The numbers of the categories that those comments belong to. */
const categories: readonly (readonly number[])[] = [[18, 22], [14], [18, 21], [11, 18]]

const day = 86_400_000

/** The largest number of reports of an address that the article does not have. */
const mostReports = 20

export function checkOf(address: string, maxAgeInDays: number, { now, overrides }: ReportOptions): Reported {
  const key = canonical(address)
  const isPublic = isPlaced(key)
  const random = new Random(hashText(`abuse ${key}`))
  const known = Object.hasOwn(articleReports, key) ? articleReports[key] : undefined
  const isReported = random.below(4) === 0
  const drawn = isPublic && isReported ? 1 + random.below(mostReports) : 0
  const [count, score] = known ?? [drawn, Math.min(100, drawn * 6)]
  const reports = Array.from({ length: count }, (_, index) => reportOf(random, index, count, now)).filter(
    ({ reportedAt }) => now.getTime() - Date.parse(reportedAt) <= maxAgeInDays * day,
  )
  const place = Object(isPublic ? locate(key, now) : {})
  const isp: string | null = place.connection?.isp ?? null
  return {
    ipAddress: address,
    isPublic,
    ipVersion: isIPv6(address) ? 6 : 4,
    isWhitelisted: isPublic && random.below(3) === 0 ? null : false,
    abuseConfidenceScore: reports.length === 0 ? 0 : score,
    countryCode: place.country_code ?? null,
    usageType: isPublic ? random.pick(usageTypes) : null,
    isp,
    domain: isp === null ? null : `${isp.toLowerCase().replace(/[^a-z]+.*$/, '')}.example`,
    hostnames: [],
    isTor: false,
    totalReports: reports.length,
    numDistinctUsers: new Set(reports.map(({ reporterId }) => reporterId)).size,
    lastReportedAt: reports[0]?.reportedAt ?? null,
    reports,
    ...overrides.get(key),
  }
}

/** The reports of an address, the newest first, are spread over a year. */
function reportOf(random: Random, index: number, count: number, now: Date) {
  const kind = random.below(comments.length)
  const age = Math.floor(((index + 0.5) / count) * 364 * day) + 3_600_000
  return {
    reportedAt: new Date(now.getTime() - age).toISOString().replace(/\.\d+Z$/, '+00:00'),
    comment: comments[kind] ?? '',
    categories: categories[kind] ?? [],
    reporterId: 1 + random.below(500),
    reporterCountryCode: 'DE',
    reporterCountryName: 'Germany',
  }
}

/** The addresses of a network. */
export function addressesOf(address: string, prefix: number): readonly string[] {
  const size = 2 ** (32 - prefix)
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const first = Math.floor(number / size) * size
  return Array.from({ length: size }, (_, index) => {
    const each = first + index
    return [24, 16, 8, 0].map((shift) => Math.floor(each / 2 ** shift) % 256).join('.')
  })
}

const listSeed = 4_242
const listedAddresses = 150

/** The blacklist, the worst first. Some addresses of it are IPv6. */
export function blacklist({ now }: ReportOptions) {
  const others = Array.from({ length: listedAddresses }, (_, index) => ({
    ipAddress: index % 25 === 24 ? `2a02:4780::${index.toString(16)}` : publicAddress(listSeed, index),
    abuseConfidenceScore: 100 - Math.floor(index / 2),
  }))
  const first = { ipAddress: '89.248.165.99', abuseConfidenceScore: 100 }
  return [first, ...others].map((listed, index) => ({
    countryCode: 'NL',
    ...listed,
    lastReportedAt: new Date(now.getTime() - (index + 1) * 60_000).toISOString().replace(/\.\d+Z$/, '+00:00'),
  }))
}
