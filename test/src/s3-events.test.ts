/** A trail's events from its bucket, joined with the trail that says where that is. */
import { readFile } from 'node:fs/promises'
import { addOrganizationTrail } from '@millrace/sandbox/data/organization-trail'
import { articlePlaces } from '@millrace/sandbox/testing/article-places'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness()
  client = await harness.connect()
})

afterAll(() => harness?.stop())

beforeEach(() => harness.sandbox.calls.clear())

const calls = (operation: string) => harness.sandbox.calls.list({ operation })

test("the article's question, answered from the bucket by one join, with no name typed by hand", async () => {
  const sql = await readFile(new URL('../../examples/article/6-from-the-bucket.sql', import.meta.url), 'utf8')
  const { rows } = await client.query({ text: sql, rowMode: 'array' })
  expect(rows.sort()).toEqual(
    articlePlaces.map(([address, _continent, country, _region, city]) => {
      return ['cloudtrail-for-devto', address, city, country, '1']
    }),
  )
  expect(calls('FilterLogEvents')).toEqual([])
  expect(calls('GetObject').length).toBeGreaterThan(0)
  expect(calls('bulk')).toHaveLength(1)
})

test('events are those of the log group, and each log file is read once', async () => {
  const { rows } = await client.query(`
    select count(*) as events, count(distinct s.event_id) as ids, count(distinct s.object_key) as files
    from aws_cloudtrail_s3_event s
    join aws_cloudtrail_trail_event l on l.log_group_name = 'cloudtrail-cwg-devto' and l.event_id = s.event_id
    where s.bucket = 'aws-cloudtrail-logs-810361751552-devto'`)
  const [{ events, ids, files } = {}] = rows
  expect(events).toBe('36')
  expect(ids).toBe('36')
  expect(calls('GetObject')).toHaveLength(Number(files))
})

test('a list of objects gives the log files to read', async () => {
  const { rows } = await client.query(`
    select count(distinct e.object_key) as files, count(*) as events
    from aws_s3_object o
    join aws_cloudtrail_s3_event e on e.bucket = o.bucket_name and e.object_key = o.key
    where o.bucket_name = 'aws-cloudtrail-logs-810361751552-devto' and o.key like 'AWSLogs/%' and o.size > 0`)
  expect(rows).toMatchObject([{ events: '36' }])
})

test("organization's trails, in a bucket of another region, beside the others", async () => {
  addOrganizationTrail(harness.sandbox.trails, harness.sandbox.buckets)
  const { rows } = await client.query({
    text: `
      select t.name, e.log_account_id, count(*)
      from aws_cloudtrail_trail t join aws_cloudtrail_s3_event e on e.trail_arn = t.arn
      where t.region = t.home_region and e.event_time > timestamptz '2022-07-01 00:00+00'
        and e.log_region = 'us-east-1'
      group by 1, 2 order by 1, 2`,
    rowMode: 'array',
  })
  expect(rows).toEqual([
    ['cloudtrail-for-devto', '810361751552', '36'],
    ['organization', '210987654321', '40'],
    ['organization', '810361751552', '40'],
  ])
})

test('LIMIT and the newest first read few log files', async () => {
  harness.sandbox.generateTrail({ bucket: 'many', count: 600, objects: 200, intervalMs: 60_000 })
  const from = `from aws_cloudtrail_s3_event where bucket = 'many'`
  const newest = await client.query(`select event_time ${from} order by event_time desc limit 5`)
  expect(newest.rows).toHaveLength(5)
  expect(calls('GetObject').length).toBeLessThanOrEqual(16)
  const all = await client.query(`select event_time ${from}`)
  const times = all.rows.map(({ event_time }) => Number(event_time)).sort((a, b) => b - a)
  expect(newest.rows.map(({ event_time }) => Number(event_time))).toEqual(times.slice(0, 5))
  harness.sandbox.calls.clear()
  await client.query('set millrace.cache_ttl = 0')
  const some = await client.query(`select event_name ${from} and event_name = 'ListBuckets' limit 3`)
  expect(some.rows).toHaveLength(3)
  expect(calls('GetObject').length).toBeLessThan(200)
  await client.query('reset millrace.cache_ttl')
})

test('without a bucket or a trail, the error says what to give', async () => {
  const asking = client.query('select count(*) from aws_cloudtrail_s3_event')
  await expect(asking).rejects.toThrow(/bucket.*trail_arn.*trail_name|needs a value/)
})
