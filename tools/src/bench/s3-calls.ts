/** Which log files of a bucket are asked for, and how well side by side. */
import pg from 'pg'
import { type Benchmark, type Fixture, median, milliseconds, timed } from './benchmark.js'
import { generateTrail } from './generated-trail.js'

const rounds = 5
const minute = 60_000
const day = 24 * 60 * minute

const month = {
  bucket: 'bench-s3-month',
  accounts: ['810361751552', '111122223333', '444455556666'],
  regions: ['us-east-1', 'us-west-2', 'eu-west-1', 'ap-south-1'],
  start: Date.UTC(2022, 5, 1),
  days: 30,
}

/** What is read besides a day: files of up to an hour later, by the default of `delivery_delay`, and of the minutes before. */
const widening = { before: 15 * minute, after: 60 * minute }

async function asked({ sandbox }: Fixture, operation: string): Promise<number> {
  const { calls } = Object(await sandbox.control(`GET calls?service=s3&operation=${operation}`))
  return Array.isArray(calls) ? calls.length : Number.NaN
}

async function connect({ millrace }: Fixture): Promise<pg.Client> {
  const client = new pg.Client({ ...millrace.gateway, options: '-c millrace.cache_ttl=0' })
  await client.connect()
  return client
}

/** When a log file was delivered, by the time in its name. */
function deliveredAt(key: string): number {
  const [, date = '', hour = '', minutes = ''] = /_(\d{8})T(\d\d)(\d\d)Z_/.exec(key) ?? []
  return Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${hour}:${minutes}Z`)
}

export const s3Pruned: Benchmark = {
  name: 's3_pruned_calls',
  meaning: `log files asked for, for a day of one region, of ${month.days} days in ${month.regions.length} regions of ${month.accounts.length} accounts / those of the day and the time around it; aim: 1`,
  async run(fixture) {
    const keys: string[] = []
    for (const accountId of month.accounts) {
      for (const region of month.regions) {
        const objects = month.days * 24
        const size = { count: objects, objects, startTime: month.start, intervalMs: 60 * minute }
        const made = await generateTrail(fixture, { bucket: month.bucket, accountId, region, ...size })
        keys.push(...made.keys)
      }
    }
    const start = month.start + 14 * day
    const needed = keys.filter((key) => {
      const time = deliveredAt(key)
      const isNear = time >= start - widening.before && time <= start + day + widening.after
      return key.includes('/eu-west-1/') && isNear
    })
    const client = await connect(fixture)
    await fixture.sandbox.control('DELETE calls')
    const { rows } = await client.query(
      `select count(*) from aws_cloudtrail_s3_event where bucket = '${month.bucket}' and log_region = 'eu-west-1'
         and event_time >= to_timestamp($1) and event_time < to_timestamp($2)`,
      [start / 1000, (start + day) / 1000],
    )
    await client.end()
    const files = await asked(fixture, 'GetObject')
    const lists = await asked(fixture, 'ListObjectsV2')
    return {
      ratio: files / needed.length,
      lines: [
        `${rows[0].count} events, of ${files} log files of ${keys.length} (${needed.length} are needed), by ${lists} lists`,
      ],
    }
  },
}

const wide = { bucket: 'bench-s3-wide', accountId: '810361751552', objects: 400, latency: 50, inFlight: 50 }

export const s3Parallel: Benchmark = {
  name: 's3_parallel_scan',
  meaning: `${wide.objects} log files, ${wide.latency} ms each, ${wide.inFlight} in flight: time taken / shortest possible; aim: at most 1.15`,
  async run(fixture) {
    const { bucket, accountId, objects, latency, inFlight } = wide
    // In memory, so that what is measured is not how fast the sandbox reads files.
    await fixture.sandbox.generateTrail({ bucket, accountId, count: objects * 10, objects })
    const client = await connect(fixture)
    const times: number[] = []
    const question = `select count(*) from aws_cloudtrail_s3_event where bucket = '${bucket}'`
    await fixture.sandbox.control('PUT faults', [
      { kind: 'latency', milliseconds: latency, service: 's3', operation: 'GetObject' },
    ])
    try {
      // In the first round, the number of calls in flight grows to what it may be.
      for (let round = 0; round <= rounds; round++) times.push(await timed(() => client.query(question)))
    } finally {
      await fixture.sandbox.control('DELETE faults')
      await client.end()
    }
    const shortest = Math.ceil(objects / inFlight) * latency
    const [first = Number.NaN, ...later] = times
    return {
      ratio: median(later) / shortest,
      lines: [
        `${milliseconds(median(later))}, the first time ${milliseconds(first)}; shortest possible ${milliseconds(shortest)}`,
      ],
    }
  },
}
