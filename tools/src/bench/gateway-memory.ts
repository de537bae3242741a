/** By how much the gateway's memory grows while many events go through it. */
import pg from 'pg'
import { type Benchmark, median } from './benchmark.js'
import type { MillraceProcess } from './millrace-process.js'

const events = 1_000_000
const warmUpEvents = 50_000
const rounds = 5
const logGroup = 'bench-gateway-memory'
const warmUpGroup = 'bench-gateway-memory-warm-up'
const sampleInterval = 100
const megabyte = 1024 * 1024

export const gatewayMemory: Benchmark = {
  name: 'gateway_rss_growth_mb',
  meaning: `MB by which the gateway's resident memory is at most above what it was before, while ${events} events stream to a client; aim: at most 100`,
  async run({ millrace, sandbox }) {
    await sandbox.control('POST events', { logGroup, count: events })
    await sandbox.control('POST events', { logGroup: warmUpGroup, count: warmUpEvents })
    const client = new pg.Client({ ...millrace.gateway, options: '-c millrace.cache_ttl=0' })
    await client.connect()
    try {
      await read(client, warmUpGroup, warmUpEvents)
      const growths: number[] = []
      for (let round = 0; round < rounds; round++) {
        const before = await millrace.memory()
        const peak = await peakWhile(millrace, () => read(client, logGroup, events))
        growths.push(Math.max(0, peak - before) / megabyte)
      }
      return {
        ratio: median(growths),
        lines: [`each run: ${growths.map((growth) => growth.toFixed(0)).join(', ')} MB`],
      }
    } finally {
      await client.end()
    }
  },
}

async function peakWhile(millrace: MillraceProcess, run: () => Promise<void>): Promise<number> {
  let peak = await millrace.memory()
  let running = true
  const reading = run().finally(() => {
    running = false
  })
  while (running) {
    await new Promise((resolve) => setTimeout(resolve, sampleInterval))
    peak = Math.max(peak, await millrace.memory())
  }
  await reading
  return peak
}

/** Row by row: what is measured is not how much a client keeps. */
function read(client: pg.Client, group: string, count: number): Promise<void> {
  const query = new pg.Query(
    `select event_time, event_name, event_source, source_ip_address, aws_region
      from aws_cloudtrail_trail_event where log_group_name = '${group}'`,
  )
  return new Promise((resolve, reject) => {
    let rows = 0
    query.on('row', () => {
      rows++
    })
    query.on('error', reject)
    query.on('end', () => {
      if (rows === count) resolve()
      else reject(new Error(`${rows} events instead of ${count}`))
    })
    client.query(query)
  })
}
