/** The article's queries, word for word, against the sandbox. */
import { readFile } from 'node:fs/promises'
import { articlePlaces } from '@millrace/sandbox/testing/article-places'
import { psql, psqlTest } from '@millrace/server/testing/psql'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const folder = new URL('../../examples/article/', import.meta.url)
const article = (name: string) => readFile(new URL(name, folder), 'utf8')

/** As the article prints them. */
const trail = {
  name: 'cloudtrail-for-devto',
  region: 'us-east-1',
  log_group_arn: 'arn:aws:logs:us-east-1:810361751552:cloudtrail-cwg-devto',
  latest_delivery_time: '2022-07-06T20:38:09Z',
}
const addresses = articlePlaces.map(([address]) => address)

let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness()
  client = await harness.connect()
})

afterAll(() => harness?.stop())

beforeEach(() => {
  harness.sandbox.calls.clear()
  harness.sandbox.faults.clear()
})

const callsOf = (service: string) => harness.sandbox.calls.list({ service }).map(({ operation }) => operation)

describe('through a driver', () => {
  test('the trail', async () => {
    const { rows, fields } = await client.query(await article('1-find-trail.sql'))
    expect(fields.map(({ name }) => name)).toEqual([
      'name',
      'region',
      'log_group_arn',
      'latest_delivery_time',
    ])
    expect(rows).toEqual([{ ...trail, latest_delivery_time: new Date(trail.latest_delivery_time) }])
    expect(callsOf('cloudtrail').sort()).toEqual(['DescribeTrails', 'GetTrailStatus'])
  })

  test('the addresses', async () => {
    const { rows } = await client.query(await article('2-list-addresses.sql'))
    expect(rows.map((row) => row.source_ip_address).sort()).toEqual(addresses)
    expect(callsOf('logs')).toEqual(['FilterLogEvents'])
  })

  test('the join', async () => {
    const { rows } = await client.query({ text: await article('3-geolocate.sql'), rowMode: 'array' })
    expect(rows.sort()).toEqual(articlePlaces)
    expect(callsOf('logs')).toEqual(['FilterLogEvents'])
    expect(asked()).toEqual(addresses)
  })

  test('the join as it was republished, without its backslashes: the pattern then means no address', async () => {
    const text = (await article('3-geolocate.sql')).replaceAll('\\', '')
    expect(text).toContain("'^d+.d+'")
    expect((await client.query(text)).rows).toEqual([])
    expect(callsOf('ipstack')).toEqual([])
  })
})

describe('through psql', () => {
  psqlTest('the trail', async () => {
    const { output } = await psql(harness.url, await article('1-find-trail.sql'))
    expect(output.trim()).toBe(
      'cloudtrail-for-devto|us-east-1|arn:aws:logs:us-east-1:810361751552:cloudtrail-cwg-devto|2022-07-06 20:38:09+00',
    )
  })

  psqlTest('the addresses', async () => {
    const { output } = await psql(harness.url, await article('2-list-addresses.sql'))
    expect(output.trim().split('\n').sort()).toEqual(addresses)
  })

  psqlTest('the join', async () => {
    const { output } = await psql(harness.url, await article('3-geolocate.sql'))
    expect(output.trim().split('\n').sort()).toEqual(articlePlaces.map((place) => place.join('|')))
  })

  psqlTest('what there is: tables, their columns, their comments', async () => {
    const tables = await psql(harness.url, '\\dt *.*cloudtrail*')
    expect(tables.output).toContain('aws_cloudtrail_trail_event')
    const columns = await psql(harness.url, '\\d+ ipstack_ip')
    expect(columns.output).toMatch(/^ip\|inet\|.*\(Key column: =; required\)/m)
  })
})

test('pages are asked one after the other, each once; addresses side by side, each once', async () => {
  const group = harness.sandbox.generateEvents({
    logGroup: 'many',
    count: 1400,
    distinctAddresses: 180,
    seed: 7,
  })
  harness.sandbox.paging.maxEvents = 500
  // Long enough that the first call is still under way when a busy machine makes the last.
  harness.sandbox.faults.add({ kind: 'latency', milliseconds: 1000, service: 'ipstack' })
  const text = (await article('3-geolocate.sql')).replace('cloudtrail-cwg-devto', group.logGroup)
  const { rows } = await client.query(text)
  expect(new Set(rows.map(({ ip }) => ip)).size).toBe(180)
  expect(callsOf('logs')).toEqual(['FilterLogEvents', 'FilterLogEvents', 'FilterLogEvents'])
  expect(new Set(asked()).size).toBe(180)
  expect(asked()).toHaveLength(180)
  // Four calls of up to fifty addresses each.
  expect(harness.sandbox.calls.maxInFlight({ service: 'ipstack' })).toBe(4)
  harness.sandbox.paging.maxEvents = 10_000
})

test('only the columns that a query names are filled', async () => {
  await client.query('begin')
  await client.query(`declare c cursor for select source_ip_address from aws_cloudtrail_trail_event
    where log_group_name = 'cloudtrail-cwg-devto' and event_name is not null`)
  const watcher = await harness.connect()
  const { scanSchema } = harness.postgres.names
  const { rows } = await client.query(
    `select relname from pg_class where relnamespace = '${scanSchema}'::regnamespace order by oid desc limit 1`,
  )
  await watcher.end()
  const staged = await asEngine(`select to_jsonb(s) as row from ${scanSchema}.${rows[0].relname} s`)
  await client.query('rollback')
  const filled = new Set(
    staged.flatMap(({ row }) =>
      Object.entries(Object(row)).flatMap(([column, value]) => (value === null ? [] : [column])),
    ),
  )
  expect([...filled].sort()).toEqual(['event_name', 'log_group_name', 'source_ip_address'])
})

/** Addresses that ipstack was asked for, sorted. */
function asked(): readonly string[] {
  return harness.sandbox.calls
    .list({ service: 'ipstack' })
    .flatMap(({ parameters }) => Object(parameters).addresses as string[])
    .sort()
}

async function asEngine(text: string): Promise<readonly Record<string, unknown>[]> {
  const { default: driver } = await import('pg')
  const engine = new driver.Client(harness.postgres.adminConfig)
  await engine.connect()
  const { rows } = await engine.query(text)
  await engine.end()
  return rows
}
