/** Many events through FilterLogEvents to a client, against the same rows through the engine alone. */

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { type Benchmark, median, milliseconds, timed } from './benchmark.js'

const events = 200_000
const rounds = 5
const logGroup = 'bench-scan-rows'
const columns = 'event_time, event_name, event_source, source_ip_address, aws_region'

export const scanRows: Benchmark = {
  name: 'scan_rows_ratio',
  meaning: `parsing the pages of ${events} events with JSON.parse, COPY of five columns in and SELECT out / the same events from the sandbox to a client; aim: at least 0.7`,
  async run({ millrace, sandbox }) {
    // Pages are kept by the sandbox, so that what is measured is not how fast it makes events.
    await sandbox.control('PUT paging', { cacheBytes: 1 << 30 })
    await sandbox.control('POST events', { logGroup, count: events, distinctAddresses: 1000 })
    const client = new pg.Client(millrace.gateway)
    const engine = new pg.Client(millrace.engine)
    await Promise.all([client.connect(), engine.connect()])
    try {
      const pages = await fetchPages(sandbox.environment)
      const select = `select ${columns} from aws_cloudtrail_trail_event where log_group_name = '${logGroup}'`
      const scans: number[] = []
      const copies: number[] = []
      for (let round = 0; round < rounds; round++) {
        scans.push(await timed(async () => expectAll(await client.query({ text: select, rowMode: 'array' }))))
        copies.push(await timed(() => parseAndCopy(pages, engine)))
      }
      const fetch = await timed(() => fetchPages(sandbox.environment))
      const [scan, copy] = [median(scans), median(copies)]
      return {
        ratio: copy / scan,
        lines: [
          `${milliseconds(scan)} for ${events} rows (${((events / scan) * 1000).toFixed(0)} rows/s)`,
          `JSON.parse, COPY and SELECT alone take ${milliseconds(copy)}; fetching the pages with the AWS SDK alone ${milliseconds(fetch)}`,
        ],
      }
    } finally {
      await Promise.all([client.end(), engine.end()])
      await sandbox.control('PUT paging', { cacheBytes: 0 })
    }
  },
}

async function parseAndCopy(pages: readonly string[], engine: pg.Client): Promise<void> {
  await engine.query(
    'create temp table plain (event_time timestamptz, event_name text, event_source text, source_ip_address text, aws_region text)',
  )
  await pipeline(Readable.from(linesOf(pages)), engine.query(copyFrom('copy plain from stdin')))
  expectAll(await engine.query({ text: 'select * from plain', rowMode: 'array' }))
  await engine.query('drop table plain')
}

/** A chunk of COPY's text for each page. */
function* linesOf(pages: readonly string[]): Generator<string> {
  for (const page of pages) {
    let lines = ''
    for (const { message } of JSON.parse(page).events) {
      const { eventTime, eventName, eventSource, sourceIPAddress, awsRegion } = JSON.parse(message)
      lines += `${[eventTime, eventName, eventSource, sourceIPAddress, awsRegion].map(toCopyText).join('\t')}\n`
    }
    yield lines
  }
}

function toCopyText(value: unknown): string {
  return value === null || value === undefined ? '\\N' : String(value)
}

function expectAll({ rowCount }: pg.QueryResult): void {
  if (rowCount !== events) throw new Error(`${rowCount} rows instead of ${events}`)
}

/** All pages as their JSON, one after the other, by the client that the plugin uses. */
async function fetchPages(environment: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { CloudWatchLogsClient, paginateFilterLogEvents } = await import('@aws-sdk/client-cloudwatch-logs')
  const client = new CloudWatchLogsClient({
    endpoint: environment.AWS_ENDPOINT_URL ?? '',
    region: environment.AWS_REGION ?? '',
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    },
  })
  const pages: string[] = []
  let count = 0
  for await (const { events: found = [] } of paginateFilterLogEvents(
    { client },
    { logGroupName: logGroup, limit: 10_000 },
  )) {
    pages.push(JSON.stringify({ events: found }))
    count += found.length
  }
  client.destroy()
  if (count !== events) throw new Error(`${count} events instead of ${events}`)
  return pages
}
