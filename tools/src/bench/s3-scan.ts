/** A large trail's log files from its bucket, against DuckDB over the same files on disk. */
import pg from 'pg'
import { type Benchmark, type Fixture, median, milliseconds, timed } from './benchmark.js'
import { connectDuckDb } from './duckdb.js'
import { type GeneratedTrail, generateTrail } from './generated-trail.js'
import type { MillraceProcess } from './millrace-process.js'

const events = 1_000_000
const objects = 400
const bucket = 'bench-s3-scan'
const rounds = 5
const megabyte = 1024 * 1024

const question = `select source_ip_address, count(*) from aws_cloudtrail_s3_event where bucket = '${bucket}' group by 1`

let trail: Promise<GeneratedTrail> | undefined

/** The files, which take a minute to make. */
async function filesOf(fixture: Fixture): Promise<string> {
  trail ??= generateTrail(fixture, { bucket, count: events, objects, distinctAddresses: 1000 })
  return (await trail).folder
}

async function connect({ gateway }: MillraceProcess, cacheTtl: number): Promise<pg.Client> {
  const client = new pg.Client({ ...gateway, options: `-c millrace.cache_ttl=${cacheTtl}` })
  await client.connect()
  return client
}

async function ask(client: pg.Client): Promise<void> {
  const { rows } = await client.query(question)
  const count = rows.reduce((sum, row) => sum + Number(row.count), 0)
  if (count !== events) throw new Error(`${count} events instead of ${events}`)
}

/** Row by row: what is measured is not how much a client keeps. */
function stream(client: pg.Client): Promise<void> {
  const query = new pg.Query(
    `select event_time, event_name, event_source, source_ip_address from aws_cloudtrail_s3_event where bucket = '${bucket}'`,
  )
  return new Promise((resolve, reject) => {
    let count = 0
    query.on('row', () => count++)
    query.on('end', () => (count === events ? resolve() : reject(new Error(`${count} events`))))
    query.on('error', reject)
    client.query(query)
  })
}

/** How long DuckDB takes, in milliseconds. */
async function baseline(folder: string): Promise<number> {
  const connection = await connectDuckDb()
  const sql = `select address, count(*) from (
      select unnest(Records).sourceIPAddress as address from read_json('${folder}/**/*.json.gz',
        columns = {Records: 'STRUCT(sourceIPAddress VARCHAR)[]'}, maximum_object_size = 100000000))
    group by 1`
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    times.push(
      await timed(async () => {
        const rows = (await connection.runAndReadAll(sql)).getRows()
        const count = rows.reduce((sum, row) => sum + Number(row[1]), 0)
        if (count !== events) throw new Error(`DuckDB has counted ${count} events`)
      }),
    )
  }
  connection.closeSync()
  return median(times)
}

async function against(fixture: Fixture, time: number, what: string) {
  const duckDb = await baseline(await filesOf(fixture))
  return {
    ratio: time / duckDb,
    lines: [`${milliseconds(time)} ${what}; DuckDB takes ${milliseconds(duckDb)}`],
  }
}

export const s3Scan: Benchmark = {
  name: 's3_scan_vs_duckdb',
  meaning: `events by address, of ${events} in ${objects} log files of a bucket / DuckDB over the same files on disk; aim: at most 2 with 2 cores`,
  async run(fixture) {
    await filesOf(fixture)
    const client = await connect(fixture.millrace, 0)
    const times: number[] = []
    for (let round = 0; round < rounds; round++) times.push(await timed(() => ask(client)))
    await client.end()
    return against(fixture, median(times), 'from the bucket')
  },
}

export const s3Cached: Benchmark = {
  name: 's3_cached_vs_duckdb',
  meaning: `the same statement again / DuckDB over the files; aim: at most 0.2`,
  async run(fixture) {
    await filesOf(fixture)
    const client = await connect(fixture.millrace, 3_600)
    await ask(client)
    const times: number[] = []
    for (let round = 0; round < rounds; round++) times.push(await timed(() => ask(client)))
    await client.query('select millrace.cache_clear()')
    await client.end()
    return against(fixture, median(times), 'from the cache')
  },
}

export const mainThreadBlock: Benchmark = {
  name: 'main_thread_block_ms',
  meaning: `the longest time in which the gateway answers nobody else while ${events} events stream from a bucket to a client, in milliseconds; aim: at most 20`,
  async run(fixture) {
    await filesOf(fixture)
    const client = await connect(fixture.millrace, 0)
    const other = await connect(fixture.millrace, 0)
    let isDone = false
    let slowest = 0
    const asking = (async () => {
      while (!isDone) slowest = Math.max(slowest, await timed(() => other.query('select 1')))
    })()
    const blocks: number[] = []
    const before = await fixture.millrace.memory()
    for (let round = 0; round < rounds; round++) {
      await fixture.millrace.longestBlock()
      await stream(client)
      blocks.push(await fixture.millrace.longestBlock())
    }
    const growth = (await fixture.millrace.memory()) - before
    isDone = true
    await asking
    await Promise.all([client.end(), other.end()])
    return {
      ratio: median(blocks),
      lines: [
        `each run: ${blocks.map((block) => block.toFixed(0)).join(', ')} ms`,
        `another session's "select 1" takes at most ${milliseconds(slowest)}`,
        `the gateway's memory, threads included, is ${(growth / megabyte).toFixed(0)} MB above what it was before`,
      ],
    }
  },
}
