import type { Qual } from '@millrace/plugin-sdk'
import { errorOf } from '@millrace/plugin-sdk/testing'
import { oddMessages } from '@millrace/sandbox/data/odd-events'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { deniedEnvironment, equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { holds } from '../testing/sql-conditions.js'
import { testSteampipe } from '../testing/steampipe.js'
import { cloudwatchLogEvent } from './cloudwatch-log-event.js'

const article = { log_group_name: equals('cloudtrail-cwg-devto') }

describe('against the sandbox', () => {
  test('every column', async ({ harness }) => {
    const [first] = await harness.rows(cloudwatchLogEvent, { quals: article })
    expect(first).toMatchObject({
      log_group_name: 'cloudtrail-cwg-devto',
      log_stream_name: '810361751552_CloudTrail_us-east-1',
      event_id: expect.stringMatching(/^\d{56}$/),
      timestamp: expect.any(Date),
      message: expect.stringContaining('"eventName":"ConsoleLogin"'),
      partition: 'aws',
      region: 'us-east-1',
      account_id: '810361751552',
    })
    expect(Number(first?.ingestion_time)).toBe(Number(first?.timestamp) + 400)
    expect(first?.message_json).toBe(first?.message)
    expect(first?.filter).toBeUndefined()
    expect(harness.operations().sort()).toEqual(['FilterLogEvents', 'GetCallerIdentity'])
  })

  test('odd messages: trimmed, and JSON only where they are', async ({ harness }) => {
    const rows = await harness.rows(cloudwatchLogEvent, {
      quals: { log_group_name: equals('sandbox/odd-messages') },
      columns: ['log_stream_name', 'message', 'message_json'],
    })
    expect(rows.map(({ log_stream_name }) => log_stream_name)).toEqual(Object.keys(oddMessages))
    const named = Object.fromEntries(rows.map((row) => [row.log_stream_name, row]))
    expect(named['plain-text']?.message_json).toBeNull()
    expect(named['cut-off']?.message_json).toBeNull()
    expect(named['leading-space']?.message).toMatch(/^\{.*\}$/s)
    expect(named['big-integers']?.message_json).toContain('"size":9007199254740993,')
    for (const { message_json } of rows) {
      if (typeof message_json === 'string') expect(() => JSON.parse(message_json)).not.toThrow()
    }
    expect(harness.operations()).toEqual(['FilterLogEvents'])
  })

  test('a filter is sent as it stands, and told', async ({ harness }) => {
    const filter = '{ $.errorCode = "AccessDenied" }'
    const rows = await harness.rows(cloudwatchLogEvent, {
      quals: { ...article, filter: equals(filter) },
      columns: ['filter', 'message'],
    })
    expect(rows).toEqual([
      expect.objectContaining({ filter, message: expect.stringContaining('GetBucketAcl') }),
    ])
    expect(harness.sandbox.calls.list()).toMatchObject([{ parameters: { filterPattern: filter } }])
  })

  test('streams that there are not are passed over', async ({ harness }) => {
    const streams = equals('plain-text', 'no-such', 'no:stream', 'cut-off')
    const rows = await harness.rows(cloudwatchLogEvent, {
      quals: { log_group_name: equals('sandbox/odd-messages'), log_stream_name: streams },
      columns: ['log_stream_name'],
    })
    expect(rows.map(({ log_stream_name }) => log_stream_name).sort()).toEqual(['cut-off', 'plain-text'])
  })

  test('pages, empty ones among them, and a page that fails once', async ({ harness }) => {
    harness.sandbox.generateEvents({ logGroup: 'g', count: 100 })
    Object.assign(harness.sandbox.paging, { maxEvents: 30, emptyPagesBefore: 1 })
    harness.sandbox.faults.add({ kind: 'throttle', after: 3, times: 1 })
    const rows = await harness.rows(cloudwatchLogEvent, {
      quals: { log_group_name: equals('g') },
      columns: ['event_id'],
    })
    expect(new Set(rows.map(({ event_id }) => event_id)).size).toBe(100)
  })

  test('refusals', async ({ harness }) => {
    const quals = { log_group_name: equals('no-such-group') }
    expect(await errorOf(harness.rows(cloudwatchLogEvent, { quals, columns: ['message'] }))).toMatchObject({
      sqlState: 'HV000',
      message: 'FilterLogEvents: there is no log group "no-such-group" in us-east-1',
    })
    const connection = harness.connect({}, deniedEnvironment)
    const error = await errorOf(
      harness.rows(cloudwatchLogEvent, { connection, quals: article, columns: ['message'] }),
    )
    expect(error).toMatchObject({
      sqlState: 'HV000',
      detail: expect.stringContaining('logs:FilterLogEvents'),
    })
  })
})

describe('bounds of time', () => {
  test('fetch just the events that fulfil them', async ({ harness }) => {
    const events = Array.from({ length: 50 }, (_, i) => ({ message: `${i}`, timestamp: 1000 + i }))
    harness.sandbox.logs.addEvents('us-east-1', 'g', events)
    const connection = harness.connect()
    const columns = ['timestamp', 'message'] as const
    const log_group_name = equals('g')
    const all = await harness.rows(cloudwatchLogEvent, { connection, columns, quals: { log_group_name } })
    const bound: fc.Arbitrary<Qual<bigint>> = fc.record({
      operator: fc.constantFrom('<', '<=', '>', '>='),
      value: fc.bigInt(999_000n, 1_051_000n),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(bound, { minLength: 1, maxLength: 2 }), async (timestamp) => {
        const quals = { log_group_name, timestamp }
        expect(await harness.rows(cloudwatchLogEvent, { connection, columns, quals })).toEqual(
          all.filter((row) => timestamp.every((qual) => holds(qual, BigInt(Number(row.timestamp)) * 1000n))),
        )
      }),
      { numRuns: 60 },
    )
  })
})

testSteampipe(cloudwatchLogEvent, {
  columns: [
    'log_group_name text',
    'log_stream_name text',
    'event_id text',
    'timestamp timestamp with time zone',
    'ingestion_time timestamp with time zone',
    'filter text',
    'message text',
    'message_json jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    log_group_name: 'required =',
    log_stream_name: 'optional =',
    timestamp: 'optional = > >= < <=',
    filter: 'optional =',
    region: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
