/** EXPLAIN, millrace.scan and the quotas with the real plugins, against the sandbox. */
import { readFile } from 'node:fs/promises'
import { psql, psqlTest } from '@millrace/server/testing/psql'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

let harness: ServiceHarness
let client: pg.Client
let geolocate: string

beforeAll(async () => {
  harness = await startServiceHarness({ cache: { ttl: 300_000, maxBytes: 10_000_000 } })
  client = await harness.connect()
  geolocate = await readFile(new URL('../../examples/article/3-geolocate.sql', import.meta.url), 'utf8')
})

afterAll(() => harness?.stop())

beforeEach(() => harness.sandbox.calls.clear())

test("EXPLAIN of the article's join makes no call", async () => {
  const { rows } = await client.query(`explain (costs off) ${geolocate}`)
  const text = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(text).toMatch(/1\. aws\.aws_cloudtrail_trail_event/)
  expect(text).toMatch(/2\. ipstack\.ipstack_ip i, after 1\n.*\n {7}Pushed: ip = /)
  expect(harness.sandbox.calls.list({})).toEqual([])
})

test('EXPLAIN ANALYZE tells the calls that the sandbox has counted', async () => {
  const { rows } = await client.query(`explain (analyze, costs off, format json) ${geolocate}`)
  const [document] = rows[0]['QUERY PLAN']
  const made: unknown = document['Millrace Scans'].map(
    (scan: { Made: { Calls: number }[] }) => scan.Made[0]?.Calls,
  )
  const services = harness.sandbox.calls.list({}).map(({ service }) => service)
  expect(made).toEqual(
    ['logs', 'ipstack'].map((name) => services.filter((service) => service === name).length),
  )
  const again = await client.query(`explain (analyze, costs off, buffers off) ${geolocate}`)
  const text = again.rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(text.match(/Made: 0 calls, 0 retried, 0 throttled; 0 rows, 0 bytes; cache hit/g)).toHaveLength(2)
  expect(text).not.toMatch(/millrace_|\b[sl]_\w*\d/)
})

psqlTest('psql shows what a session has asked', async () => {
  const script = `set millrace.cache_ttl = 0;\n\\o /dev/null\n${geolocate};\n\\o\n
    select statement, connection, table_name, calls, rows, cache from millrace.scan;\n
    select scans, calls, rows from millrace.scan_summary;\n`
  const { output, complaints } = await psql(harness.url, script)
  expect(complaints).toBe('')
  expect(output.trim().split('\n')).toEqual([
    expect.stringMatching(/^1\|aws\|aws_cloudtrail_trail_event\|1\|\d+\|miss$/),
    expect.stringMatching(/^1\|ipstack\|ipstack_ip\|1\|6\|miss$/),
    expect.stringMatching(/^2\|2\|\d+$/),
  ])
})

test('EXPLAIN shows what a call costs, and what is left of a quota as far as the API has told it', async () => {
  const statement = "select abuse_confidence_score from abuseipdb_check_ip where ip_address = '8.8.4.4'"
  const explained = async () => {
    const { rows } = await client.query(`explain (costs off) ${statement}`)
    return rows.map((row) => String(row['QUERY PLAN']).trim()).filter((line) => line.startsWith('Cost: '))
  }
  const cost = "Cost: check: one check of the day's quota"
  expect(await explained()).toEqual([cost])
  await client.query(statement)
  expect(await explained()).toEqual([cost, expect.stringMatching(/^Cost: \d+ of 50000 a day are left$/)])
  const { rows } = await client.query(`explain (format json) ${statement}`)
  expect(rows[0]['QUERY PLAN'][0]['Millrace Scans'][0].Costs).toHaveLength(2)
})
