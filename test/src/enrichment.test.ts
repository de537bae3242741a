/** The article's last paragraph: what else is known of the addresses, by each API alone and by all of them together. */
import { readFile } from 'node:fs/promises'
import { articlePlaces } from '@millrace/sandbox/testing/article-places'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const addresses = articlePlaces.map(([address]) => address)

/** The tables that enrich an address: by service of the sandbox. */
const sources = {
  ipstack: { table: 'ipstack_ip', key: 'ip', column: 'city' },
  dns: { table: 'net_dns_reverse', key: 'ip_address', column: 'domains' },
  abuseipdb: { table: 'abuseipdb_check_ip', key: 'ip_address', column: 'abuse_confidence_score' },
  shodan: { table: 'shodan_host', key: 'ip', column: 'ports' },
} as const
type Service = keyof typeof sources
const services = Object.keys(sources) as Service[]

let harness: ServiceHarness
let client: pg.Client
let enrich: string

beforeAll(async () => {
  harness = await startServiceHarness()
  client = await harness.connect()
  enrich = await readFile(new URL('../../examples/article/4-enrich.sql', import.meta.url), 'utf8')
})

afterAll(() => harness?.stop())

beforeEach(() => {
  harness.sandbox.calls.clear()
  harness.sandbox.faults.clear()
})

/** The addresses that a service was asked for, each as often as it was. */
function askedOf(service: Service): readonly string[] {
  const calls = harness.sandbox.calls.list({ service }).map(({ parameters }) => Object(parameters))
  const asked = {
    ipstack: ({ addresses }) => addresses,
    dns: ({ name }) => [String(name).split('.').slice(0, 4).reverse().join('.')],
    abuseipdb: ({ ipAddress }) => [ipAddress],
    shodan: ({ subject }) => [subject],
  } satisfies Record<Service, (parameters: Record<string, unknown>) => unknown>
  return calls.flatMap((parameters) => asked[service](parameters) as string[]).sort()
}

function joinOf(joined: readonly Service[], kind = 'left join'): string {
  const columns = joined.map((service) => `, ${service}.${sources[service].column}`).join('')
  const joins = joined
    .map((service) => {
      const { table, key } = sources[service]
      return `${kind} ${table} ${service} on ${service}.${key} = e.source_ip_address::inet`
    })
    .join('\n')
  return `select e.source_ip_address${columns} from aws_cloudtrail_trail_event e ${joins}
    where e.log_group_name = 'cloudtrail-cwg-devto' and e.source_ip_address ~ '^\\d+\\.\\d+'
    order by e.source_ip_address collate "C"`
}

describe('the join of all', () => {
  test('has a row for each address, with what each API knows of it', async () => {
    const { rows } = await client.query({ text: enrich, rowMode: 'array' })
    expect(rows.sort()).toEqual([
      ['104.53.216.85', ['host-104-53-216-85.example.net.'], '0', null, 'Windsor', 'United States', '1'],
      [
        '107.170.20.63',
        ['host-107-170-20-63.example.net.'],
        '41',
        [22, 80, 443],
        'Manhattan',
        'United States',
        '1',
      ],
      ['157.230.162.15', null, '5', [22], 'Palo Alto', 'United States', '1'],
      ['212.102.58.164', null, '11', null, 'Chicago', 'United States', '1'],
      ['82.102.17.180', ['host-82-102-17-180.example.net.'], '18', [443, 1194], 'Madrid', 'Spain', '1'],
      [
        '89.248.165.99',
        ['host-89-248-165-99.example.net.', 'scanner-99.example.org.'],
        '100',
        [22, 80, 111],
        'Diemen',
        'Netherlands',
        '1',
      ],
    ])
  })

  test('asks each API once for each address, and all four side by side', async () => {
    // Long enough that the first calls are still under way when a busy machine makes the last.
    for (const service of services)
      harness.sandbox.faults.add({ kind: 'latency', milliseconds: 1000, service })
    await client.query(enrich)
    await harness.sandbox.calls.idle()
    for (const service of services) expect(askedOf(service), service).toEqual(addresses)
    const firsts = services.map((service) => harness.sandbox.calls.list({ service })[0])
    const begun = Math.max(...firsts.map((call) => call?.startedAt ?? Number.NaN))
    const ended = Math.min(...firsts.map((call) => call?.endedAt ?? Number.NaN))
    expect(begun).toBeLessThan(ended)
    // Within an API too: one lookup for all at ipstack, one for each address at the others.
    const inFlight = services.map((service) => harness.sandbox.calls.maxInFlight({ service }))
    expect(inFlight).toEqual([1, 6, 6, 6])
  })
})

const combinations = Array.from({ length: 2 ** services.length }, (_, bits) =>
  services.filter((_service, index) => (bits & (1 << index)) !== 0),
)

test.each(combinations.map((joined) => [joined.join(' and ') || 'nothing', joined] as const))(
  'joined with %s: each address once, and nobody else is asked',
  async (_, joined) => {
    const { rows } = await client.query(joinOf(joined))
    expect(rows.map((row) => row.source_ip_address)).toEqual(addresses)
    for (const service of services) {
      expect(askedOf(service), service).toEqual(joined.includes(service) ? addresses : [])
    }
  },
)

describe('one of them down', () => {
  test.each([
    ['ipstack', /^ipstack_ip: Bulk Lookup: ipstack refused the request/, /out of order/],
    ['dns', /^net_dns_reverse: PTR: the DNS server could not tell PTR of /, /SERVFAIL/],
    ['abuseipdb', /^abuseipdb_check_ip: check: AbuseIPDB could not answer/, /^HTTP 503: out of order$/],
    ['shodan', /^shodan_host: shodan\/host: Shodan could not answer/, /^HTTP 503: out of order$/],
  ] as const)(
    '%s: the error names the table, and has the words of the API',
    async (service, message, detail) => {
      harness.sandbox.faults.add({ kind: 'error', status: 503, message: 'out of order', service })
      await expect(client.query(enrich)).rejects.toMatchObject({
        message: expect.stringMatching(message),
        detail: expect.stringMatching(detail),
      })
      // The others alone are as they were.
      const { rows } = await client.query(joinOf(services.filter((other) => other !== service)))
      expect(rows).toHaveLength(addresses.length)
    },
  )

  test('a quota that is used up', async () => {
    harness.sandbox.faults.add({ kind: 'throttle', service: 'abuseipdb' })
    await expect(client.query(enrich)).rejects.toMatchObject({
      message: 'abuseipdb_check_ip: check: the daily quota of calls to check is used up',
      detail: expect.stringMatching(/^HTTP 429: .*0 of 1000 a day are left, until /),
      hint: expect.stringMatching(/^Run the query again after /),
    })
  })
})
