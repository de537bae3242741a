import type { Quals } from '@millrace/plugin-sdk'
import { errorOf } from '@millrace/plugin-sdk/testing'
import { describe, expect } from 'vitest'
import { type AwsHarness, deniedEnvironment, equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { like } from '../testing/sql-conditions.js'
import { testSteampipe } from '../testing/steampipe.js'
import type { LogStreamColumns } from './cloudwatch-log-stream/columns.js'
import { cloudwatchLogStream } from './cloudwatch-log-stream.js'

const columns = ['log_group_name', 'name', 'descending', 'order_by', 'log_stream_name_prefix'] as const
const article = 'cloudtrail-cwg-devto'

function streams(harness: AwsHarness, quals: Quals<LogStreamColumns>, limit?: number) {
  return harness.rows(cloudwatchLogStream, {
    columns: [...columns],
    quals,
    ...(limit !== undefined && { limit }),
  })
}

const parameters = (harness: AwsHarness) => harness.sandbox.calls.list().map((call) => call.parameters)

test('every column', async ({ harness }) => {
  const rows = await harness.rows(cloudwatchLogStream, { quals: { log_group_name: equals(article) } })
  expect(rows).toEqual([
    {
      name: '810361751552_CloudTrail_us-east-1',
      arn: `arn:aws:logs:us-east-1:810361751552:log-group:${article}:log-stream:810361751552_CloudTrail_us-east-1`,
      log_group_name: article,
      log_stream_name_prefix: undefined,
      descending: false,
      order_by: 'LogStreamName',
      creation_time: new Date('2022-07-05T15:02:38.512Z'),
      first_event_timestamp: expect.any(Date),
      last_event_timestamp: expect.any(Date),
      last_ingestion_time: expect.any(Date),
      upload_sequence_token: expect.stringMatching(/^49\d+$/),
      title: '810361751552_CloudTrail_us-east-1',
      akas: expect.stringContaining('log-stream:810361751552_CloudTrail_us-east-1'),
      partition: 'aws',
      region: 'us-east-1',
      account_id: '810361751552',
    },
  ])
  expect(harness.operations().sort()).toEqual(['DescribeLogStreams', 'GetCallerIdentity'])
})

test('the streams of all groups; one without events has no times', async ({ harness }) => {
  const rows = await harness.rows(cloudwatchLogStream, {
    columns: ['log_group_name', 'name', 'last_event_timestamp'],
  })
  expect(new Set(rows.map((row) => row.log_group_name)).size).toBe(5)
  const empty = rows.filter((row) => row.last_event_timestamp === null)
  expect(empty).toMatchObject([{ log_group_name: 'sandbox/empty' }])
  expect(harness.operations()).toEqual(['DescribeLogGroups', ...Array(5).fill('DescribeLogStreams')])
})

test('a group by its ARN, in the region that it names; a group that there is not has no streams', async ({
  harness,
}) => {
  const arn = `arn:aws:logs:us-east-1:810361751552:log-group:${article}:*`
  const connection = harness.connect({ regions: ['eu-west-1'] })
  const named = (harness: AwsHarness, name: string) =>
    harness.rows(cloudwatchLogStream, {
      connection,
      columns: ['log_group_name'],
      quals: { log_group_name: equals(name) },
    })
  expect(await named(harness, arn)).toMatchObject([{ log_group_name: arn }])
  expect(await named(harness, 'no-such-group')).toEqual([])
  harness.sandbox.calls.clear()
  expect(await named(harness, 'not a name')).toEqual([])
  expect(harness.operations()).toEqual([])
})

describe('conditions', () => {
  test.beforeEach(({ harness }) => {
    const events = ['b', 'a', 'ab', 'abc', 'c_d'].map((logStreamName, i) => ({
      logStreamName,
      timestamp: 100 + i,
      message: '',
    }))
    harness.sandbox.logs.addEvents('us-east-1', 'g', events)
    harness.sandbox.logs.addEvents('us-east-1', 'h', events.slice(1, 3))
  })
  const names = async (...request: Parameters<typeof streams>) =>
    (await streams(...request)).map(({ name }) => name)

  test('a name, with and without its group', async ({ harness }) => {
    const everything = await streams(harness, {})
    for (const group of [{}, { log_group_name: equals('g') }]) {
      for (const name of ['a', 'ab', 'x', '', 'a:b', 'c_d']) {
        const quals = { ...group, name: equals(name) }
        const found = await streams(harness, quals)
        const sorted = (rows: typeof found) => rows.map((row) => JSON.stringify(row)).sort()
        expect(sorted(found)).toEqual(sorted(kept(everything, quals)))
      }
    }
  })

  test('LIKE, whose beginning reaches the API', async ({ harness }) => {
    const everything = await streams(harness, { log_group_name: equals('g') })
    for (const pattern of ['a%', '%b', 'c\\_%', 'a_', ':%', 'a']) {
      const found = await streams(harness, {
        log_group_name: equals('g'),
        name: [{ operator: '~~', value: pattern }],
      })
      const keep = (rows: typeof found) => rows.filter(({ name }) => like(name ?? '', pattern))
      expect(keep(found)).toEqual(keep(everything))
    }
    expect(parameters(harness)[1]).toMatchObject({ logStreamNamePrefix: 'a' })
  })

  test('a prefix, in either order, and told', async ({ harness }) => {
    const group = { log_group_name: equals('g') }
    for (const order of ['LogStreamName', 'LastEventTime']) {
      const rows = await streams(harness, {
        ...group,
        order_by: equals(order),
        log_stream_name_prefix: equals('ab'),
      })
      expect(rows).toEqual(
        [
          {
            log_group_name: 'g',
            name: 'ab',
            order_by: order,
            descending: false,
            log_stream_name_prefix: 'ab',
          },
          {
            log_group_name: 'g',
            name: 'abc',
            order_by: order,
            descending: false,
            log_stream_name_prefix: 'ab',
          },
        ].map((row) => expect.objectContaining(row)),
      )
    }
    expect(parameters(harness)).toMatchObject([{ logStreamNamePrefix: 'ab' }, { orderBy: 'LastEventTime' }])
    expect(parameters(harness)[1]).not.toHaveProperty('logStreamNamePrefix')
    expect(
      await names(harness, { ...group, log_stream_name_prefix: equals('ab'), name: equals('abc') }),
    ).toEqual(['abc'])
    expect(
      await names(harness, { ...group, log_stream_name_prefix: equals('b'), name: equals('abc') }),
    ).toEqual([])
    expect(await names(harness, { ...group, log_stream_name_prefix: equals('') })).toHaveLength(5)
  })

  test('the order decides what a limit leaves', async ({ harness }) => {
    const group = { log_group_name: equals('g') }
    expect(await names(harness, { ...group, descending: equals(true) }, 1)).toEqual(['c_d'])
    expect(await names(harness, { ...group, order_by: equals('LastEventTime') }, 1)).toEqual(['b'])
    expect(parameters(harness)).toMatchObject([{ limit: 1 }, { limit: 1 }])
  })

  test('an order that there is not is refused', async ({ harness }) => {
    const error = await errorOf(streams(harness, { log_group_name: equals('g'), order_by: equals('Size') }))
    expect(error).toMatchObject({ sqlState: 'HV000', detail: expect.stringContaining('orderBy') })
  })
})

test('pages, side by side for several groups, and one that fails once', async ({ harness }) => {
  for (const group of ['p', 'q']) {
    const streamNames = Array.from({ length: 120 }, (_, i) => `${group}-${i}`)
    harness.sandbox.logs.createGroup('us-east-1', group, streamNames)
  }
  harness.sandbox.faults.add({ kind: 'latency', milliseconds: 20, operation: 'DescribeLogStreams' })
  harness.sandbox.faults.add({ kind: 'throttle', operation: 'DescribeLogStreams', after: 2, times: 1 })
  const rows = await streams(harness, {})
  expect(new Set(rows.map(({ name }) => name?.match(/^[pq]-\d+$/)?.[0]).filter(Boolean)).size).toBe(240)
  expect(harness.sandbox.calls.maxInFlight({ operation: 'DescribeLogStreams' })).toBeGreaterThan(1)
})

test('a refusal', async ({ harness }) => {
  const connection = harness.connect({}, deniedEnvironment)
  const quals = { log_group_name: equals(article) }
  const error = await errorOf(harness.rows(cloudwatchLogStream, { connection, quals, columns: ['name'] }))
  expect(error).toMatchObject({
    sqlState: 'HV000',
    detail: expect.stringContaining('logs:DescribeLogStreams'),
  })
})

test('a time of 0 is none', async ({ harness, stub }) => {
  const stream = { logStreamName: 's', creationTime: 0, firstEventTimestamp: 0, lastIngestionTime: 0 }
  stub.answers = { DescribeLogStreams: () => ({ logStreams: [{ ...stream, lastEventTimestamp: 1 }] }) }
  const [row] = await harness.rows(cloudwatchLogStream, {
    connection: stub.connect(),
    columns: [
      'name',
      'creation_time',
      'first_event_timestamp',
      'last_event_timestamp',
      'last_ingestion_time',
    ],
    quals: { log_group_name: equals('g') },
  })
  expect(row).toMatchObject({
    creation_time: null,
    first_event_timestamp: null,
    last_event_timestamp: new Date(1),
    last_ingestion_time: null,
  })
})

testSteampipe(cloudwatchLogStream, {
  columns: [
    'name text',
    'arn text',
    'log_group_name text',
    'log_stream_name_prefix text',
    'descending boolean',
    'order_by text',
    'creation_time timestamp with time zone',
    'first_event_timestamp timestamp with time zone',
    'last_event_timestamp timestamp with time zone',
    'last_ingestion_time timestamp with time zone',
    'upload_sequence_token text',
    'title text',
    'akas jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    name: 'optional =',
    log_group_name: 'optional =',
    log_stream_name_prefix: 'optional =',
    descending: 'optional =',
    order_by: 'optional =',
    region: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
