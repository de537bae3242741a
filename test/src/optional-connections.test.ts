/** `"on_failure": "notice"`: outer joins go on without an API that is down, and nothing else does. */
import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness({
    optional: ['ipstack', 'net', 'abuseipdb', 'shodan'],
    cache: { ttl: 60_000, maxBytes: 100_000_000 },
  })
  client = await harness.connect()
})
afterAll(() => harness?.stop())
beforeEach(async () => {
  harness.sandbox.faults.clear()
  await client.query('select millrace.cache_clear()')
})

async function outcomeOf(query: string) {
  const notices: string[] = []
  const onNotice = ({ message }: { message?: string | undefined }) => notices.push(message ?? '')
  client.on('notice', onNotice)
  try {
    const { rows } = await client.query(query)
    return { rows, notices }
  } finally {
    client.off('notice', onNotice)
  }
}

const fail = (service: string) =>
  harness.sandbox.faults.add({ kind: 'error', status: 503, message: 'out of order', service })
const enrich = () => readFile(new URL('../../examples/article/4-enrich.sql', import.meta.url), 'utf8')

test.each([
  ['ipstack', 'city', /^rows are missing: connection "ipstack": ipstack_ip: Bulk Lookup: .*out of order/],
  ['dns', 'domains', /^rows are missing: connection "net": net_dns_reverse: PTR: .*SERVFAIL/],
  ['abuseipdb', 'abuse_confidence_score', /"abuseipdb": abuseipdb_check_ip: check: .*HTTP 503: out of order/],
  ['shodan', 'ports', /"shodan": shodan_host: shodan\/host: .*HTTP 503: out of order/],
])(
  'the join of all without %s: NULL, and a notice in the words of the API',
  async (service, column, notice) => {
    fail(service)
    const { rows, notices } = await outcomeOf(await enrich())
    expect(rows).toHaveLength(6)
    expect(rows.every((row) => row[column] === null)).toBe(true)
    const others = ['city', 'domains', 'abuse_confidence_score', 'ports'].filter((other) => other !== column)
    for (const other of others) expect(rows.some((row) => row[other] !== null)).toBe(true)
    expect(notices).toEqual([expect.stringMatching(notice)])
    // Nothing of it was cached.
    harness.sandbox.faults.clear()
    const again = await outcomeOf(await enrich())
    expect(again.rows.some((row) => row[column] !== null)).toBe(true)
    expect(again.notices).toEqual([])
  },
)

test('a quota that is used up', async () => {
  harness.sandbox.faults.add({ kind: 'throttle', service: 'abuseipdb' })
  const { rows, notices } = await outcomeOf(await enrich())
  expect(rows).toHaveLength(6)
  expect(notices).toEqual([expect.stringMatching(/the daily quota of calls to check is used up/)])
})

test('an address that the DNS server could not tell is asked for again, and is not taken for one without a name', async () => {
  const query =
    "select host(ip_address) as ip from net_dns_reverse where ip_address in ('8.8.8.1', '89.248.165.99') order by 1"
  harness.sandbox.dns.overrides.set('1.8.8.8.in-addr.arpa', { rcode: 'SERVFAIL' })
  const { rows, notices } = await outcomeOf(query)
  expect(rows).toEqual([{ ip: '89.248.165.99' }])
  expect(notices).toEqual([
    expect.stringMatching(/^rows of 8\.8\.8\.1 are missing: connection "net": .*SERVFAIL/),
  ])
  harness.sandbox.dns.overrides.clear()
  expect((await outcomeOf(query)).rows).toHaveLength(2)
})

const events = "(values ('8.8.8.8'::inet), ('89.248.165.99')) e(ip)"
const join = `${events} left join abuseipdb_check_ip a on a.ip_address = e.ip`

describe('NULL is taken for nothing else:', () => {
  test.each([
    ['shown', `select e.ip, a.abuse_confidence_score from ${join}`],
    ['all columns', `select * from ${join}`],
    ['a condition in ON', `select e.ip, a.isp from ${join} and a.total_reports > 3`],
    ['grouped and sorted', `select a.isp, count(*) from ${join} group by a.isp order by a.isp`],
    [
      'a right join',
      `select e.ip, a.isp from abuseipdb_check_ip a right join ${events} on a.ip_address = e.ip`,
    ],
  ])('goes on: %s', async (_, query) => {
    fail('abuseipdb')
    const { rows, notices } = await outcomeOf(query)
    expect(rows.length).toBeGreaterThan(0)
    expect(notices).toHaveLength(1)
  })

  test.each([
    ['an inner join', `select e.ip, a.isp from ${events} join abuseipdb_check_ip a on a.ip_address = e.ip`],
    ['no join', "select isp from abuseipdb_check_ip where ip_address = '8.8.8.8'"],
    ['WHERE', `select e.ip, a.isp from ${join} where a.total_reports is null`],
    [
      'WHERE NOT EXISTS',
      `select e.ip from ${events} where not exists (select from abuseipdb_check_ip a where a.ip_address = e.ip and a.total_reports > 0)`,
    ],
    ['a function', `select e.ip, a.isp, coalesce(a.total_reports, 0) from ${join}`],
    ['an aggregate', `select count(a.total_reports) from ${join}`],
    ['counted only', `select count(*) from ${join}`],
    ['HAVING', `select a.isp, count(*) from ${join} group by a.isp having count(*) > 1`],
    ['the first rows', `select e.ip, a.total_reports from ${join} order by a.total_reports limit 1`],
    ['the first rows by position', `select e.ip, a.total_reports from ${join} order by 2 limit 1`],
    ['another join', `select e.ip, a.isp, s.org from ${join} left join shodan_host s on s.ip = a.ip_address`],
    ['a subquery', `select ip, isp from (select e.ip, a.isp from ${join}) q where isp is null`],
    ['a CTE', `with q as (select e.ip, a.isp from ${join}) select * from q`],
    ['a set operation', `select e.ip, a.isp from ${join} except select ip, null from ${events}`],
    [
      'with another table on the nullable side',
      `select e.ip, a.isp, x.n from ${events} left join (abuseipdb_check_ip a cross join (values (1)) x(n)) on a.ip_address = e.ip`,
    ],
    [
      'USING',
      `select * from (select ip as ip_address from ${events}) e left join abuseipdb_check_ip a using (ip_address)`,
    ],
    ['what is stored', `create temp table kept as select e.ip, a.isp from ${join}`],
    ['what is inserted', `insert into pg_temp.notes select a.isp from ${join}`],
  ])('fails: %s', async (_, query) => {
    await client.query('create temp table if not exists notes (isp text)')
    fail('abuseipdb')
    await expect(client.query(query)).rejects.toMatchObject({
      message: expect.stringMatching(/^abuseipdb_check_ip: check: AbuseIPDB could not answer/),
      detail: 'HTTP 503: out of order',
    })
  })

  test('fails: a full join, to which it gives rows of its own', async () => {
    fail('abuseipdb')
    const query = `select e.ip, d.ip_address from ${events} full join abuseipdb_deny d on d.ip_address = e.ip`
    await expect(client.query(query)).rejects.toMatchObject({ detail: 'HTTP 503: out of order' })
  })
})
