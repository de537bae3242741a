import type { Qual, Quals } from '@millrace/plugin-sdk'
import { errorOf } from '@millrace/plugin-sdk/testing'
import fc from 'fast-check'
import { expect } from 'vitest'
import { type AwsHarness, deniedEnvironment, equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { holds } from '../testing/sql-conditions.js'
import { testSteampipe } from '../testing/steampipe.js'
import { cloudtrailQuery, type QueryColumns } from './cloudtrail-query.js'

const arn = 'arn:aws:cloudtrail:us-east-1:810361751552:eventdatastore/ee54f254-e519-4d51-8c3c-1f0a9e2d7b60'
const inactiveArn = arn.replace(/[^/]*$/, '0c9b7f9e-5d3a-4c55-9a51-6f3f7b2a1d04')
const id = 'd3e4f5a6-b7c8-499a-abbc-cddeeff00112'

test('every column', async ({ harness }) => {
  const rows = await harness.rows(cloudtrailQuery)
  expect(rows).toHaveLength(2)
  expect(rows[0]).toEqual({
    query_id: id,
    event_data_store_arn: arn,
    creation_time: new Date('2022-07-06T19:14:49Z'),
    delivery_s3_uri: 's3://aws-cloudtrail-lake-query-results-810361751552-us-east-1/',
    delivery_status: 'SUCCESS',
    error_message: undefined,
    query_status: 'FINISHED',
    bytes_scanned: 9_741_120,
    events_matched: 36,
    events_scanned: 18_240,
    execution_time_in_millis: 2_318,
    query_string: expect.stringContaining('GROUP BY eventName'),
    title: id,
    partition: 'aws',
    region: 'us-east-1',
    account_id: '810361751552',
  })
  expect(rows[1]).toMatchObject({ query_status: 'FAILED', error_message: 'The query was too large.' })
})

test('only the store that is named is asked, and queries only where a column needs it', async ({
  harness,
}) => {
  const columns = ['query_id', 'query_status', 'creation_time'] as const
  await harness.rows(cloudtrailQuery, {
    columns: [...columns],
    quals: { event_data_store_arn: equals(arn), query_status: equals('FINISHED') },
  })
  expect(harness.sandbox.calls.list()).toMatchObject([
    { operation: 'ListQueries', parameters: { EventDataStore: arn, QueryStatus: 'FINISHED' } },
  ])
  harness.sandbox.calls.clear()
  await harness.rows(cloudtrailQuery, { columns: ['query_string', 'bytes_scanned'] })
  expect(harness.operations().sort()).toEqual([
    'DescribeQuery',
    'DescribeQuery',
    'ListEventDataStores',
    'ListQueries',
    'ListQueries',
  ])
})

test('every row arrives that PostgreSQL would keep', async ({ harness }) => {
  const { lake } = harness.sandbox
  const [first] = lake.queries
  const [store] = lake.stores
  if (first === undefined || store === undefined) throw new Error('the sandbox has no query')
  const other = 'ab54f254-e519-4d51-8c3c-1f0a9e2d7b60'
  lake.stores.push({ ...store, id: other })
  const start = 1_657_100_000
  for (let i = 0; i < 12; i++) {
    const { description } = first
    lake.queries.push({
      ...first,
      store: i % 3 === 0 ? other : store.id,
      description: {
        ...description,
        QueryId: `query-${i}`,
        QueryStatus: i % 2 === 0 ? 'FINISHED' : 'RUNNING',
        QueryStatistics: { ...description.QueryStatistics, CreationTime: start + i / 2 },
      },
    })
  }
  const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
  const columns = ['query_id', 'event_data_store_arn', 'query_status', 'creation_time'] as const
  const ask = (harness: AwsHarness, quals: Quals<QueryColumns>) =>
    harness.rows(cloudtrailQuery, { connection, columns: [...columns], quals })
  const all = await ask(harness, {})
  expect(all).toHaveLength(14)

  const one = <Value>(...values: Value[]) =>
    fc.constantFrom(...values).map((value): Qual<Value>[] => [{ operator: '=', values: [value] }])
  const bound: fc.Arbitrary<Qual<bigint>> = fc.record({
    operator: fc.constantFrom('<', '<=', '>', '>='),
    value: fc.bigInt(BigInt(start - 2) * 1_000_000n, BigInt(start + 8) * 1_000_000n),
  })
  const someQuals = fc.record(
    {
      event_data_store_arn: one(
        arn,
        arn.replace(/[^/]*$/, other),
        inactiveArn,
        arn.replace('us-', 'xx-'),
        '',
      ),
      query_status: one('FINISHED', 'RUNNING', 'finished', 'QUEUED', ''),
      query_id: one('query-1', 'query-3', id, 'none', ''),
      creation_time: fc.array(bound, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(someQuals, async (quals) => {
      const { creation_time = [], ...others } = quals
      const keep = (rows: typeof all) =>
        kept(rows, others)
          .filter((row) =>
            creation_time.every((qual) => holds(qual, BigInt(Number(row.creation_time)) * 1000n)),
          )
          .map((row) => row.query_id)
          .sort()
      expect(keep(await ask(harness, quals))).toEqual(keep(all))
    }),
    { numRuns: 100 },
  )
})

test('a range of time reaches the API where both its ends are known', async ({ harness }) => {
  const time = BigInt(Date.parse('2022-07-06T19:14:49Z')) * 1000n
  const ask = (harness: AwsHarness, creation_time: Qual<bigint>[]) =>
    harness.rows(cloudtrailQuery, {
      columns: ['query_id'],
      quals: { event_data_store_arn: equals(arn), creation_time },
    })
  expect(await ask(harness, [{ operator: '=', values: [time] }])).toMatchObject([{ query_id: id }])
  const seconds = Number(time / 1_000_000n)
  expect(harness.sandbox.calls.list()).toMatchObject([
    { parameters: { StartTime: seconds - 1, EndTime: seconds + 1 } },
  ])
  expect(await ask(harness, [{ operator: '>=', value: time }])).toHaveLength(2)
  expect(harness.sandbox.calls.list()[1]?.parameters).not.toHaveProperty('StartTime')
})

test('pages, a page that fails once, a region without Lake', async ({ harness }) => {
  const { lake } = harness.sandbox
  const [first] = lake.queries
  if (first === undefined) throw new Error('the sandbox has no query')
  for (let i = 0; i < 1100; i++) {
    lake.queries.push({ ...first, description: { ...first.description, QueryId: `query-${i}` } })
  }
  lake.regionsWithout.add('eu-west-1')
  harness.sandbox.faults.add({ kind: 'throttle', operation: 'ListQueries', after: 1, times: 1 })
  const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
  const rows = await harness.rows(cloudtrailQuery, { connection, columns: ['query_id'] })
  expect(new Set(rows.map((row) => row.query_id)).size).toBe(1102)
})

test('a refusal', async ({ harness }) => {
  const connection = harness.connect({}, deniedEnvironment)
  const quals = { event_data_store_arn: equals(arn) }
  const error = await errorOf(harness.rows(cloudtrailQuery, { connection, quals, columns: ['query_id'] }))
  expect(error).toMatchObject({
    sqlState: 'HV000',
    detail: expect.stringContaining('cloudtrail:ListQueries'),
  })
})

testSteampipe(cloudtrailQuery, {
  columns: [
    'query_id text',
    'event_data_store_arn text',
    'creation_time timestamp with time zone',
    'delivery_s3_uri text',
    'delivery_status text',
    'error_message text',
    'query_status text',
    'bytes_scanned bigint',
    'events_matched bigint',
    'events_scanned bigint',
    'execution_time_in_millis bigint',
    'query_string text',
    'title text',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    query_id: 'optional =',
    event_data_store_arn: 'optional =',
    creation_time: 'optional = <= < > >=',
    query_status: 'optional =',
    region: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
