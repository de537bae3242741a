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
  harness = await startServiceHarness({ cache: { ttl: 300_000, maxBytes: 100_000_000 } })
  client = await harness.connect()
})

afterAll(() => harness?.stop())

beforeEach(async () => {
  await client.query('select millrace.cache_clear()')
  harness.sandbox.calls.clear()
})

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
  harness.sandbox.generateTrail({ bucket: 'many', count: 120, objects: 40, intervalMs: 300_000 })
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
  expect(calls('GetObject').length).toBeLessThanOrEqual(40)
  await client.query('reset millrace.cache_ttl')
})

test('a log file is read once, whatever is asked of it later; none counts twice', async () => {
  const day = 24 * 60 * 60_000
  const start = Date.UTC(2024, 5, 1)
  // Four log files of ten events a day.
  harness.sandbox.generateTrail({
    bucket: 'cached',
    startTime: start,
    count: 160,
    objects: 16,
    intervalMs: day / 40,
  })
  const ask = async (first: number, last: number, columns = 'event_id') => {
    harness.sandbox.calls.clear()
    const dates = `log_date >= '2024-06-0${first}' and log_date <= '2024-06-0${last}'`
    const { rows } = await client.query(
      `select count(*), count(distinct event_id) as ids, count(distinct (${columns})) as others
       from aws_cloudtrail_s3_event where bucket = 'cached' and ${dates}`,
    )
    const [{ count, ids } = {}] = rows
    expect(ids).toBe(count)
    return { events: Number(count), read: calls('GetObject').length, listed: calls('ListObjectsV2').length }
  }
  expect(await ask(1, 2)).toMatchObject({ events: 80, read: 8 })
  // The same again makes no call; a part of it, lists only.
  expect(await ask(1, 2)).toEqual({ events: 80, read: 0, listed: 0 })
  expect(await ask(2, 2)).toMatchObject({ events: 40, read: 0 })
  expect(await ask(1, 3)).toMatchObject({ events: 120, read: 4 })
  // Another column is read anew, and overlaps with what is there.
  expect(await ask(3, 4, 'event_id, event_name')).toMatchObject({ events: 80, read: 8 })
  expect(await ask(1, 4)).toMatchObject({ events: 160 })
  expect(calls('GetObject').length).toBeLessThanOrEqual(8)
  expect(await ask(1, 4, 'event_id, event_name')).toMatchObject({ events: 160, read: 8 })
  // Conditions on records are other questions, unless what is there answers them.
  harness.sandbox.calls.clear()
  const named = await client.query(
    `select count(*) from aws_cloudtrail_s3_event where bucket = 'cached' and event_name = 'ListBuckets'
     and event_time > '2024-06-02 12:00+00'`,
  )
  const all = await client.query(
    `select count(*) filter (where event_name = 'ListBuckets' and event_time > '2024-06-02 12:00+00')
     from aws_cloudtrail_s3_event where bucket = 'cached'`,
  )
  expect(named.rows).toEqual(all.rows)
})

test('a log file that comes later is read, and only it', async () => {
  const [key] = harness.sandbox.generateTrail({ bucket: 'growing', count: 10, objects: 1 })
  const count = async (since: string) => {
    harness.sandbox.calls.clear()
    const { rows } = await client.query(
      `select count(*) from aws_cloudtrail_s3_event where bucket = 'growing' and event_time > '${since}'`,
    )
    return {
      events: Number(rows[0].count),
      read: calls('GetObject').map(({ parameters }) => Object(parameters).key),
    }
  }
  expect(await count('2024-02-01')).toEqual({ events: 10, read: [key] })
  const [later] = harness.sandbox.generateTrail({
    bucket: 'growing',
    count: 5,
    objects: 1,
    seed: 9,
    startTime: Date.UTC(2024, 2, 2),
  })
  expect(await count('2024-02-02')).toEqual({ events: 15, read: [later] })
})

test('without a bucket or a trail, the error says what to give', async () => {
  const asking = client.query('select count(*) from aws_cloudtrail_s3_event')
  await expect(asking).rejects.toThrow(/bucket.*trail_arn.*trail_name|needs a value/)
})
