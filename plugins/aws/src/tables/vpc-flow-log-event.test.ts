import type { Quals } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { readRecord } from './vpc-flow-log-event/record.js'
import { patternOf } from './vpc-flow-log-event/record-pattern.js'
import { vpcFlowLogEvent } from './vpc-flow-log-event.js'

const logGroup = equals('vpc-flow-logs')

test('every column', async ({ harness }) => {
  const [row] = await harness.rows(vpcFlowLogEvent, { quals: { log_group_name: logGroup } })
  expect(row).toEqual({
    log_group_name: 'vpc-flow-logs',
    log_stream_name: 'eni-0f9e8d7c6b5a49382-all',
    timestamp: new Date('2022-07-06T19:38:09Z'),
    version: 2n,
    interface_account_id: '810361751552',
    interface_id: 'eni-0f9e8d7c6b5a49382',
    src_addr: '104.53.216.85',
    dst_addr: '172.31.18.44',
    src_port: 40_443n,
    dst_port: 443n,
    protocol: 6n,
    packets: 31n,
    bytes: 1_612n,
    start: new Date('2022-07-06T19:38:09Z'),
    end: new Date('2022-07-06T19:39:09Z'),
    action: 'ACCEPT',
    log_status: 'OK',
    event_id: expect.stringMatching(/^\d{56}$/),
    filter: undefined,
    ingestion_time: new Date('2022-07-06T19:40:09Z'),
    partition: 'aws',
    region: 'us-east-1',
    account_id: '810361751552',
  })
})

test('a record without traffic has its interface and status; another message has nothing', async ({
  harness,
}) => {
  harness.sandbox.logs.addEvents('us-east-1', 'flow', [
    { message: 'START RequestId: "7a1c" [x]', timestamp: 1 },
    { message: '2 1 eni-1 - - - - - - - 1431280876 1431280934 - NODATA', timestamp: 2 },
    { message: '2 1 eni-1  1.2.3.4 - - - - - - 1431280876 1431280934 ACCEPT OK', timestamp: 3 },
    { message: '3 1 eni-1 1.2.3.999 1.2.3.4 070 80 6 1 1 soon later ACCEPT OK vpc-1 more', timestamp: 4 },
    { message: '', timestamp: 5 },
  ])
  const rows = await harness.rows(vpcFlowLogEvent, {
    quals: { log_group_name: equals('flow') },
    columns: ['interface_id'],
  })
  expect(rows.map(({ interface_id, log_status }) => [interface_id, log_status])).toEqual([
    [undefined, undefined],
    ['eni-1', 'NODATA'],
    [undefined, undefined],
    ['eni-1', 'OK'],
    [undefined, undefined],
  ])
  expect(rows[3]).toMatchObject({ src_addr: undefined, src_port: undefined, dst_port: 80n, start: undefined })
})

describe('conditions', () => {
  test('become fields of a pattern', () => {
    expect(patternOf({})).toBeUndefined()
    expect(patternOf({ interface_id: equals('eni-0a') })).toBe(
      '[version, interface_account_id, interface_id = "eni-0a", ...]',
    )
    expect(patternOf({ src_addr: equals('1.2.3.4', '5.6.7.8'), dst_port: equals(22n) })).toBe(
      '[version, interface_account_id, interface_id, src_addr = "1.2.3.4" || src_addr = "5.6.7.8", ' +
        'dst_addr, src_port, dst_port = "22", ...]',
    )
  })

  test('those that cannot be said for certain, or are too long, do not', () => {
    expect(patternOf({ src_addr: equals('2001:db8::1') })).toBeUndefined()
    expect(patternOf({ src_addr: equals('10.0.0.0/8', '1.2.3.4') })).toBeUndefined()
    expect(patternOf({ action: equals('*'), interface_id: equals('eni-"') })).toBeUndefined()
    expect(patternOf({ dst_port: equals(-1n) })).toBeUndefined()
    const many = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`)
    expect(patternOf({ src_addr: equals('10.0.1.1', ...many), action: equals('ACCEPT') })).toMatch(
      /^\[version, .*, action = "ACCEPT", \.\.\.\]$/,
    )
  })

  test('every record arrives that PostgreSQL would keep', async ({ harness }) => {
    const connection = harness.connect()
    const everything = await harness.rows(vpcFlowLogEvent, {
      connection,
      quals: { log_group_name: logGroup },
    })
    const fields = [
      'interface_id',
      'src_addr',
      'dst_addr',
      'src_port',
      'dst_port',
      'action',
      'log_status',
    ] as const
    const qualOn = (field: (typeof fields)[number]) => {
      const known = everything.flatMap((row): unknown[] => (row[field] === undefined ? [] : [row[field]]))
      return fc
        .uniqueArray(fc.constantFrom(...known), { minLength: 1, maxLength: 2 })
        .map((values) => [{ operator: '=', values }])
    }
    const someQuals = fc
      .record(Object.fromEntries(fields.map((field) => [field, qualOn(field)])), { requiredKeys: [] })
      .map(
        (quals) =>
          Object.fromEntries(Object.entries(quals).slice(0, 2)) as Quals<typeof vpcFlowLogEvent.columns>,
      )
    let narrowed = 0
    await fc.assert(
      fc.asyncProperty(someQuals, async (quals) => {
        const rows = await harness.rows(vpcFlowLogEvent, {
          connection,
          quals: { ...quals, log_group_name: logGroup },
        })
        if (rows.length < everything.length) narrowed++
        expect(kept(rows, quals)).toEqual(kept(everything, quals))
      }),
      { numRuns: 60 },
    )
    expect(narrowed).toBeGreaterThan(20)
  })
})

test('numbers keep their digits', () => {
  expect(readRecord(`2 1 eni-1 1.1.1.1 2.2.2.2 1 2 6 1 ${10n ** 17n + 1n} 1 2 ACCEPT OK`).bytes).toBe(
    10n ** 17n + 1n,
  )
})

testSteampipe(vpcFlowLogEvent, {
  columns: [
    'log_group_name text',
    'log_stream_name text',
    'timestamp timestamp with time zone',
    'version bigint',
    'interface_account_id text',
    'interface_id text',
    'src_addr inet',
    'dst_addr inet',
    'src_port bigint',
    'dst_port bigint',
    'protocol bigint',
    'packets bigint',
    'bytes bigint',
    'start timestamp with time zone',
    'end timestamp with time zone',
    'action text',
    'log_status text',
    'event_id text',
    'filter text',
    'ingestion_time timestamp with time zone',
    'partition text',
    'region text',
    'account_id text',
  ],
  // Steampipe's key event_id is none here: no message holds it, so that no pattern can ask for it.
  keys: {
    log_group_name: 'required =',
    log_stream_name: 'optional =',
    filter: 'optional =',
    region: 'optional =',
    timestamp: 'optional > >= = < <=',
    interface_id: 'optional =',
    src_addr: 'optional =',
    dst_addr: 'optional =',
    src_port: 'optional =',
    dst_port: 'optional =',
    action: 'optional =',
    log_status: 'optional =',
  },
})
