/**
 * A made-up inventory of hosts and their owners, as many companies have one: an API that no plugin is written for. And
 * the list of AWS's own networks, in the shape of https://ip-ranges.amazonaws.com/ip-ranges.json.
 */
import { inventoryToken } from '../credentials.js'
import { articlePlaces } from '../ipstack/places.js'
import type { Answer, ApiCall, ApiRequest, Refusal, Service } from '../service.js'

/** Hosts and owners are served under this path. */
export const inventoryPath = '/inventory'
/** AWS's networks are served here. */
export const awsRangesPath = '/aws-ranges'

export interface Host {
  readonly id: string
  readonly address: string
  readonly team: string
  readonly cores: number
  readonly since: string
  readonly disks: readonly { readonly name: string; readonly gigabytes: number }[]
}

const teams = ['web', 'data', 'security'] as const
const mostHosts = 120

const articleAddresses = Object.keys(articlePlaces)

/** The article's addresses are the first hosts'. */
const hosts: readonly Host[] = Array.from({ length: mostHosts }, (_, index) => ({
  id: `host-${String(index + 1).padStart(3, '0')}`,
  address: articleAddresses[index] ?? `198.51.100.${index}`,
  team: teams[index % teams.length] ?? 'web',
  cores: 2 ** (index % 5),
  since: `2022-0${1 + (index % 6)}-01T00:00:00Z`,
  disks: [{ name: 'root', gigabytes: 20 + index }],
}))

const owners: readonly { readonly team: string; readonly owner: string; readonly mail: string }[] = teams.map(
  (team) => ({
    team,
    owner: `${team} on call`,
    mail: `${team}@example.com`,
  }),
)

const awsRanges = {
  syncToken: '1657139889',
  createDate: '2022-07-06-20-38-09',
  prefixes: [
    {
      ip_prefix: '3.5.140.0/22',
      region: 'ap-northeast-2',
      service: 'AMAZON',
      network_border_group: 'ap-northeast-2',
    },
    { ip_prefix: '104.53.216.0/24', region: 'us-west-1', service: 'EC2', network_border_group: 'us-west-1' },
    {
      ip_prefix: '89.248.165.0/24',
      region: 'eu-central-1',
      service: 'EC2',
      network_border_group: 'eu-central-1',
    },
  ],
  ipv6_prefixes: [
    { ipv6_prefix: '2600:1f18::/33', region: 'us-east-1', service: 'EC2', network_border_group: 'us-east-1' },
  ],
}

export class InventoryApi implements Service {
  readonly name = 'inventory'
  /** How many hosts, or owners, a page holds; may be changed at any time. */
  pageSize = 50

  recognise({ method, url, headers }: ApiRequest): ApiCall | null {
    const { pathname, searchParams } = url
    if (method !== 'GET') return null
    const operation = operations[pathname]
    if (operation === undefined) return null
    return {
      service: this.name,
      operation,
      region: undefined,
      parameters: Object.fromEntries(searchParams),
      answer: () => {
        if (operation === 'ip-ranges') return say(200, awsRanges)
        if (headers.authorization !== `Bearer ${inventoryToken}`)
          return sayError(401, 'the token is wrong or missing')
        return operation === 'hosts' ? this.#hosts(searchParams) : this.#owners(url)
      },
      refuse: ({ kind, status, message }: Refusal) =>
        sayError(status ?? (kind === 'throttle' ? 429 : 500), message ?? 'not now'),
    }
  }

  /** Pages by a cursor, which is valid for the team that it was given for. */
  #hosts(parameters: URLSearchParams): Answer {
    const team = parameters.get('team')
    const found = hosts.filter((host) => team === null || host.team === team)
    const cursor = parameters.get('cursor')
    const after = cursor === null ? 0 : found.findIndex(({ id }) => cursor === cursorOf(id)) + 1
    if (cursor !== null && after === 0) return sayError(400, `the cursor ${cursor} is none of this list's`)
    const page = found.slice(after, after + this.pageSize)
    const last = page.at(-1)
    const isEnd = after + page.length >= found.length
    return say(200, { hosts: page, next_cursor: isEnd || last === undefined ? null : cursorOf(last.id) })
  }

  /** Pages by links. */
  #owners({ pathname, searchParams }: URL): Answer {
    const page = Number(searchParams.get('page') ?? 1)
    const start = (page - 1) * this.pageSize
    const isEnd = start + this.pageSize >= owners.length
    const link = `<${pathname}?page=${page + 1}>; rel="next", <${pathname}>; rel="first"`
    return say(200, owners.slice(start, start + this.pageSize), isEnd ? {} : { link })
  }
}

const operations: Readonly<Record<string, string>> = {
  [`${inventoryPath}/v1/hosts`]: 'hosts',
  [`${inventoryPath}/v1/owners`]: 'owners',
  [`${awsRangesPath}/ip-ranges.json`]: 'ip-ranges',
}

function cursorOf(id: string): string {
  return Buffer.from(id).toString('base64url')
}

function say(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

function sayError(status: number, message: string): Answer {
  return say(status, { error: { message } })
}
