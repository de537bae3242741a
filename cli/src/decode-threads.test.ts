/** Whether threads beside the main one decode what APIs answer, or none: the rows are the same, and so are the errors. */
import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { temporaryHome } from './testing/temporary-home.js'
import { valuesOf } from './testing/with-client.js'

const bucket = 'many-events'

let home = ''
let sandbox: Sandbox
const servers: MillraceProcess[] = []
let urls: readonly string[] = []

async function start(threads: string): Promise<string> {
  const millrace = new MillraceProcess([], {
    ...sandbox.environment,
    MILLRACE_HOME: join(home, threads),
    MILLRACE_PORT: '0',
    MILLRACE_DECODE_THREADS: threads,
  })
  servers.push(millrace)
  return millrace.url()
}

beforeAll(async () => {
  await buildCommand()
  home = await temporaryHome('decode')
  sandbox = await startSandbox()
  sandbox.generateTrail({ bucket, count: 3_000, objects: 6, seed: 1 })
  sandbox.generateEvents({ logGroup: 'many', count: 3_000, seed: 1 })
  urls = await Promise.all(['0', '2'].map(start))
}, 120_000)

afterAll(async () => {
  await Promise.all(servers.map((server) => server.end('SIGTERM')))
  await sandbox.stop()
  await rm(home, { recursive: true, force: true })
})

const s3 = `aws_cloudtrail_s3_event where bucket = '${bucket}'`
const logs = "aws_cloudtrail_trail_event where log_group_name = 'many'"

it.each([
  // All columns of all rows, in an order of their own.
  `select count(*), md5(string_agg(e::text, '|' order by event_id)) from (select * from ${s3}) e`,
  `select count(*), md5(string_agg(e::text, '|' order by event_id, timestamp)) from (select * from ${logs}) e`,
  `select count(*) from ${s3}`,
  `select source_ip_address, count(*) from ${s3} group by 1 order by 1`,
  `select count(*) from (select event_name from ${s3} limit 1000) e`,
  `select event_name, _ctx ->> 'connection_name', sp_connection_name from ${logs} order by event_id limit 3`,
  `select event_id from ${s3} order by event_time desc, event_id limit 5`,
])('the same rows: %s', async (statement) => {
  const [here, beside] = await Promise.all(urls.map((url) => valuesOf(url, statement)))
  expect(beside).toEqual(here)
  expect(here?.length).toBeGreaterThan(0)
})

it('the same error, for a log file that is cut short', async () => {
  const [first] = sandbox.buckets.get(bucket)?.objects ?? []
  if (first === undefined) throw new Error('the bucket is empty')
  const noise = {
    Records: [{ eventTime: '2022-07-06T12:00:00Z', noise: randomBytes(100_000).toString('hex') }],
  }
  const content = gzipSync(JSON.stringify(noise))
  const broken = sandbox.buckets.add({ name: 'broken', region: 'us-east-1', ownerId: '810361751552' })
  broken.put(first.key, content.subarray(0, content.length - 100), first)
  const failures = await Promise.all(
    urls.map((url) =>
      valuesOf(url, "select count(*) from aws_cloudtrail_s3_event where bucket = 'broken'").catch((error) => [
        error.code,
        error.message,
        error.detail,
      ]),
    ),
  )
  expect(failures[1]).toEqual(failures[0])
  expect(failures[1]).toEqual(['HV000', expect.stringContaining('it is cut short'), expect.anything()])
})

it.runIf(process.platform === 'linux')('threads are there by then, where there may be any', async () => {
  const counts = await Promise.all(
    servers.map(async ({ pid }) => (await readdir(`/proc/${pid}/task`)).length),
  )
  const [here = 0, beside = 0] = counts
  expect(beside).toBeGreaterThan(here)
})
