/** AbuseIPDB: which addresses have been reported. check, check-block and blacklist. */
import { isIPv4 } from 'node:net'
import { abuseipdbFreeKey, abuseipdbKey } from '../credentials.js'
import { isAddress } from '../ipstack/address.js'
import type { Answer, ApiCall, ApiRequest, Refusal, Service } from '../service.js'
import { addressesOf, blacklist, checkOf, type Reported, type ReportOptions } from './reports.js'

export interface AbuseipdbPlan {
  readonly isSubscriber: boolean
  /** The shortest prefix that check-block takes. */
  readonly shortestPrefix: number
  /** The most addresses of the blacklist. */
  readonly mostListed: number
  /** Calls a day, by endpoint. */
  readonly quotas: Readonly<Record<string, number>>
  /** Calls of today, by endpoint. */
  readonly used: Record<string, number>
}

/** The largest and the free plan, as the documentation's section "API Daily Rate Limits" has them. */
export const defaultAbuseipdbPlans: Readonly<Record<string, AbuseipdbPlan>> = {
  [abuseipdbKey]: {
    isSubscriber: true,
    shortestPrefix: 16,
    mostListed: 500_000,
    quotas: { check: 50_000, 'check-block': 5_000, blacklist: 500 },
    used: {},
  },
  [abuseipdbFreeKey]: {
    isSubscriber: false,
    shortestPrefix: 24,
    mostListed: 10_000,
    quotas: { check: 1_000, 'check-block': 100, blacklist: 5 },
    used: {},
  },
}

/** The API is served under this path. */
export const abuseipdbPath = '/abuseipdb'

const prefix = `${abuseipdbPath}/api/v2/`

class AbuseipdbError extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly parameter?: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail)
  }
}

export class AbuseipdbApi implements Service {
  readonly name = 'abuseipdb'
  readonly plans: Map<string, AbuseipdbPlan>
  /** What is known of addresses, where tests set it themselves; merged over the rest. */
  readonly overrides = new Map<string, Partial<Reported>>()
  readonly now: () => Date

  constructor(plans = defaultAbuseipdbPlans, now = () => new Date()) {
    this.plans = new Map(Object.entries(plans).map(([key, plan]) => [key, { ...plan, used: {} }]))
    this.now = now
  }

  recognise(request: ApiRequest): ApiCall | null {
    const { pathname, searchParams } = request.url
    if (!pathname.startsWith(prefix)) return null
    const operation = pathname.slice(prefix.length)
    const { key: _secret, ...parameters } = Object.fromEntries(searchParams)
    return {
      service: this.name,
      operation,
      region: undefined,
      parameters,
      answer: () => this.#answer(request, operation),
      refuse: (refusal) => this.#refuse(refusal),
    }
  }

  #answer({ headers, method, url }: ApiRequest, operation: string): Answer {
    let quota: Readonly<Record<string, string>> = {}
    try {
      const plan = this.#plan(headers.key ?? url.searchParams.get('key'))
      const find = endpoints[operation]
      if (find === undefined || method !== 'GET') {
        throw new AbuseipdbError(404, 'The requested endpoint does not exist.')
      }
      quota = this.#spend(plan, operation)
      return say(200, quota, find(url.searchParams, plan, { now: this.now(), overrides: this.overrides }))
    } catch (error) {
      if (error instanceof AbuseipdbError) return sayError(error, quota)
      throw error
    }
  }

  #plan(key: string | null | undefined): AbuseipdbPlan {
    const plan = key ? this.plans.get(key) : undefined
    if (plan !== undefined) return plan
    throw new AbuseipdbError(401, 'Authentication failed: the API key is missing, incorrect or revoked.')
  }

  /** Counts a call. @returns the headers that tell what is left */
  #spend(plan: AbuseipdbPlan, operation: string): Readonly<Record<string, string>> {
    const limit = plan.quotas[operation] ?? 0
    const used = plan.used[operation] ?? 0
    if (used >= limit) throw this.#quotaExceeded(limit)
    plan.used[operation] = used + 1
    return { 'x-ratelimit-limit': `${limit}`, 'x-ratelimit-remaining': `${limit - used - 1}` }
  }

  /** A day's quota is whole again at midnight. */
  #quotaExceeded(limit: number): AbuseipdbError {
    const now = this.now().getTime()
    const midnight = (Math.floor(now / 86_400_000) + 1) * 86_400_000
    return new AbuseipdbError(
      429,
      `Daily rate limit of ${limit} requests exceeded for this endpoint. See headers for additional details.`,
      undefined,
      {
        'retry-after': `${Math.ceil((midnight - now) / 1000)}`,
        'x-ratelimit-limit': `${limit}`,
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': `${midnight / 1000}`,
      },
    )
  }

  #refuse({ kind, status, message }: Refusal): Answer {
    if (kind === 'throttle') return sayError(this.#quotaExceeded(1000), {})
    return sayError(new AbuseipdbError(status ?? 500, message ?? 'The request could not be answered.'), {})
  }
}

type Endpoint = (query: URLSearchParams, plan: AbuseipdbPlan, options: ReportOptions) => unknown

const endpoints: Readonly<Record<string, Endpoint | undefined>> = {
  check: (query, _plan, options) => {
    const address = query.get('ipAddress') ?? ''
    if (!isAddress(address)) {
      throw invalid('ipAddress', 'The ip address must be a valid IPv4 or IPv6 address (e.g. 8.8.8.8).')
    }
    const { reports, ...data } = checkOf(address, maxAge(query), options)
    return query.has('verbose') ? { ...data, reports } : data
  },
  'check-block': (query, plan, options) => {
    const network = query.get('network') ?? ''
    const [address = '', prefix = ''] = network.split('/')
    const days = maxAge(query)
    if (!isIPv4(address) || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) {
      throw invalid('network', 'The network must be a valid CIDR range.')
    }
    if (Number(prefix) < plan.shortestPrefix) {
      throw invalid('network', `The network must be /${plan.shortestPrefix} or smaller on this plan.`)
    }
    const addresses = addressesOf(address, Number(prefix))
    const reported = addresses
      .map((one) => checkOf(one, days, options))
      .filter(({ totalReports }) => totalReports > 0)
    return {
      networkAddress: addresses[0],
      netmask: Number(prefix),
      minAddress: addresses[0],
      maxAddress: addresses.at(-1),
      numPossibleHosts: addresses.length,
      reportedAddress: reported.map((one) => ({
        ipAddress: one.ipAddress,
        numReports: one.totalReports,
        mostRecentReport: one.lastReportedAt,
        abuseConfidenceScore: one.abuseConfidenceScore,
        countryCode: one.countryCode,
      })),
    }
  },
  blacklist: (query, plan, options) => {
    const minimum = integer(query, 'confidenceMinimum', 100, 25, 100)
    if (minimum < 100 && !plan.isSubscriber) {
      // What the API does here is not documented; the strictest answer finds queries that rely on it.
      throw new AbuseipdbError(402, 'A confidence minimum below 100 is a subscriber feature.')
    }
    const limit = Math.min(integer(query, 'limit', 10_000, 1, 10_000_000), plan.mostListed)
    return blacklist(options)
      .filter(({ abuseConfidenceScore }) => abuseConfidenceScore >= minimum)
      .slice(0, limit)
  },
}

function maxAge(query: URLSearchParams): number {
  return integer(query, 'maxAgeInDays', 30, 1, 365)
}

function integer(query: URLSearchParams, name: string, usual: number, least: number, most: number): number {
  const text = query.get(name)
  if (text === null) return usual
  const value = Number(text)
  if (/^-?\d+$/.test(text) && value >= least && value <= most) return value
  throw invalid(name, `The ${name} must be an integer between ${least} and ${most}.`)
}

function invalid(parameter: string, detail: string): AbuseipdbError {
  return new AbuseipdbError(422, detail, parameter)
}

function sayError(
  { status, message, parameter, headers }: AbuseipdbError,
  quota: Readonly<Record<string, string>>,
): Answer {
  const source = parameter === undefined ? {} : { source: { parameter } }
  return json(status, { ...quota, ...headers }, { errors: [{ detail: message, status, ...source }] })
}

function say(status: number, headers: Readonly<Record<string, string>>, data: unknown): Answer {
  return json(status, headers, { data })
}

function json(status: number, headers: Readonly<Record<string, string>>, body: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}
