/** ipstack: where an address is. Single, bulk and requester lookup. */
import { ipstackFreeToken, ipstackToken } from '../credentials.js'
import type { Answer, ApiCall, ApiRequest, Refusal, Service } from '../service.js'
import { isAddress } from './address.js'
import { type Lookup, locate } from './locate.js'

export interface IpstackPlan {
  readonly bulk: boolean
  readonly security: boolean
  /** Objects that answers hold: location, time_zone, currency, connection. */
  readonly modules: readonly string[]
  /** Lookups that are left this month; each address counts. Unlimited where absent. */
  quota?: number
}

/** A plan with everything, and the free one. */
export const defaultPlans: Readonly<Record<string, IpstackPlan>> = {
  [ipstackToken]: {
    bulk: true,
    security: true,
    modules: ['location', 'time_zone', 'currency', 'connection'],
  },
  [ipstackFreeToken]: { bulk: false, security: false, modules: [] },
}

/** The most addresses that one call takes. */
const mostAddresses = 50

/** The API is served under this path, and at the root for clients that know no path. */
export const ipstackPath = '/ipstack'

const mainFields = [
  'ip',
  'type',
  'continent_code',
  'continent_name',
  'country_code',
  'country_name',
  'region_code',
  'region_name',
  'city',
  'zip',
  'latitude',
  'longitude',
]

const moduleNames = ['location', 'time_zone', 'currency', 'connection', 'security']

class IpstackError extends Error {
  constructor(
    readonly code: number,
    readonly type: string,
    info: string,
    readonly status = 200,
  ) {
    super(info)
  }
}

export class IpstackApi implements Service {
  readonly name = 'ipstack'
  readonly plans: Map<string, IpstackPlan>
  /** Places of addresses that tests set themselves; merged over what is known of the address. */
  readonly overrides = new Map<string, Lookup>()
  readonly now: () => Date

  constructor(plans: Readonly<Record<string, IpstackPlan>> = defaultPlans, now = () => new Date()) {
    this.plans = new Map(Object.entries(plans).map(([token, plan]) => [token, { ...plan }]))
    this.now = now
  }

  recognise(request: ApiRequest): ApiCall | null {
    if (request.method !== 'GET') return null
    const { pathname, searchParams } = request.url
    const path = pathname.startsWith(`${ipstackPath}/`) ? pathname.slice(ipstackPath.length) : pathname
    const subject = decode(path.slice(1))
    const operation = subject === 'check' ? 'check' : subject.includes(',') ? 'bulk' : 'lookup'
    const { access_key: _secret, ...options } = Object.fromEntries(searchParams)
    return {
      service: this.name,
      operation,
      region: undefined,
      parameters: { addresses: operation === 'check' ? [] : subject.split(','), ...options },
      answer: () => {
        try {
          return say(200, this.#lookUp(operation, subject, searchParams))
        } catch (error) {
          if (error instanceof IpstackError) return sayError(error)
          throw error
        }
      },
      refuse: (refusal) => sayError(refusalError(refusal)),
    }
  }

  #lookUp(operation: string, subject: string, query: URLSearchParams): unknown {
    const plan = this.#plan(query.get('access_key'))
    const addresses = operation === 'check' ? ['104.53.216.85'] : subject.split(',')
    if (operation === 'bulk' && !plan.bulk) {
      throw new IpstackError(
        303,
        'batch_not_supported_on_plan',
        'Bulk lookups are not supported on your plan.',
      )
    }
    if (addresses.length > mostAddresses) {
      throw new IpstackError(302, 'too_many_ips', `At most ${mostAddresses} addresses may be asked at once.`)
    }
    const shape = readShape(query, plan)
    for (const address of addresses) checkSubject(address)
    if (plan.quota !== undefined) {
      if (plan.quota < addresses.length) throw usageLimitReached(200)
      plan.quota -= addresses.length
    }
    const now = this.now()
    const answers = addresses.map((address) =>
      shape({ ...locate(address, now), ...this.overrides.get(address) }),
    )
    return operation === 'bulk' ? answers : answers[0]
  }

  #plan(token: string | null): IpstackPlan {
    if (token === null || token === '') {
      throw new IpstackError(101, 'missing_access_key', 'You have not supplied an API Access Key.')
    }
    const plan = this.plans.get(token)
    if (plan === undefined) {
      throw new IpstackError(101, 'invalid_access_key', 'You have not supplied a valid API Access Key.')
    }
    return plan
  }
}

/** The parts of a full answer that the request gets: by plan, `fields`, `hostname` and `security`. */
function readShape(query: URLSearchParams, plan: IpstackPlan): (full: Lookup) => Lookup {
  const wantsSecurity = query.get('security') === '1'
  if (wantsSecurity && !plan.security) {
    throw new IpstackError(
      105,
      'function_access_restricted',
      'Access to the Security Module is not supported on your plan.',
    )
  }
  const modules = [...plan.modules, ...(wantsSecurity ? ['security'] : [])]
  const base = [...mainFields, ...(query.get('hostname') === '1' ? ['hostname'] : [])]
  const fields = query.get('fields')
  if (fields === null || fields === '') {
    const names = [...base, ...modules]
    return (full) => Object.fromEntries(names.map((name) => [name, full[name]]))
  }
  const wanted = fields.split(',').map((field) => field.trim())
  for (const field of wanted) checkField(field, modules)
  return (full) => selectFields(full, wanted, base)
}

function checkField(field: string, modules: readonly string[]): void {
  const [name = '', sub] = field.split('.', 2)
  const isMain = name === 'main' || name === 'hostname' || mainFields.includes(name)
  if (isMain && sub === undefined) return
  if (moduleNames.includes(name) && modules.includes(name)) return
  throw new IpstackError(301, 'invalid_fields', 'One or more invalid fields were specified.')
}

function selectFields(full: Lookup, wanted: readonly string[], base: readonly string[]): Lookup {
  const selected: Record<string, unknown> = {}
  for (const field of wanted) {
    const [name = '', sub] = field.split('.', 2)
    if (name === 'main') for (const each of base) selected[each] = full[each]
    else if (name === 'hostname' && !base.includes('hostname')) continue
    else if (sub === undefined) selected[name] = full[name]
    else selected[name] = { ...asObject(selected[name]), [sub]: asObject(full[name])[sub] }
  }
  return selected
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function checkSubject(address: string): void {
  if (address === '')
    throw new IpstackError(404, '404_not_found', 'The requested resource does not exist.', 404)
  if (!isAddress(address))
    throw new IpstackError(106, 'invalid_ip_address', 'The IP Address supplied is invalid.')
}

function usageLimitReached(status: number): IpstackError {
  return new IpstackError(104, 'usage_limit_reached', 'Your monthly usage limit has been reached.', status)
}

function refusalError({ kind, status, code, message }: Refusal): IpstackError {
  if (kind === 'throttle') return usageLimitReached(status ?? 429)
  const number = Number(code ?? 500)
  const type = Number.isNaN(number) ? (code ?? '') : 'internal_error'
  return new IpstackError(
    Number.isNaN(number) ? 500 : number,
    type,
    message ?? 'The request could not be answered.',
    status ?? (code === undefined ? 500 : 200),
  )
}

function sayError(error: IpstackError): Answer {
  return say(error.status, {
    success: false,
    error: { code: error.code, type: error.type, info: error.message },
  })
}

function say(status: number, body: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
