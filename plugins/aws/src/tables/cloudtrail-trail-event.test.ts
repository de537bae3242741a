/** aws_cloudtrail_trail_event over the real SDK client, against answers that each test makes up. */
import { collectRows, errorOf } from '@millrace/plugin-sdk/testing'
import { describe, expect } from 'vitest'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import {
  RawAnswer,
  Refusal,
  type StubAws,
  stubAccount,
  stubIdentity,
  stubRegions,
} from '../testing/stub-aws.js'
import { cloudtrailTrailEvent } from './cloudtrail-trail-event.js'

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

  describe('pages of which only the token is looked for', () => {
    const scanTo = (stub: StubAws, answers: readonly unknown[]) => {
      stub.answers = { FilterLogEvents: ({ input }) => answers[Number(input.nextToken ?? 0)] }
      return collectRows(cloudtrailTrailEvent, {
        connection: stub.connect(),
        columns: ['event_name', 'timestamp'],
        quals: { log_group_name: [group], timestamp: [{ operator: '<', value: 5_000n }] },
        attempts: 1,
      })
    }

    test('rows, but for those that are later than asked for', async ({ stub }) => {
      const later = { ...event('later'), timestamp: 5 }
      const pages = [
        { events: [event('a')], nextToken: '1' },
        { events: [event('b'), later, { ...event('c'), timestamp: null }], nextToken: '2' },
        { events: [later], nextToken: '3' },
        { events: [{ ...event('d'), message: null }] },
      ]
      const rows = await scanTo(stub, pages)
      expect(rows.map((row) => [row.event_name, row.timestamp])).toEqual([
        ['a', new Date(1)],
        ['b', new Date(1)],
        ['c', null],
        [null, new Date(1)],
      ])
    })

    test('what is no JSON within', async ({ stub }) => {
      const body = '{"events":[{"message":x}]}'
      const pages = [{ events: [event('a')], nextToken: '1' }, new RawAnswer(body, 'application/json')]
      expect(await errorOf(scanTo(stub, pages))).toMatchObject({
        sqlState: 'HV000',
        message: 'the answer in us-east-1 is cut short or garbled',
        detail: `HTTP 200, ${body.length} bytes: ${body}`,
      })
    })

    test('a group that is deleted meanwhile', async ({ stub }) => {
      const gone = new Refusal('ResourceNotFoundException', 'no such group')
      expect(await errorOf(scanTo(stub, [{ events: [event('a')], nextToken: '1' }, gone]))).toMatchObject({
        message: 'FilterLogEvents: what is read was deleted in us-east-1 meanwhile',
      })
    })

    test('tokens that repeat', async ({ stub }) => {
      const pages = [
        { events: [event('a')], nextToken: '1' },
        { events: [], nextToken: '1' },
      ]
      expect(await errorOf(scanTo(stub, pages))).toMatchObject({
        message: 'FilterLogEvents: the token of the next page came a second time',
      })
    })
  })

  test('reads until no token is left, through empty pages, with the same question', async ({ stub }) => {
    stub.answers = {
      FilterLogEvents: ({ input }) => {
        if (input.nextToken === undefined) return { events: [event('a')], nextToken: '1' }
        if (input.nextToken === '1') return { events: [], nextToken: '2' }
        return { events: [event('b')] }
      },
    }
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: stub.connect(),
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
    expect(stub.callNames()).toEqual(['FilterLogEvents', 'FilterLogEvents', 'FilterLogEvents'])
    for (const { input } of stub.calls) {
      expect(input).toMatchObject({
        logGroupName: 'g',
        endTime: 5, // one millisecond more than is wanted: see askedEnd in event-pages.ts
        filterPattern: '{ ($.eventName = "a") || ($.eventName = "b") }',
        limit: 10_000,
      })
    }
  })

  test("the user's own filter is sent as it stands and alone", async ({ stub }) => {
    stub.answers = { FilterLogEvents: () => ({ events: [event('a')] }) }
    const filter = '{ $.eventName = "a" }'
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: stub.connect(),
      columns: ['filter'],
      quals: {
        log_group_name: [group],
        filter: [{ operator: '=', values: [filter] }],
        event_source: [{ operator: '=', values: ['x'] }],
      },
    })
    expect(rows).toEqual([{ filter }])
    expect(stub.calls[0]?.input.filterPattern).toBe(filter)
  })

  test('a limit bounds pages and ends the reading', async ({ stub }) => {
    stub.answers = {
      FilterLogEvents: ({ input }) => ({
        events: [event('a'), event('b')],
        nextToken: `${input.nextToken ?? ''}x`,
      }),
    }
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: stub.connect(),
      columns: ['event_name'],
      quals: { log_group_name: [group] },
      limit: 4,
    })
    expect(names(rows)).toEqual(['a', 'b', 'a', 'b'])
    expect(stub.calls.map(({ input }) => input.limit)).toEqual([4, 4])
  })

  test('conditions that no event fulfils make no call', async ({ stub }) => {
    stub.answers = {}
    for (const quals of [
      { timestamp: [{ operator: '=', values: [1n] }] },
      { log_stream_name: [{ operator: '=', values: ['a:b', ''] }] },
      { region: [{ operator: '=', values: ['eu-west-1'] }] },
    ] as const) {
      const rows = await collectRows(cloudtrailTrailEvent, {
        connection: stub.connect(),
        quals: { log_group_name: [group], ...quals },
        columns: ['event_name'],
      })
      expect(rows).toEqual([])
    }
    expect(stub.calls).toEqual([])
  })

  test('one missing stream does not hide the others', async ({ stub }) => {
    stub.answers = {
      FilterLogEvents: ({ input }) => {
        const streams = input.logStreamNames as string[]
        if (streams.includes('gone')) {
          return new Refusal('ResourceNotFoundException', 'The specified log stream does not exist.')
        }
        return { events: streams.map((stream) => event(stream)) }
      },
    }
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: stub.connect(),
      columns: ['event_name'],
      quals: {
        log_group_name: [group],
        log_stream_name: [{ operator: '=', values: ['a', 'gone', 'b', 'c'] }],
      },
    })
    expect(names(rows).sort()).toEqual(['a', 'b', 'c'])
  })

  test('all regions are asked; a group that one of them has is found', async ({ stub }) => {
    stub.answers = {
      DescribeRegions: stubRegions,
      GetCallerIdentity: stubIdentity,
      FilterLogEvents: ({ region }) =>
        region === 'us-west-2' ? { events: [event('a')] } : new Refusal('ResourceNotFoundException'),
    }
    const connection = stub.connect({ regions: ['us-*', 'eu-south-?'] })
    const scan = {
      connection,
      columns: ['event_name', 'region', 'account_id', 'partition'],
      quals: { log_group_name: [group] },
    } as const
    const expected = [{ event_name: 'a', region: 'us-west-2', account_id: stubAccount, partition: 'aws' }]
    expect(await collectRows(cloudtrailTrailEvent, scan)).toEqual(expected)
    expect(await collectRows(cloudtrailTrailEvent, scan)).toEqual(expected)
    expect(stub.callNames().sort()).toEqual([
      'DescribeRegions',
      ...Array.from({ length: 6 }, () => 'FilterLogEvents'),
      'GetCallerIdentity',
    ])
    expect(stub.calls.map(({ region }) => region)).not.toContain('us-new-1')
  })

  test('a group that no region has is an error', async ({ stub }) => {
    stub.answers = {
      FilterLogEvents: () => new Refusal('ResourceNotFoundException', 'The log group does not exist.'),
    }
    const connection = stub.connect({ regions: ['us-east-1', 'eu-west-1'] })
    const error = await errorOf(
      collectRows(cloudtrailTrailEvent, { connection, quals: { log_group_name: [group] }, columns: [] }),
    )
    expect(error.sqlState).toBe('HV000')
    expect(error.message).toContain('"g"')
    expect(error.message).toMatch(/us-east-1.*eu-west-1|eu-west-1.*us-east-1/)
    expect(error.detail).toBe('ResourceNotFoundException: The log group does not exist.')
    expect(error.hint).toContain('regions')
  })

  test('an ARN is asked in its own region', async ({ stub }) => {
    stub.answers = { FilterLogEvents: () => ({ events: [event('a')] }) }
    const arn = `arn:aws:logs:eu-west-3:${stubAccount}:log-group:g:*`
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: stub.connect(),
      columns: ['log_group_name', 'region'],
      quals: { log_group_name: [{ operator: '=', values: [arn] }] },
    })
    expect(rows).toEqual([{ log_group_name: arn, region: 'eu-west-3' }])
    expect(stub.calls).toMatchObject([
      {
        region: 'eu-west-3',
        input: { logGroupIdentifier: `arn:aws:logs:eu-west-3:${stubAccount}:log-group:g` },
      },
    ])
  })

  test.for([
    ['AccessDeniedException', 400, 'HV000'],
    ['UnrecognizedClientException', 400, 'HV000'],
    ['ExpiredTokenException', 400, 'HV000'],
    ['InvalidSignatureException', 400, 'HV000'],
    ['ThrottlingException', 400, 'HV000'],
    ['InvalidParameterException', 400, 'HV000'],
    ['ServiceUnavailableException', 503, 'HV000'],
  ] as const)('%s', async ([code, status, sqlState], { stub }) => {
    stub.answers = {
      FilterLogEvents: () => new Refusal(code, 'Some words.\n\nx-amz-security-token: secret', status),
    }
    const error = await errorOf(
      collectRows(cloudtrailTrailEvent, {
        connection: stub.connect(),
        quals: { log_group_name: [group] },
        columns: [],
      }),
    )
    expect(error.sqlState).toBe(sqlState)
    expect(error.detail).toBe(`${code}: Some words. (HTTP ${status}, request id request-1)`)
    expect(error.hint).toBeTruthy()
    expect(error.cause).toBeUndefined()
  })

  test('a dead endpoint is a connection failure', async ({ stub }) => {
    const error = await errorOf(
      collectRows(cloudtrailTrailEvent, {
        connection: stub.connect({ endpoint_url: 'http://127.0.0.1:9' }),
        quals: { log_group_name: [group] },
        columns: [],
      }),
    )
    expect(error.sqlState).toBe('HV00N')
    expect(error.detail).toContain('ECONNREFUSED')
  })

  test('throttled calls are made again', async ({ stub }) => {
    let count = 0
    stub.answers = {
      FilterLogEvents: () => (count++ === 0 ? new Refusal('ThrottlingException') : { events: [event('a')] }),
    }
    const rows = await collectRows(cloudtrailTrailEvent, {
      connection: stub.connect(),
      quals: { log_group_name: [group] },
      columns: ['event_name'],
    })
    expect(names(rows)).toEqual(['a'])
  })
})

testSteampipe(cloudtrailTrailEvent, {
  columns: [
    'filter text',
    'log_group_name text',
    'log_stream_name text',
    'timestamp timestamp with time zone',
    'timestamp_ms bigint',
    'access_key_id text',
    'aws_region text',
    'error_code text',
    'error_message text',
    'event_category text',
    'event_id text',
    'event_name text',
    'event_source text',
    'event_time timestamp with time zone',
    'event_type text',
    'event_version text',
    'read_only boolean',
    'recipient_account_id text',
    'request_id text',
    'shared_event_id text',
    'source_ip_address text',
    'user_agent text',
    'user_type text',
    'username text',
    'user_identifier text',
    'vpc_endpoint_id text',
    'additional_event_data jsonb',
    'cloudtrail_event jsonb',
    'request_parameters jsonb',
    'response_elements jsonb',
    'resources jsonb',
    'tls_details jsonb',
    'user_identity jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    filter: 'optional =',
    log_group_name: 'required =',
    log_stream_name: 'optional =',
    timestamp: 'optional = > >= < <=',
    access_key_id: 'optional =',
    aws_region: 'optional =',
    error_code: 'optional =',
    event_category: 'optional =',
    event_id: 'optional =',
    event_name: 'optional =',
    event_source: 'optional =',
    read_only: 'optional =',
    source_ip_address: 'optional =',
    user_type: 'optional =',
    username: 'optional =',
    region: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
