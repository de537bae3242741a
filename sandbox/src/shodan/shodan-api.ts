/** Shodan: what of a host is exposed. Hosts, searches, domains, exploits, lists, and what is left of the plan. */
import { shodanFreeKey, shodanKey } from '../credentials.js'
import { isAddress } from '../ipstack/address.js'
import type { Answer, ApiCall, ApiRequest, Refusal, Service } from '../service.js'
import { bannersOf, type Host, hostOf, namesOf, searchMatch } from './hosts.js'

export interface ShodanPlan {
  readonly name: string
  /** Whether hosts can be looked up and searched for; free accounts cannot. */
  readonly isMember: boolean
  /** Pages of a domain that are given. */
  readonly domainPages: number
  queryCredits: number
}

export const defaultShodanPlans: Readonly<Record<string, ShodanPlan>> = {
  [shodanKey]: { name: 'dev', isMember: true, domainPages: 10, queryCredits: 1000 },
  [shodanFreeKey]: { name: 'oss', isMember: false, domainPages: 0, queryCredits: 0 },
}

/** The APIs are served under these paths. */
export const shodanPath = '/shodan-api'
export const shodanExploitsPath = '/shodan-exploits'

const pageSize = 100

class ShodanError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

export class ShodanApi implements Service {
  readonly name = 'shodan'
  readonly plans: Map<string, ShodanPlan>
  /** What is known of hosts, where tests set it themselves; null where nothing is. */
  readonly overrides = new Map<string, Host | null>()
  /** How many matches a search has, where tests set it themselves; 250 otherwise. */
  readonly totals = new Map<string, number>()

  constructor(plans: Readonly<Record<string, ShodanPlan>> = defaultShodanPlans) {
    this.plans = new Map(Object.entries(plans).map(([key, plan]) => [key, { ...plan }]))
  }

  recognise({ method, url }: ApiRequest): ApiCall | null {
    const isExploits = url.pathname.startsWith(`${shodanExploitsPath}/`)
    if (method !== 'GET' || (!isExploits && !url.pathname.startsWith(`${shodanPath}/`))) return null
    const path = url.pathname.slice((isExploits ? shodanExploitsPath : shodanPath).length)
    const { key: _secret, ...query } = Object.fromEntries(url.searchParams)
    const [operation, subject] = operationOf(path)
    return {
      service: this.name,
      operation,
      region: undefined,
      parameters: { ...(subject === undefined ? {} : { subject }), ...query },
      answer: () => {
        try {
          const plan = this.#plan(url.searchParams.get('key'))
          return say(200, this.#answer(operation, subject ?? '', url.searchParams, plan))
        } catch (error) {
          if (error instanceof ShodanError) return say(error.status, { error: error.message })
          throw error
        }
      },
      refuse,
    }
  }

  #plan(key: string | null): ShodanPlan {
    const plan = key ? this.plans.get(key) : undefined
    if (plan === undefined) throw new ShodanError(401, 'Invalid API key')
    return plan
  }

  #answer(operation: string, subject: string, query: URLSearchParams, plan: ShodanPlan): unknown {
    const page = Number(query.get('page') ?? 1)
    switch (operation) {
      case 'host':
        requireMembership(plan)
        return this.#host(subject, query.get('minify') === 'true')
      case 'search': {
        requireMembership(plan)
        const text = query.get('query') ?? ''
        if (page > 1 || text.includes(':')) spendCredit(plan)
        const total = this.totals.get(text) ?? 250
        const isWhole = query.get('minify') === 'false'
        return { matches: numbers(page, total).map((index) => searchMatch(text, index, isWhole)), total }
      }
      case 'domain':
        if (page > plan.domainPages) {
          throw new ShodanError(401, 'Accessing results past the first page requires enterprise access')
        }
        spendCredit(plan)
        return domainPage(subject, page)
      case 'reverse':
        return Object.fromEntries(
          (query.get('ips') ?? '').split(',').map((ip) => [ip, isAddress(ip) ? namesOf(ip) : null]),
        )
      case 'api-info':
        return {
          plan: plan.name,
          https: false,
          unlocked: plan.isMember,
          unlocked_left: plan.queryCredits,
          query_credits: plan.queryCredits,
          scan_credits: 0,
          telnet: false,
          monitored_ips: null,
          usage_limits: { scan_credits: 100, query_credits: 1000, monitored_ips: 16 },
        }
      case 'profile':
        return {
          member: plan.isMember,
          credits: 0,
          display_name: 'sandbox',
          created: '2020-12-15T10:48:40.134000',
        }
      case 'ports':
        return [22, 80, 443, 8080, 27017]
      case 'protocols':
        return {
          ssh: 'Get the SSH banner and keys',
          mysql: 'Grab a MySQL banner',
          mongodb: 'Collect system information',
        }
      case 'services':
        return { '22': 'SSH', '80': 'HTTP', '443': 'HTTPS', '27017': 'MongoDB' }
      case 'scans':
        return {
          matches:
            page > 1
              ? []
              : [
                  {
                    id: 'YEaVJdaB7vT3fn5M',
                    status: 'DONE',
                    created: '2022-07-06T10:00:00.123456',
                    credits_left: 5,
                    size: 1,
                    status_check: '2022-07-06T11:00:00.000000',
                    api_key: shodanKey,
                  },
                ],
          total: 1,
        }
      case 'exploits': {
        const text = query.get('query') ?? ''
        const total = this.totals.get(text) ?? 250
        return { matches: numbers(page, total).map((index) => exploit(text, index)), total }
      }
      default:
        throw new ShodanError(404, 'The requested endpoint does not exist')
    }
  }

  #host(address: string, minified: boolean): unknown {
    if (!isAddress(address)) throw new ShodanError(404, 'Invalid IP')
    const known = this.overrides.get(address)
    const host = known === undefined ? hostOf(address) : known
    if (host === null) throw new ShodanError(404, 'No information available for that IP.')
    return minified ? host : { ...host, data: bannersOf(host) }
  }
}

/** What is called, and for what. */
function operationOf(path: string): readonly [operation: string, subject?: string] {
  const [, first, second, third] = path.split('/').map(decodeURIComponent)
  switch (first) {
    case 'shodan':
      if (second === 'host' && third === 'search') return ['search']
      return second === 'host' ? ['host', third ?? ''] : [second ?? '']
    case 'dns':
      return second === 'domain' ? ['domain', third ?? ''] : [second ?? '']
    case 'account':
      return [second ?? '']
    case 'api':
      return ['exploits']
    default:
      return [first ?? '']
  }
}

function requireMembership({ isMember }: ShodanPlan): void {
  if (!isMember) throw new ShodanError(403, 'Requires membership or higher to access')
}

function spendCredit(plan: ShodanPlan): void {
  if (plan.queryCredits <= 0) {
    throw new ShodanError(
      403,
      'Insufficient query credits, please upgrade your API plan or wait for the monthly limit to reset',
    )
  }
  plan.queryCredits -= 1
}

/** The numbers of the matches on a page. */
function numbers(page: number, total: number): readonly number[] {
  const first = (page - 1) * pageSize
  return Array.from({ length: Math.max(0, Math.min(pageSize, total - first)) }, (_, index) => first + index)
}

const domainRecords = 250

function domainPage(domain: string, page: number): unknown {
  if (!domain.startsWith('example.')) throw new ShodanError(404, 'No information available for that domain.')
  return {
    domain,
    tags: [],
    more: page * pageSize < domainRecords,
    data: numbers(page, domainRecords).map((index) => ({
      subdomain: index === 0 ? '' : `host${index}`,
      type: 'A',
      value: `93.184.216.${index % 256}`,
      last_seen: '2022-07-01T00:00:00.000000',
    })),
  }
}

function exploit(query: string, index: number): unknown {
  return {
    // Some sources number their exploits, others name them.
    _id: index % 2 === 0 ? 40_000 + index : `CVE-2022-${index}`,
    source: index % 2 === 0 ? 'ExploitDB' : 'CVE',
    description: `An exploit of ${query}`,
    date: '2022-07-06T00:00:00+00:00',
    cve: [`CVE-2022-${index}`],
    port: 22,
    type: 'remote',
    platform: ['linux'],
  }
}

function refuse({ kind, status, message }: Refusal): Answer {
  if (kind === 'throttle') return say(status ?? 429, { error: 'Rate limit reached, please slow down' })
  return say(status ?? 500, { error: message ?? 'The request could not be answered' })
}

function say(status: number, body: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
