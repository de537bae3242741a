/**
 * The tables over the real SDK clients, against a server on this machine that answers as each test says.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiError } from '@millrace/plugin-sdk/api-error'
import { collectRows } from '@millrace/plugin-sdk/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { awsConfig } from './config.js'
import type { AwsConnection } from './connection.js'
import plugin from './plugin.js'
import { cloudtrailTrail } from './tables/cloudtrail-trail.js'
import { cloudtrailTrailEvent } from './tables/cloudtrail-trail-event.js'

interface Call {
  readonly name: string
  readonly region: string
  readonly input: Readonly<Record<string, unknown>>
}

class Refusal {
  constructor(
    readonly code: string,
    readonly message = 'said the stub',
    readonly status = 400,
  ) {}
}

type Answers = Readonly<Record<string, (call: Call) => unknown>>

const account = '810361751552'
const identity = () =>
  `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::${account}:user/bob</Arn><UserId>U</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
const describeRegions = () =>
  `<DescribeRegionsResponse><regionInfo>${[
    ['us-east-1', 'opt-in-not-required'],
    ['us-west-2', 'opt-in-not-required'],
    ['eu-south-1', 'opted-in'],
    ['us-new-1', 'not-opted-in'],
  ]
    .map(
      ([name, status]) => `<item><regionName>${name}</regionName><optInStatus>${status}</optInStatus></item>`,
    )
    .join('')}</regionInfo></DescribeRegionsResponse>`

let server: Server
let endpoint: string
let answers: Answers
let calls: Call[]
let connections: AwsConnection[]

beforeEach(async () => {
  calls = []
  connections = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const target = request.headers['x-amz-target']
      const isJson = typeof target === 'string'
      const query = new URLSearchParams(text)
      const name = isJson ? (target.split('.').at(-1) ?? '') : (query.get('Action') ?? '')
      const region = /Credential=[^/]+\/\d+\/([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? ''
      const call = { name, region, input: isJson ? JSON.parse(text) : Object.fromEntries(query) }
      calls.push(call)
      const answer = answers[name]?.(call) ?? new Refusal('UnknownOperationException')
      response.setHeader('x-amzn-requestid', 'request-1')
      if (answer instanceof Refusal) {
        response.statusCode = answer.status
        response.end(
          isJson
            ? JSON.stringify({ __type: answer.code, message: answer.message })
            : `<Response><Errors><Error><Code>${answer.code}</Code><Message>${answer.message}</Message></Error></Errors></Response>`,
        )
      } else {
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  for (const connection of connections) await plugin.close?.(connection)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function connect(settings: object = {}, environment: Record<string, string> = {}): AwsConnection {
  const config = awsConfig.parse({
    access_key: 'AKIDEXAMPLE',
    secret_key: 'secret',
    endpoint_url: endpoint,
    default_region: 'us-east-1',
    max_error_retry_attempts: 2,
    ...settings,
  })
  const connection = plugin.connect(config, { connectionName: 'aws', environment })
  connections.push(connection)
  return connection
}

const callNames = () => calls.map(({ name }) => name)

async function errorOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}

describe('aws_cloudtrail_trail_event', () => {
  const group = { operator: '=', values: ['g'] } as const
  const event = (eventName: string, timestamp = 1) => ({
    logStreamName: 's',
    timestamp,
    message: JSON.stringify({ eventName }),
    eventId: 'x',
  })
  const names = (rows: readonly { readonly event_name?: string | null }[]) =>
    rows.map((row) => row.event_name)

  test('reads until no token is left, through empty pages, with the same question', async () => {
    answers = {
      FilterLogEvents: ({ input }) => {
        if (input.nextToken === undefined) return { events: [event('a')], nextToken: '1' }
        if (input.nextToken === '1') return { events: [], nextToken: '2' }
        return { events: [event('b')] }
      },
    }
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: connect(),
      columns: ['event_name', 'log_group_name', 'region', 'timestamp'],
      quals: {
        log_group_name: [group],
        event_name: [{ operator: '=', values: ['a', 'b'] }],
        timestamp: [{ operator: '<', value: 5_000n }],
      },
    })
    expect(rows).toEqual([
      { event_name: 'a', log_group_name: 'g', region: 'us-east-1', timestamp: new Date(1) },
      { event_name: 'b', log_group_name: 'g', region: 'us-east-1', timestamp: new Date(1) },
    ])
    expect(callNames()).toEqual(['FilterLogEvents', 'FilterLogEvents', 'FilterLogEvents'])
    for (const { input } of calls) {
      expect(input).toMatchObject({
        logGroupName: 'g',
        endTime: 4,
        filterPattern: '{ ($.eventName = "a") || ($.eventName = "b") }',
        limit: 10_000,
      })
    }
  })

  test("the user's own filter is sent as it stands and alone", async () => {
    answers = { FilterLogEvents: () => ({ events: [event('a')] }) }
    const filter = '{ $.eventName = "a" }'
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: connect(),
      columns: ['filter'],
      quals: {
        log_group_name: [group],
        filter: [{ operator: '=', values: [filter] }],
        event_source: [{ operator: '=', values: ['x'] }],
      },
    })
    expect(rows).toEqual([{ filter }])
    expect(calls[0]?.input.filterPattern).toBe(filter)
  })

  test('a limit bounds pages and ends the reading', async () => {
    answers = {
      FilterLogEvents: ({ input }) => ({
        events: [event('a'), event('b')],
        nextToken: `${input.nextToken ?? ''}x`,
      }),
    }
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: connect(),
      columns: ['event_name'],
      quals: { log_group_name: [group] },
      limit: 4,
    })
    expect(names(rows)).toEqual(['a', 'b', 'a', 'b'])
    expect(calls.map(({ input }) => input.limit)).toEqual([4, 4])
  })

  test('conditions that no event fulfils make no call', async () => {
    answers = {}
    for (const quals of [
      { timestamp: [{ operator: '=', values: [1n] }] },
      { log_stream_name: [{ operator: '=', values: ['a:b', ''] }] },
      { region: [{ operator: '=', values: ['eu-west-1'] }] },
    ] as const) {
      const rows = await collectRows(cloudtrailTrailEvent, {
        connection: connect(),
        quals: { log_group_name: [group], ...quals },
        columns: ['event_name'],
      })
      expect(rows).toEqual([])
    }
    expect(calls).toEqual([])
  })

  test('one missing stream does not hide the others', async () => {
    answers = {
      FilterLogEvents: ({ input }) => {
        const streams = input.logStreamNames as string[]
        if (streams.includes('gone')) {
          return new Refusal('ResourceNotFoundException', 'The specified log stream does not exist.')
        }
        return { events: streams.map((stream) => event(stream)) }
      },
    }
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: connect(),
      columns: ['event_name'],
      quals: {
        log_group_name: [group],
        log_stream_name: [{ operator: '=', values: ['a', 'gone', 'b', 'c'] }],
      },
    })
    expect(names(rows).sort()).toEqual(['a', 'b', 'c'])
  })

  test('all regions are asked; a group that one of them has is found', async () => {
    answers = {
      DescribeRegions: describeRegions,
      GetCallerIdentity: identity,
      FilterLogEvents: ({ region }) =>
        region === 'us-west-2' ? { events: [event('a')] } : new Refusal('ResourceNotFoundException'),
    }
    const connection = connect({ regions: ['us-*', 'eu-south-?'] })
    const scan = {
      connection,
      columns: ['event_name', 'region', 'account_id', 'partition'],
      quals: { log_group_name: [group] },
    } as const
    const expected = [{ event_name: 'a', region: 'us-west-2', account_id: account, partition: 'aws' }]
    expect(await collectRows(cloudtrailTrailEvent, scan)).toEqual(expected)
    expect(await collectRows(cloudtrailTrailEvent, scan)).toEqual(expected)
    expect(callNames().sort()).toEqual([
      'DescribeRegions',
      ...Array.from({ length: 6 }, () => 'FilterLogEvents'),
      'GetCallerIdentity',
    ])
    expect(calls.map(({ region }) => region)).not.toContain('us-new-1')
  })

  test('a group that no region has is an error', async () => {
    answers = {
      FilterLogEvents: () => new Refusal('ResourceNotFoundException', 'The log group does not exist.'),
    }
    const connection = connect({ regions: ['us-east-1', 'eu-west-1'] })
    const error = await errorOf(
      collectRows(cloudtrailTrailEvent, { connection, quals: { log_group_name: [group] }, columns: [] }),
    )
    expect(error.sqlState).toBe('HV000')
    expect(error.message).toContain('"g"')
    expect(error.message).toMatch(/us-east-1.*eu-west-1|eu-west-1.*us-east-1/)
    expect(error.detail).toBe('ResourceNotFoundException: The log group does not exist.')
    expect(error.hint).toContain('regions')
  })

  test('an ARN is asked in its own region', async () => {
    answers = { FilterLogEvents: () => ({ events: [event('a')] }) }
    const arn = `arn:aws:logs:eu-west-3:${account}:log-group:g:*`
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: connect(),
      columns: ['log_group_name', 'region'],
      quals: { log_group_name: [{ operator: '=', values: [arn] }] },
    })
    expect(rows).toEqual([{ log_group_name: arn, region: 'eu-west-3' }])
    expect(calls).toMatchObject([
      { region: 'eu-west-3', input: { logGroupIdentifier: `arn:aws:logs:eu-west-3:${account}:log-group:g` } },
    ])
  })

  test.each([
    ['AccessDeniedException', 400, 'HV000'],
    ['UnrecognizedClientException', 400, 'HV000'],
    ['ExpiredTokenException', 400, 'HV000'],
    ['InvalidSignatureException', 400, 'HV000'],
    ['ThrottlingException', 400, 'HV000'],
    ['InvalidParameterException', 400, 'HV000'],
    ['ServiceUnavailableException', 503, 'HV000'],
  ])('%s', async (code, status, sqlState) => {
    answers = {
      FilterLogEvents: () => new Refusal(code, 'Some words.\n\nx-amz-security-token: secret', status),
    }
    const error = await errorOf(
      collectRows(cloudtrailTrailEvent, {
        connection: connect(),
        quals: { log_group_name: [group] },
        columns: [],
      }),
    )
    expect(error.sqlState).toBe(sqlState)
    expect(error.detail).toBe(`${code}: Some words. (HTTP ${status}, request id request-1)`)
    expect(error.hint).toBeTruthy()
    expect(error.cause).toBeUndefined()
  })

  test('a dead endpoint is a connection failure', async () => {
    const error = await errorOf(
      collectRows(cloudtrailTrailEvent, {
        connection: connect({ endpoint_url: 'http://127.0.0.1:9' }),
        quals: { log_group_name: [group] },
        columns: [],
      }),
    )
    expect(error.sqlState).toBe('HV00N')
    expect(error.detail).toContain('ECONNREFUSED')
  })

  test('throttled calls are made again', async () => {
    let count = 0
    answers = {
      FilterLogEvents: () => (count++ === 0 ? new Refusal('ThrottlingException') : { events: [event('a')] }),
    }
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: connect(),
      quals: { log_group_name: [group] },
      columns: ['event_name'],
    })
    expect(names(rows)).toEqual(['a'])
  })
})

describe('aws_cloudtrail_trail', () => {
  const arn = (region: string, name: string, owner = account) =>
    `arn:aws:cloudtrail:${region}:${owner}:trail/${name}`
  const everywhere = {
    Name: 'everywhere',
    TrailARN: arn('us-east-1', 'everywhere'),
    HomeRegion: 'us-east-1',
    IsMultiRegionTrail: true,
  }
  const local = {
    Name: 'local',
    TrailARN: arn('eu-west-1', 'local'),
    HomeRegion: 'eu-west-1',
    HasInsightSelectors: true,
  }
  const others = {
    Name: 'others',
    TrailARN: arn('us-east-1', 'others', '999999999999'),
    HomeRegion: 'us-east-1',
    IsOrganizationTrail: true,
  }
  const trails: Answers = {
    GetCallerIdentity: identity,
    DescribeTrails: ({ region }) => ({
      trailList: region === 'eu-west-1' ? [everywhere, local, others] : [everywhere, others],
    }),
    GetTrailStatus: () => ({ IsLogging: true, LatestDeliveryTime: 1657139889 }),
    GetEventSelectors: () => ({ EventSelectors: [{ ReadWriteType: 'All' }] }),
    GetInsightSelectors: () => new Refusal('InsightNotEnabledException'),
    ListTags: ({ input }) => ({
      ResourceTagList: (input.ResourceIdList as string[]).map((id) => ({
        ResourceId: id,
        TagsList: id.endsWith('local') ? [] : [{ Key: 'k', Value: 'v' }, { Key: 'empty' }],
      })),
    }),
  }
  const regions = ['us-east-1', 'eu-west-1']

  test('without columns of other calls, each region is asked once', async () => {
    answers = trails
    const rows = await collectRows(cloudtrailTrail, {
      connection: connect({ regions }),
      columns: ['name', 'region', 'home_region', 'akas', 'title'],
    })
    expect(rows).toHaveLength(5)
    expect(rows).toContainEqual(
      expect.objectContaining({
        name: 'local',
        region: 'eu-west-1',
        title: 'local',
        akas: `["${local.TrailARN}"]`,
      }),
    )
    expect(callNames()).toEqual(['DescribeTrails', 'DescribeTrails'])
  })

  test('details are asked once for each trail, at home', async () => {
    answers = trails
    const rows = await collectRows(cloudtrailTrail, { connection: connect({ regions }) })
    const by = (name: string, region: string) =>
      rows.find((row) => row.name === name && row.region === region)
    for (const region of regions) {
      expect(by('everywhere', region)).toMatchObject({
        is_logging: true,
        latest_delivery_time: new Date('2022-07-06T20:38:09Z'),
        event_selectors: '[{"ReadWriteType":"All"}]',
        tags_src: '[{"Key":"k","Value":"v"},{"Key":"empty"}]',
        tags: '{"k":"v","empty":""}',
        account_id: account,
        partition: 'aws',
      })
      expect(by('others', region)?.is_logging).toBeUndefined()
      expect(by('others', region)?.tags).toBeUndefined()
    }
    expect(by('local', 'eu-west-1')).toMatchObject({ tags_src: '[]', tags: null })
    expect(by('local', 'eu-west-1')?.insight_selectors).toBeUndefined()
    const count = (name: string) => callNames().filter((each) => each === name).length
    expect(count('GetTrailStatus')).toBe(2)
    expect(count('GetEventSelectors')).toBe(2)
    expect(count('GetInsightSelectors')).toBe(2)
    expect(count('ListTags')).toBe(2)
    expect(count('GetCallerIdentity')).toBe(1)
    for (const { name, region, input } of calls) {
      if (name === 'GetTrailStatus') expect(input.Name).toContain(`:${region}:`)
    }
  })

  test('tags are asked for twenty trails at once; one that is gone hides no other', async () => {
    const many = Array.from({ length: 25 }, (_, i) => ({
      Name: `t${i}`,
      TrailARN: arn('us-east-1', `t${i}`),
      HomeRegion: 'us-east-1',
    }))
    answers = {
      DescribeTrails: () => ({ trailList: many }),
      ListTags: ({ input }) => {
        const ids = input.ResourceIdList as string[]
        if (ids.some((id) => id.endsWith('/t24'))) return new Refusal('ResourceNotFoundException')
        return {
          ResourceTagList: ids.map((id) => ({ ResourceId: id, TagsList: [{ Key: 'id', Value: id }] })),
        }
      },
    }
    const rows = await collectRows(cloudtrailTrail, { connection: connect(), columns: ['tags'] })
    expect(rows.filter((row) => row.tags === `{"id":"${row.arn}"}`)).toHaveLength(24)
    expect(
      calls.filter(({ name }) => name === 'ListTags').map(({ input }) => (input.ResourceIdList as []).length),
    ).toEqual([20, 5, 1, 1, 1, 1, 1])
  })

  test('conditions on name, ARN, region and account narrow rows and calls', async () => {
    answers = trails
    const count = async (quals: object) =>
      (
        await collectRows(cloudtrailTrail, {
          connection: connect({ regions }),
          columns: ['is_logging'],
          quals,
        })
      ).length
    expect(await count({ name: [{ operator: '=', values: ['local', 'absent'] }] })).toBe(1)
    expect(callNames().filter((name) => name === 'GetTrailStatus')).toHaveLength(1)
    expect(await count({ arn: [{ operator: '=', values: [everywhere.TrailARN] }] })).toBe(2)
    expect(await count({ region: [{ operator: '=', values: ['eu-west-1'] }] })).toBe(3)
    calls = []
    expect(await count({ account_id: [{ operator: '=', values: ['1'] }] })).toBe(0)
    expect(callNames()).toEqual(['GetCallerIdentity'])
  })
})

describe('settings', () => {
  test('credentials, region and endpoint come from the environment given', async () => {
    answers = { DescribeTrails: () => ({ trailList: [] }) }
    const connection = plugin.connect(awsConfig.parse({}), {
      connectionName: 'aws',
      environment: {
        AWS_ACCESS_KEY_ID: 'AKIDENV',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_REGION: 'eu-west-3',
        AWS_ENDPOINT_URL_CLOUDTRAIL: endpoint,
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      },
    })
    connections.push(connection)
    await collectRows(cloudtrailTrail, { connection, columns: ['name'] })
    expect(calls).toMatchObject([{ name: 'DescribeTrails', region: 'eu-west-3' }])
  })

  test('no credentials: the error lists where they were looked for', async () => {
    const config = awsConfig.parse({
      profile: 'no-such-profile-exists',
      endpoint_url: endpoint,
      default_region: 'us-east-1',
    })
    const connection = plugin.connect(config, { connectionName: 'aws', environment: {} })
    connections.push(connection)
    const error = await errorOf(collectRows(cloudtrailTrail, { connection, columns: ['name'] }))
    expect(error.sqlState).toBe('HV000')
    expect(error.hint).toContain('AWS_ACCESS_KEY_ID')
    expect(error.hint).toContain('~/.aws/credentials')
    expect(calls).toEqual([])
  })

  test.each([
    { access_key: 'a' },
    { session_token: 't' },
    { regions: [] },
    { regions: ['us east'] },
    { endpoint_url: 'ftp://x' },
    { unknown: 1 },
  ])('%j is refused', (settings) => {
    expect(awsConfig.safeParse(settings).success).toBe(false)
  })

  test('a pattern that no enabled region matches is an error; without the permission, standard regions count', async () => {
    answers = { DescribeRegions: describeRegions }
    const error = await errorOf(
      collectRows(cloudtrailTrail, { connection: connect({ regions: ['mars-*'] }), columns: [] }),
    )
    expect(error.message).toContain('mars-*')
    answers = {
      DescribeRegions: () => new Refusal('UnauthorizedOperation', 'no', 403),
      DescribeTrails: () => ({ trailList: [] }),
    }
    calls = []
    await collectRows(cloudtrailTrail, { connection: connect({ regions: ['eu-west-*'] }), columns: [] })
    expect(
      calls
        .slice(1)
        .map(({ region }) => region)
        .sort(),
    ).toEqual(['eu-west-1', 'eu-west-2', 'eu-west-3'])
  })

  test('a call that its query gave up does not fail another query', async () => {
    answers = { GetCallerIdentity: identity }
    const connection = connect()
    const first = new AbortController()
    const scan = (signal: AbortSignal) => ({
      signal,
      call: <Result>(_: string, run: (signal: AbortSignal) => Promise<Result>) => run(signal),
    })
    const given = connection.callerIdentity(scan(first.signal))
    const other = connection.callerIdentity(scan(new AbortController().signal))
    first.abort()
    await expect(given).rejects.toThrow()
    expect(await other).toEqual({ accountId: account, partition: 'aws' })
  })
})
