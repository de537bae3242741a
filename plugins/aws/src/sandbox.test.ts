/** The tables against the sandbox: what its services do that a stub only pretends. */
import type { Qual } from '@millrace/plugin-sdk'
import { collectRows, errorOf, scanOf } from '@millrace/plugin-sdk/testing'
import {
  deniedCredentials,
  expiredSessionToken,
  type SandboxCredentials,
} from '@millrace/sandbox/credentials'
import { oddMessages } from '@millrace/sandbox/data/odd-events'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AwsConnection } from './connection/connection.js'
import plugin from './plugin.js'
import { awsConfig } from './settings/config.js'
import type { TrailColumns } from './tables/cloudtrail-trail/columns.js'
import { cloudtrailTrail } from './tables/cloudtrail-trail.js'
import type { EventColumn } from './tables/cloudtrail-trail-event/columns.js'
import { cloudtrailTrailEvent } from './tables/cloudtrail-trail-event.js'

let sandbox: Sandbox
let connections: AwsConnection[]

beforeEach(async () => {
  sandbox = await startSandbox()
  connections = []
})
afterEach(async () => {
  for (const connection of connections) await plugin.close?.(connection)
  await sandbox.stop()
})

function connect(settings: object = {}, environment: Readonly<Record<string, string>> = {}): AwsConnection {
  const connection = plugin.connect(awsConfig.parse(settings), {
    connectionName: 'aws',
    environment: { ...sandbox.environment, ...environment },
  })
  connections.push(connection)
  return connection
}

interface EventRequest {
  readonly logGroup?: string
  readonly columns?: readonly EventColumn[]
  readonly connection?: AwsConnection
  /** Milliseconds. */
  readonly before?: bigint
  readonly region?: readonly Qual<string>[]
  readonly attempts?: number
  readonly limit?: number
  readonly signal?: AbortSignal
}

function events({
  logGroup = 'cloudtrail-cwg-devto',
  columns = ['event_id'],
  connection,
  before,
  region = [],
  ...more
}: EventRequest = {}) {
  return collectRows(cloudtrailTrailEvent, {
    connection: connection ?? connect(),
    quals: {
      log_group_name: [{ operator: '=', values: [logGroup] }],
      region,
      ...(before === undefined ? {} : { timestamp_ms: [{ operator: '<', value: before }] }),
    },
    columns,
    ...more,
  })
}

const operations = () => sandbox.calls.list().map(({ operation }) => operation)

describe("the article's queries", () => {
  test('the trail', async () => {
    const rows = await collectRows(cloudtrailTrail, {
      connection: connect(),
      columns: ['name', 'region', 'log_group_arn', 'latest_delivery_time'],
    })
    expect(rows).toMatchObject([
      {
        name: 'cloudtrail-for-devto',
        region: 'us-east-1',
        log_group_arn: 'arn:aws:logs:us-east-1:810361751552:cloudtrail-cwg-devto',
        latest_delivery_time: new Date('2022-07-06T20:38:09Z'),
      },
    ])
    expect(operations()).toEqual(['DescribeTrails', 'GetTrailStatus'])
  })

  test('the addresses, by one call, of the group by name or by the ARN that the trail names', async () => {
    for (const logGroup of [
      'cloudtrail-cwg-devto',
      'arn:aws:logs:us-east-1:810361751552:cloudtrail-cwg-devto',
      'arn:aws:logs:us-east-1:810361751552:log-group:cloudtrail-cwg-devto:*',
    ]) {
      sandbox.calls.clear()
      const rows = await events({ logGroup, columns: ['source_ip_address'] })
      const addresses = rows.map((row) => row.source_ip_address ?? '').filter((text) => /^\d+.\d+/.test(text))
      expect(addresses.sort()).toEqual([
        '104.53.216.85',
        '107.170.20.63',
        '157.230.162.15',
        '212.102.58.164',
        '82.102.17.180',
        '89.248.165.99',
      ])
      expect(operations()).toEqual(['FilterLogEvents'])
    }
  })
})

describe('columns decide which calls are made', () => {
  const home = 'eu-west-1'
  beforeEach(() => {
    sandbox.trails.add({
      name: 'everywhere',
      homeRegion: home,
      isMultiRegion: true,
      description: { HasInsightSelectors: true },
      status: { IsLogging: true },
      insightSelectors: [{ InsightType: 'ApiCallRateInsight' }],
      tags: { a: '1' },
    })
  })

  const cases: [(keyof TrailColumns)[], string[]][] = [
    [['name', 'arn', 'home_region', 'akas', 'title', 'region'], []],
    [['is_logging'], ['GetTrailStatus', 'GetTrailStatus']],
    [
      ['latest_delivery_time', 'start_logging_time'],
      ['GetTrailStatus', 'GetTrailStatus'],
    ],
    [['event_selectors'], ['GetEventSelectors', 'GetEventSelectors']],
    [
      ['advanced_event_selectors', 'event_selectors'],
      ['GetEventSelectors', 'GetEventSelectors'],
    ],
    // The article's trail has said in its description that there are none.
    [['insight_selectors'], ['GetInsightSelectors']],
    [['tags'], ['ListTags', 'ListTags']],
    [
      ['tags', 'tags_src'],
      ['ListTags', 'ListTags'],
    ],
    [['account_id', 'partition'], ['GetCallerIdentity']],
  ]

  test.each(cases)('aws_cloudtrail_trail: %j', async (columns, details) => {
    const rows = await collectRows(cloudtrailTrail, {
      connection: connect({ regions: ['us-east-1', home] }),
      columns,
    })
    // The trail of all regions has a row in each, and details of its own once.
    expect(rows).toHaveLength(3)
    expect(operations().sort()).toEqual(['DescribeTrails', 'DescribeTrails', ...details].sort())
  })

  test('details are asked at home and stand in every row of the trail', async () => {
    const rows = await collectRows(cloudtrailTrail, {
      connection: connect({ regions: ['us-east-1', home] }),
      columns: ['name', 'tags', 'is_logging', 'insight_selectors'],
      quals: { name: [{ operator: '=', values: ['everywhere'] }] },
    })
    const details = {
      tags: '{"a":"1"}',
      is_logging: true,
      insight_selectors: '[{"InsightType":"ApiCallRateInsight"}]',
    }
    expect(rows).toMatchObject([details, details])
    expect(sandbox.calls.list({ operation: 'ListTags' })).toMatchObject([{ region: home }])
  })

  test('aws_cloudtrail_trail_event asks who calls only where a column says it, and once', async () => {
    const connection = connect()
    await events({ connection, columns: ['event_name'] })
    await events({ connection, columns: ['account_id'] })
    await events({ connection, columns: ['partition'] })
    expect(operations()).toEqual([
      'FilterLogEvents',
      'GetCallerIdentity',
      'FilterLogEvents',
      'FilterLogEvents',
    ])
  })
})

describe('pages', () => {
  test('all events of many pages, through empty ones, each page once', async () => {
    sandbox.generateEvents({ logGroup: 'g', count: 2500, startTime: 0, intervalMs: 10 })
    Object.assign(sandbox.paging, { maxEvents: 400, emptyPagesBefore: 1, emptyPageAtEnd: true })
    const rows = await events({
      logGroup: 'g',
      columns: ['event_id'],
      before: 25_000n,
    })
    expect(new Set(rows.map((row) => row.event_id)).size).toBe(2500)
    // Seven pages with events, as many empty ones before them, and one at the end.
    expect(operations()).toHaveLength(15)
  })

  test('the next page is asked for while this one is worked on', async () => {
    sandbox.generateEvents({ logGroup: 'g', count: 30, startTime: 0, intervalMs: 10 })
    sandbox.paging.maxEvents = 10
    const scan = scanOf(cloudtrailTrailEvent, {
      connection: connect(),
      columns: ['event_id'],
      quals: {
        log_group_name: [{ operator: '=', values: ['g'] }],
        timestamp_ms: [{ operator: '<', value: 300n }],
      },
    })
    const pages = cloudtrailTrailEvent.list(scan)[Symbol.asyncIterator]()
    expect((await pages.next()).value).toHaveLength(10)
    await sandbox.calls.until((calls) => calls.count() >= 2)
    // No further ahead than that: a slow reader does not gather the log group in memory.
    await sandbox.calls.idle()
    expect(operations()).toHaveLength(2)
    await pages.return?.()
  })

  test('a limit ends the reading', async () => {
    sandbox.generateEvents({ logGroup: 'g', count: 1_000_000 })
    const rows = await events({ logGroup: 'g', columns: ['event_id'], limit: 25 })
    expect(rows.length).toBeGreaterThanOrEqual(25)
    expect(sandbox.calls.list()).toMatchObject([{ parameters: { limit: 25 } }])
  })

  test('regions are asked side by side; those without the group are passed over', async () => {
    sandbox.generateEvents({ logGroup: 'g', count: 5, region: 'eu-west-1' })
    sandbox.generateEvents({ logGroup: 'g', count: 7, region: 'us-west-2' })
    const rows = await events({
      logGroup: 'g',
      columns: ['region', 'event_id'],
      connection: connect({ regions: ['eu-west-*', 'us-west-2', 'us-east-1'] }),
    })
    const from = (region: string) => rows.filter((row) => row.region === region)
    expect(rows).toHaveLength(12)
    expect(from('eu-west-1')).toHaveLength(5)
    expect(from('us-west-2')).toHaveLength(7)
  })

  test('a log group is none the less there where a condition leaves its region out', async () => {
    const connection = connect({ regions: ['us-east-1', 'eu-west-1'] })
    const region: Qual<string>[] = [{ operator: '<>', value: 'us-east-1' }]
    expect(await events({ connection, region })).toEqual([])
    expect(sandbox.calls.list()).toMatchObject([{ region: 'eu-west-1' }])
  })

  test.each<[string, Qual<string>[], string[]]>([
    ['=', [{ operator: '=', values: ['eu-west-1', 'mars-1'] }], ['eu-west-1']],
    ['<>', [{ operator: '<>', value: 'us-east-1' }], ['eu-west-1', 'us-west-2']],
    ['LIKE', [{ operator: '~~', value: 'us-%' }], ['us-east-1', 'us-west-2']],
    [
      'ILIKE and NOT LIKE',
      [
        { operator: '~~*', value: 'US-%' },
        { operator: '!~~', value: '%east%' },
      ],
      ['us-west-2'],
    ],
  ])('a condition on region with %s: other regions are not asked', async (_, quals, asked) => {
    for (const region of ['us-east-1', 'eu-west-1', 'us-west-2']) {
      sandbox.generateEvents({ logGroup: 'g', count: 1, region })
    }
    const rows = await events({
      logGroup: 'g',
      columns: ['region', 'event_id'],
      connection: connect({ regions: ['us-east-1', 'eu-west-1', 'us-west-2'] }),
      region: quals,
    })
    expect(rows.map(({ region }) => region).sort()).toEqual(asked)
    expect(
      sandbox.calls
        .list()
        .map(({ region }) => region)
        .sort(),
    ).toEqual(asked)
  })
})

test('odd messages: every column of every one, and no error', async () => {
  const rows = await events({
    logGroup: 'sandbox/odd-messages',
    columns: Object.keys(cloudtrailTrailEvent.columns) as EventColumn[],
  })
  expect(rows.map((row) => row.log_stream_name)).toEqual(Object.keys(oddMessages))
  const named = Object.fromEntries(rows.map((row) => [row.log_stream_name, row]))
  expect(named['plain-text']).toMatchObject({ event_name: null, cloudtrail_event: null })
  expect(named['cut-off']).toMatchObject({ event_name: null, cloudtrail_event: null })
  expect(named['leading-space']).toMatchObject({ event_name: 'GetObject' })
  expect(named['big-integers']?.request_parameters).toContain('"size":9007199254740993,')
  expect(named['quotes-and-backslashes']).toMatchObject({ username: 'o\'brien "bob" \\ %x% *' })
  expect(named['duplicate-keys']).toMatchObject({ event_name: 'Second' })
  expect(named['proto-key']).toMatchObject({ event_name: null, event_id: 'proto-key' })
  for (const { cloudtrail_event } of rows) {
    if (typeof cloudtrail_event === 'string') expect(() => JSON.parse(cloudtrail_event)).not.toThrow()
  }
})

describe('refusals', () => {
  const keys = ({ accessKeyId, secretAccessKey }: SandboxCredentials) => ({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  })

  test.each<[string, Record<string, string>, string, RegExp]>([
    [
      'an unknown key',
      { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN' },
      'HV000',
      /^UnrecognizedClientException: The security token/,
    ],
    [
      'a wrong secret',
      { AWS_SECRET_ACCESS_KEY: 'guessed' },
      'HV000',
      /^InvalidSignatureException: The request signature/,
    ],
    ['an expired session', { AWS_SESSION_TOKEN: expiredSessionToken }, 'HV000', /^ExpiredTokenException: /],
    [
      'a key without permissions',
      keys(deniedCredentials),
      'HV000',
      /is not authorized to perform: logs:FilterLogEvents/,
    ],
  ])('%s', async (_, environment, sqlState, detail) => {
    const error = await errorOf(events({ connection: connect({}, environment) }))
    expect(error.sqlState).toBe(sqlState)
    expect(error.detail).toMatch(detail)
    expect(error.hint).toBeTruthy()
    for (const secret of ['guessed', expiredSessionToken, deniedCredentials.secretAccessKey]) {
      expect(JSON.stringify({ ...error, message: error.message })).not.toContain(secret)
    }
    // Making the call again would change nothing.
    expect(operations()).toEqual(['FilterLogEvents'])
  })

  test('a log group that there is not', async () => {
    const error = await errorOf(events({ logGroup: 'no-such-group' }))
    expect(error).toMatchObject({
      message: 'FilterLogEvents: there is no log group "no-such-group" in us-east-1',
      detail: 'ResourceNotFoundException: The specified log group does not exist.',
      hint: expect.stringContaining('log_group_arn'),
    })
  })

  test('a filter that is none', async () => {
    const error = await errorOf(
      collectRows(cloudtrailTrailEvent, {
        connection: connect(),
        columns: ['event_id'],
        quals: {
          log_group_name: [{ operator: '=', values: ['cloudtrail-cwg-devto'] }],
          filter: [{ operator: '=', values: ['{ $.eventName = "x"'] }],
        },
      }),
    )
    expect(error.sqlState).toBe('HV000')
    expect(error.detail).toMatch(/^InvalidParameterException: Invalid filter pattern: .*must end with '}'/)
  })

  test('a region that the account has not enabled', async () => {
    const error = await errorOf(events({ connection: connect({ regions: ['af-south-1'] }) }))
    expect(error.sqlState).toBe('HV000')
    expect(error.hint).toContain('region')
  })
})

describe('failures that pass', () => {
  test.each([
    ['throttled', { kind: 'throttle' }],
    ['an internal error', { kind: 'error', status: 500 }],
    ['unavailable', { kind: 'error', status: 503, code: 'ServiceUnavailableException' }],
    ['an answer that breaks off', { kind: 'cut' }],
    ['a connection that breaks before the answer', { kind: 'cut', afterBytes: 0 }],
  ] as const)('%s', async (_, fault) => {
    sandbox.generateEvents({ logGroup: 'g', count: 30 })
    sandbox.paging.maxEvents = 10
    // The second page is the one that fails.
    sandbox.faults.add({ ...fault, operation: 'FilterLogEvents', after: 1, times: 1 })
    const rows = await events({ logGroup: 'g', columns: ['event_id'] })
    expect(new Set(rows.map((row) => row.event_id)).size).toBe(30)
    await sandbox.calls.idle()
    expect(sandbox.calls.list().map(({ faults }) => faults)).toEqual([[], [fault.kind], [], []])
  })

  test('failures that do not pass end with what AWS said', async () => {
    sandbox.faults.add({ kind: 'throttle' })
    const error = await errorOf(events({ attempts: 2 }))
    expect(error).toMatchObject({
      sqlState: 'HV000',
      detail: expect.stringMatching(/^ThrottlingException: Rate exceeded \(HTTP 400, request id /),
    })
    expect(operations()).toHaveLength(2)
  })
})

describe('a cancelled query', () => {
  test('ends its call, while the answer is awaited', async () => {
    sandbox.faults.add({ kind: 'hang' })
    const cancel = new AbortController()
    const begun = sandbox.calls.next()
    const reading = errorOf(events({ signal: cancel.signal, columns: ['event_id'] }))
    const call = await begun
    cancel.abort()
    expect((await reading).sqlState).toBe('57014')
    await sandbox.calls.until(() => call.aborted)
    expect(operations()).toHaveLength(1)
  })

  test('ends its call while the service searches, and asks for no further page', async () => {
    sandbox.generateEvents({ logGroup: 'g', count: 1_000_000_000 })
    const cancel = new AbortController()
    const begun = sandbox.calls.next()
    const reading = collectRows(cloudtrailTrailEvent, {
      connection: connect(),
      columns: ['event_id'],
      quals: {
        log_group_name: [{ operator: '=', values: ['g'] }],
        event_name: [{ operator: '=', values: ['NothingOfTheSort'] }],
      },
      signal: cancel.signal,
    })
    const outcome = errorOf(reading)
    const call = await begun
    cancel.abort()
    expect((await outcome).sqlState).toBe('57014')
    await sandbox.calls.until(() => call.aborted)
    expect(operations()).toHaveLength(1)
  })

  test('is not tried again when it was waiting to be', async () => {
    sandbox.faults.add({ kind: 'throttle' })
    const cancel = new AbortController()
    const begun = sandbox.calls.next()
    const reading = errorOf(events({ signal: cancel.signal, columns: ['event_id'] }))
    await begun
    await sandbox.calls.idle()
    cancel.abort()
    expect((await reading).sqlState).toBe('57014')
    const made = operations().length
    await sandbox.calls.idle()
    expect(operations()).toHaveLength(made)
  })
})
