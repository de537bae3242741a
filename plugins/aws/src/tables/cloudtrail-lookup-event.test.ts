import type { Qual, Quals } from '@millrace/plugin-sdk'
import { errorOf } from '@millrace/plugin-sdk/testing'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { type AwsHarness, deniedEnvironment, equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { holds } from '../testing/sql-conditions.js'
import { testSteampipe } from '../testing/steampipe.js'
import type { LookupColumns } from './cloudtrail-lookup-event/columns.js'
import { cloudtrailLookupEvent } from './cloudtrail-lookup-event.js'

type LookupQuals = Quals<LookupColumns>

const seconds = (time: string) => Date.parse(time) / 1000
const micros = (time: string) => BigInt(Date.parse(time)) * 1000n
/** A record whose `size` a floating-point number cannot hold. */
function record(i: number): string {
  const text = JSON.stringify({
    eventID: `id-${i}`,
    eventName: `Name${i % 3}`,
    eventSource: `${i % 2 ? 'ec2' : 's3'}.amazonaws.com`,
    eventTime: new Date(Date.parse('2022-07-01T00:00:00Z') + i * 1000).toISOString(),
    readOnly: i % 4 === 0,
    userIdentity: { userName: `user-${i % 5}`, accessKeyId: i % 7 === 0 ? undefined : `AKIA${i % 6}` },
    requestParameters: { bucketName: `bucket-${i % 4}`, roleArn: i % 3 ? `role-${i % 2}` : undefined },
  })
  return text.replace(/}$/, ',"size":9007199254740993}')
}

describe('against the sandbox', () => {
  test('every column', async ({ harness }) => {
    const rows = await harness.rows(cloudtrailLookupEvent)
    expect(rows).toHaveLength(36)
    const login = rows.find((row) => row.event_name === 'ConsoleLogin')
    expect(login).toEqual({
      event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      event_name: 'ConsoleLogin',
      event_source: 'signin.amazonaws.com',
      read_only: 'false',
      access_key_id: undefined,
      event_time: expect.any(Date),
      end_time: undefined,
      start_time: undefined,
      resource_name: undefined,
      resource_type: undefined,
      username: 'jon',
      resources: '[]',
      cloud_trail_event: expect.stringContaining('"sourceIPAddress":"104.53.216.85"'),
      title: 'ConsoleLogin',
      partition: 'aws',
      region: 'us-east-1',
      account_id: '810361751552',
    })
    const times = rows.map((row) => Number(row.event_time))
    expect(times).toEqual([...times].sort((a, b) => b - a))
  })

  test('integers keep their digits, a record is parsed only where it is shown', async ({ harness }) => {
    harness.sandbox.history.add('us-east-1', record(1))
    const quals = { event_id: equals('id-1') }
    const [row] = await harness.rows(cloudtrailLookupEvent, { quals, columns: ['cloud_trail_event'] })
    expect(row?.cloud_trail_event).toContain('"size":9007199254740993')
    expect(harness.operations()).toEqual(['LookupEvents'])
    const [other] = await harness.rows(cloudtrailLookupEvent, { quals, columns: ['event_id'] })
    expect(other?.cloud_trail_event).toBeNull()
  })

  test('one attribute is sent, the most selective; the others are looked at here', async ({ harness }) => {
    for (let i = 0; i < 60; i++) harness.sandbox.history.add('us-east-1', record(i))
    const rows = await harness.rows(cloudtrailLookupEvent, {
      columns: ['username', 'resource_name', 'event_source', 'resource_type'],
      quals: {
        username: equals('user-1'),
        event_source: equals('ec2.amazonaws.com'),
        resource_name: equals('bucket-3'),
        resource_type: equals('AWS::S3::Bucket'),
      },
    })
    expect(rows.length).toBe(3)
    expect(new Set(rows.map((row) => row.resource_name))).toEqual(new Set(['bucket-3']))
    expect(new Set(rows.map((row) => row.resource_type))).toEqual(new Set(['AWS::S3::Bucket']))
    expect(harness.sandbox.calls.list()).toMatchObject([
      {
        parameters: {
          LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: 'bucket-3' }],
          MaxResults: 50,
        },
      },
    ])
  })

  test('start_time and end_time bound the events, and are told to the microsecond', async ({ harness }) => {
    for (let i = 0; i < 10; i++) harness.sandbox.history.add('us-east-1', record(i))
    const rows = await harness.rows(cloudtrailLookupEvent, {
      columns: ['event_time', 'start_time', 'end_time'],
      quals: {
        start_time: equals(micros('2022-07-01T00:00:02Z') + 1n),
        end_time: equals(micros('2022-07-01T00:00:05Z')),
      },
    })
    expect(rows.map((row) => (row.event_time as Date).toISOString().slice(17, 19))).toEqual([
      '05',
      '04',
      '03',
    ])
    expect(rows[0]).toMatchObject({
      start_time: '2022-07-01T00:00:02.000001Z',
      end_time: '2022-07-01T00:00:05.000000Z',
    })
    expect(harness.sandbox.calls.list()).toMatchObject([
      {
        parameters: {
          StartTime: seconds('2022-07-01T00:00:02Z'),
          EndTime: seconds('2022-07-01T00:00:05Z'),
        },
      },
    ])
  })

  test('bounds that no event can fulfil ask nothing', async ({ harness }) => {
    const event_time: Qual<bigint>[] = [
      { operator: '>', value: micros('2022-07-02T00:00:00Z') },
      { operator: '<', value: micros('2022-07-01T00:00:00Z') },
    ]
    expect(
      await harness.rows(cloudtrailLookupEvent, { columns: ['event_id'], quals: { event_time } }),
    ).toEqual([])
    expect(harness.operations()).toEqual([])
    const error = await errorOf(
      harness.rows(cloudtrailLookupEvent, {
        quals: { end_time: equals(2n ** 63n - 1n) },
        columns: ['event_id'],
      }),
    )
    expect(error.message).toContain('years 1 to 9999')
  })

  test('pages, a page that fails once, and no more than a limit needs', async ({ harness }) => {
    for (let i = 0; i < 120; i++) harness.sandbox.history.add('us-east-1', record(i))
    harness.sandbox.faults.add({ kind: 'throttle', after: 1, times: 1 })
    const rows = await harness.rows(cloudtrailLookupEvent, { columns: ['event_id'] })
    expect(new Set(rows.map((row) => row.event_id)).size).toBe(156)
    expect(harness.operations()).toHaveLength(5)
    harness.sandbox.calls.clear()
    await harness.rows(cloudtrailLookupEvent, { columns: ['event_id'], limit: 60 })
    expect(harness.operations()).toHaveLength(2)
    harness.sandbox.calls.clear()
    const quals = { event_name: equals('Name1') }
    await harness.rows(cloudtrailLookupEvent, { columns: ['event_id'], limit: 3, quals })
    expect(harness.sandbox.calls.list()).toMatchObject([{ parameters: { MaxResults: 3 } }])
  })

  describe('the newest', () => {
    const newest = { column: 'event_time', direction: 'desc' } as const
    const columns = ['event_id', 'event_name', 'event_time'] as const
    const ids = async (harness: AwsHarness, limit: number, quals: LookupQuals = {}) =>
      (await harness.rows(cloudtrailLookupEvent, { columns, limit, order: newest, quals })).map(
        ({ event_id }) => event_id,
      )

    test('of many: no page more than shows them', async ({ harness }) => {
      for (let i = 0; i < 200; i++) harness.sandbox.history.add('us-east-1', record(10_000_000 + i))
      expect(await ids(harness, 20)).toEqual(expect.arrayContaining(['id-10000199', 'id-10000180']))
      expect(harness.operations()).toHaveLength(1)
      expect(await ids(harness, 60)).toContain('id-10000140')
      expect(harness.operations()).toHaveLength(3)
    })

    test('with all of the last one’s second', async ({ harness }) => {
      const same = record(10_000_000)
      for (let i = 0; i < 120; i++)
        harness.sandbox.history.add('us-east-1', same.replace('id-1', `same${i}-1`))
      harness.sandbox.history.add('us-east-1', record(10_000_001))
      expect((await ids(harness, 2)).filter((id) => id?.startsWith('same'))).toHaveLength(120)
      expect(harness.operations()).toHaveLength(3)
    })

    test('of those that fulfil all conditions, whichever of them is asked', async ({ harness }) => {
      for (let i = 0; i < 300; i++) harness.sandbox.history.add('us-east-1', record(10_000_000 + i))
      const event_time: Qual<bigint>[] = [{ operator: '<', value: micros('2022-10-24T17:51:00Z') }]
      const quals = {
        event_name: equals('Name0', 'Name1'),
        event_source: equals('s3.amazonaws.com'),
        event_time,
      }
      const all = kept(
        await harness.rows(cloudtrailLookupEvent, { columns: [...columns, 'event_source'], quals }),
        { event_name: quals.event_name, event_source: quals.event_source },
      )
      const times = all.map((row) => Number(row.event_time)).sort((a, b) => b - a)
      const first = all.filter((row) => Number(row.event_time) >= Number(times[9]))
      const got = await harness.rows(cloudtrailLookupEvent, {
        columns: [...columns, 'event_source'],
        limit: 10,
        order: newest,
        quals,
      })
      expect(got.map(({ event_id }) => event_id)).toEqual(
        expect.arrayContaining(first.map(({ event_id }) => event_id)),
      )
    })
  })

  test('regions', async ({ harness }) => {
    harness.sandbox.history.add('eu-west-1', record(1))
    const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
    const quals = { region: equals('eu-west-1') }
    expect(
      await harness.rows(cloudtrailLookupEvent, { connection, quals, columns: ['region'] }),
    ).toHaveLength(1)
    expect(harness.sandbox.calls.list()).toMatchObject([{ region: 'eu-west-1' }])
  })

  test('a refusal', async ({ harness }) => {
    const connection = harness.connect({}, deniedEnvironment)
    const error = await errorOf(harness.rows(cloudtrailLookupEvent, { connection, columns: ['event_id'] }))
    expect(error).toMatchObject({
      sqlState: 'HV000',
      detail: expect.stringContaining('cloudtrail:LookupEvents'),
    })
  })
})

describe('conditions leave out nothing that PostgreSQL keeps', () => {
  const columns = [
    'event_id',
    'event_name',
    'event_source',
    'read_only',
    'access_key_id',
    'username',
  ] as const

  test('whatever they are', async ({ harness }) => {
    for (let i = 0; i < 90; i++) harness.sandbox.history.add('us-east-1', record(i))
    const connection = harness.connect()
    const ask = (quals: LookupQuals) =>
      harness.rows(cloudtrailLookupEvent, { connection, quals, columns: [...columns, 'event_time'] })
    const everything = await ask({})
    const sorted = (rows: typeof everything) => rows.map((row) => row.event_id).sort()
    const texts = (column: (typeof columns)[number]) => {
      const known = [...new Set(everything.flatMap((row) => row[column] ?? []))].slice(0, 8)
      const value = fc.constantFrom(...known, ...known, '', 'true', 'x'.repeat(2001), '_'.repeat(1001))
      return fc
        .uniqueArray(value, { minLength: 1, maxLength: 3 })
        .map((values): Qual<string>[] => [{ operator: '=', values: values as [string] }])
    }
    const bound: fc.Arbitrary<Qual<bigint>> = fc.record({
      operator: fc.constantFrom('<', '<=', '>', '>='),
      value: fc.bigInt(micros('2022-06-30T23:59:58Z'), micros('2022-07-01T00:01:32Z')),
    })
    const someQuals = fc.record(
      {
        ...Object.fromEntries(columns.map((column) => [column, texts(column)])),
        event_time: fc.array(bound, { minLength: 1, maxLength: 2 }),
      },
      { requiredKeys: [] },
    )
    let narrowed = 0
    await fc.assert(
      fc.asyncProperty(someQuals, async (quals) => {
        const { event_time = [], ...others } = quals as LookupQuals
        const keep = (rows: typeof everything) =>
          kept(rows, others).filter((row) =>
            event_time.every((qual) => holds(qual, BigInt(Number(row.event_time)) * 1000n)),
          )
        const fetched = await ask({ event_time, ...others })
        if (fetched.length < everything.length) narrowed++
        expect(sorted(keep(fetched))).toEqual(sorted(keep(everything)))
      }),
      { numRuns: 150 },
    )
    expect(narrowed).toBeGreaterThan(50)
  })
})

testSteampipe(cloudtrailLookupEvent, {
  columns: [
    'event_id text',
    'event_name text',
    'event_source text',
    'read_only text',
    'access_key_id text',
    'event_time timestamp with time zone',
    'end_time timestamp with time zone',
    'start_time timestamp with time zone',
    'resource_name text',
    'resource_type text',
    'username text',
    'resources jsonb',
    'cloud_trail_event jsonb',
    'title text',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    event_id: 'optional =',
    event_name: 'optional =',
    event_source: 'optional =',
    read_only: 'optional =',
    access_key_id: 'optional =',
    end_time: 'optional =',
    start_time: 'optional =',
    resource_name: 'optional =',
    resource_type: 'optional =',
    username: 'optional =',
    region: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
