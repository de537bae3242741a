/** The article's join with many addresses: how near it comes to what the APIs themselves take. */
import pg from 'pg'
import { type Benchmark, median, milliseconds, timed } from './benchmark.js'

const addresses = 500
const latency = 50
/** Of one bulk call of ipstack, and calls of one connection side by side. */
const batch = 50
const concurrency = 10
const rounds = 9
const logGroup = 'bench-article-join'

const join = `
with addrs as (
  select a.source_ip_address::inet
  from aws_cloudtrail_trail_event a
  where a.log_group_name = '${logGroup}' and a.source_ip_address ~ '^\\d+.\\d+'
)
select a.source_ip_address as ip, i.continent_name, i.country_name, i.region_name, i.city
from addrs a join ipstack.ipstack_ip i on a.source_ip_address = i.ip`

export const articleJoin: Benchmark = {
  name: 'article_join_critical_path',
  meaning: `the article's join with ${addresses} addresses at ${latency} ms a call / the shortest possible time (aim: at most 1.25)`,
  async run({ millrace, sandbox }) {
    // What the stand-in itself needs to make a page is no API's latency.
    await sandbox.control('PUT paging', { cacheBytes: 1 << 30 })
    await sandbox.control('POST events', {
      logGroup,
      count: addresses,
      distinctAddresses: addresses,
      serviceEvery: 0,
    })
    const client = new pg.Client(millrace.gateway)
    await client.connect()
    // Connections to the APIs are open and code is warm, as in a server that has run for a while.
    for (let round = 0; round < 3; round++) await client.query(join)
    await sandbox.control('DELETE calls')
    await sandbox.control('PUT faults', [{ kind: 'latency', milliseconds: latency }])
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      times.push(
        await timed(async () => {
          const { rowCount } = await client.query(join)
          if (rowCount !== addresses) throw new Error(`${rowCount} rows instead of ${addresses}`)
        }),
      )
    }
    const { calls } = Object(await sandbox.control('GET calls?service=logs'))
    await sandbox.control('DELETE faults')
    await sandbox.control('PUT paging', { cacheBytes: 0 })
    await client.end()
    const pages = calls.length / rounds
    // Pages one after the other, then the lookups, as many side by side as the connection allows.
    const shortest = latency * (pages + Math.ceil(Math.ceil(addresses / batch) / concurrency))
    const taken = median(times)
    return {
      ratio: taken / shortest,
      lines: [
        `${milliseconds(taken)} for ${pages} page(s) and ${addresses / batch} lookups; shortest possible ${milliseconds(shortest)}`,
      ],
    }
  },
}
