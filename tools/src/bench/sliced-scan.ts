/** A log group of many pages, read in slices side by side, against the rate at which the API may be asked. */
import pg from 'pg'
import { type Benchmark, median, milliseconds, timed } from './benchmark.js'

const pages = 200
const eventsPerPage = 100
const latency = 100
/** Also what the connection `aws_rated` knows. */
const requestsPerSecond = 10
const rounds = 5
const logGroup = 'bench-sliced-scan'
const startTime = Date.UTC(2026, 0, 1)
const intervalMs = 1000

export const slicedScan: Benchmark = {
  name: 'sliced_scan_speedup',
  meaning: `${pages} pages at ${latency} ms, ${requestsPerSecond} requests/s allowed: time that the rate allows / time taken; aim 0.9`,
  async run({ millrace, sandbox }) {
    const count = pages * eventsPerPage
    await sandbox.control('PUT paging', { maxEvents: eventsPerPage })
    await sandbox.control('POST events', { logGroup, count, startTime, intervalMs })
    await sandbox.control('PUT faults', [
      { kind: 'latency', milliseconds: latency, operation: 'FilterLogEvents' },
      { kind: 'throttle', perSecond: requestsPerSecond, operation: 'FilterLogEvents' },
    ])
    const client = new pg.Client(millrace.gateway)
    await client.connect()
    try {
      const times: number[] = []
      const calls: number[] = []
      for (let round = 0; round < rounds; round++) {
        await sandbox.control('DELETE calls')
        times.push(await timed(() => readAll(client, count)))
        calls.push(await countCalls(sandbox.control))
      }
      const allowed = (pages / requestsPerSecond) * 1000
      const taken = median(times)
      return {
        ratio: allowed / taken,
        lines: [
          `${milliseconds(taken)} for ${count} events; the rate allows ${milliseconds(allowed)}`,
          `${median(calls)} calls for ${pages} pages, those that were refused among them`,
        ],
      }
    } finally {
      await client.end()
      await sandbox.control('DELETE faults')
      await sandbox.control('PUT paging', { maxEvents: 10_000 })
    }
  },
}

async function readAll(client: pg.Client, count: number): Promise<void> {
  const { rows } = await client.query(
    `select count(*)::int as count from aws_rated.aws_cloudtrail_trail_event
     where log_group_name = $1 and timestamp >= to_timestamp($2) and timestamp < to_timestamp($3)`,
    [logGroup, startTime / 1000, (startTime + count * intervalMs) / 1000],
  )
  if (rows[0]?.count !== count) throw new Error(`${rows[0]?.count} events instead of ${count}`)
}

async function countCalls(control: (request: string) => Promise<unknown>): Promise<number> {
  const { calls } = Object(await control('GET calls?operation=FilterLogEvents'))
  return Array.isArray(calls) ? calls.length : Number.NaN
}
