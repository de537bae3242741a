/** Many events through FilterLogEvents to a client, against the same rows through the engine alone. */

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { type Benchmark, median, milliseconds, timed } from './benchmark.js'

const events = 100_000
const rounds = 3
const logGroup = 'bench-scan-rows'
const columns = 'event_time, event_name, event_source, source_ip_address, aws_region'

export const scanRows: Benchmark = {
  name: 'scan_rows_ratio',
  meaning: `${events} events, five columns, from the sandbox to a client / the same rows with plain COPY in and SELECT out`,
  async run({ millrace, sandbox }) {
    // Pages are kept by the sandbox, so that what is measured is not how fast it makes events.
    await sandbox.control('PUT paging', { cacheBytes: 1 << 30 })
    await sandbox.control('POST events', { logGroup, count: events, distinctAddresses: 1000 })
    const client = new pg.Client(millrace.gateway)
    const engine = new pg.Client(millrace.engine)
    await Promise.all([client.connect(), engine.connect()])
    const select = `select ${columns} from aws_cloudtrail_trail_event where log_group_name = '${logGroup}'`
    const { rows } = await client.query({ text: select, rowMode: 'array' })
    const text = rows.map((row) => `${row.map(toCopyText).join('\t')}\n`)
    const scans: number[] = []
    const copies: number[] = []
    for (let round = 0; round < rounds; round++) {
      scans.push(await timed(() => client.query({ text: select, rowMode: 'array' })))
      copies.push(
        await timed(async () => {
          await engine.query(
            'create temp table plain (event_time timestamptz, event_name text, event_source text, source_ip_address text, aws_region text)',
          )
          await pipeline(Readable.from(inChunks(text)), engine.query(copyFrom('copy plain from stdin')))
          await engine.query({ text: 'select * from plain', rowMode: 'array' })
          await engine.query('drop table plain')
        }),
      )
    }
    const fetch = await timed(() => fetchAlone(sandbox.environment))
    await Promise.all([client.end(), engine.end()])
    await sandbox.control('PUT paging', { cacheBytes: 0 })
    const [scan, copy] = [median(scans), median(copies)]
    return {
      ratio: scan / copy,
      lines: [
        `${milliseconds(scan)} for ${rows.length} rows (${((rows.length / scan) * 1000).toFixed(0)} rows/s); plain COPY and SELECT ${milliseconds(copy)}`,
        `of that, fetching the same pages with the AWS SDK alone takes ${milliseconds(fetch)}`,
      ],
    }
  },
}

function toCopyText(value: unknown): string {
  if (value === null) return '\\N'
  return value instanceof Date ? value.toISOString() : String(value)
}

function* inChunks(lines: readonly string[]): Generator<string> {
  for (let start = 0; start < lines.length; start += 1000) yield lines.slice(start, start + 1000).join('')
}

/** All pages, one after the other, by the client that the plugin uses; nothing is done with them. */
async function fetchAlone(environment: Readonly<Record<string, string>>): Promise<void> {
  const { CloudWatchLogsClient, paginateFilterLogEvents } = await import('@aws-sdk/client-cloudwatch-logs')
  const client = new CloudWatchLogsClient({
    endpoint: environment.AWS_ENDPOINT_URL ?? '',
    region: environment.AWS_REGION ?? '',
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    },
  })
  let count = 0
  for await (const page of paginateFilterLogEvents({ client }, { logGroupName: logGroup, limit: 10_000 })) {
    count += page.events?.length ?? 0
  }
  client.destroy()
  if (count !== events) throw new Error(`${count} events instead of ${events}`)
}
