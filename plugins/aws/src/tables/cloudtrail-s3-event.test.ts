import { gzipSync } from 'node:zlib'
import { errorOf } from '@millrace/plugin-sdk/testing'
import { articleAccountId, otherAccountId } from '@millrace/sandbox/credentials'
import {
  addOrganizationTrail,
  organizationBucket,
  organizationId,
  organizationPrefix,
} from '@millrace/sandbox/data/organization-trail'
import { logFile, logFileKey } from '@millrace/sandbox/data/trail-objects'
import { describe, expect } from 'vitest'
import { type AwsHarness, deniedEnvironment, equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { cloudtrailS3Event } from './cloudtrail-s3-event.js'
import { cloudtrailTrailEvent } from './cloudtrail-trail-event.js'

const articleArn = 'arn:aws:cloudtrail:us-east-1:810361751552:trail/cloudtrail-for-devto'
const bucket = 'own-trail'
const place = { accountId: articleAccountId, region: 'us-east-1' }
const delivered = Date.UTC(2024, 2, 1, 12, 30)
const micros = (time: number) => BigInt(time) * 1000n

interface RecordParts {
  readonly id: string
  readonly time?: number
}

function record({ id, time = delivered - 60_000 }: RecordParts): string {
  return JSON.stringify({
    eventTime: new Date(time).toISOString().replace('.000', ''),
    eventID: id,
    eventName: 'X',
  })
}

/** A bucket of a trail, with what is put into it. */
function trailBucket({ sandbox }: AwsHarness, name = bucket) {
  const own = sandbox.buckets.add({ name, region: 'us-east-1', ownerId: articleAccountId })
  let unique = 0
  return {
    put(content: Buffer, details: object = {}, time = delivered) {
      const key = logFileKey(place, time, `unique${String(unique++).padStart(10, '0')}`)
      own.put(key, content, { lastModified: time, ...details })
      return key
    },
    putRecords: (...records: readonly RecordParts[]) => logFile(records.map(record)),
    bucket: own,
  }
}

const ids = (rows: readonly { event_id?: string | null | undefined }[]) =>
  rows.map(({ event_id }) => event_id).sort()

test('every column; the same events as in the log group', async ({ harness }) => {
  const quals = { trail_arn: equals(articleArn) }
  const rows = await harness.rows(cloudtrailS3Event, { quals })
  const [first] = [...rows].sort((a, b) => (String(a.event_time) < String(b.event_time) ? -1 : 1))
  const logged = await harness.rows(cloudtrailTrailEvent, {
    quals: { log_group_name: equals('cloudtrail-cwg-devto') },
  })
  const [same] = [...logged].sort((a, b) => Number(a.timestamp_ms) - Number(b.timestamp_ms))
  expect(ids(rows)).toEqual(ids(logged))
  const { filter, log_group_name, log_stream_name, timestamp, timestamp_ms, ...ofRecord } = same ?? {}
  const key = expect.stringMatching(
    /^AWSLogs\/810361751552\/CloudTrail\/us-east-1\/2022\/07\/06\/810361751552_CloudTrail_us-east-1_20220706T1815Z_\w{16}\.json\.gz$/,
  )
  expect(first).toEqual({
    ...ofRecord,
    bucket: 'aws-cloudtrail-logs-810361751552-devto',
    trail_arn: articleArn,
    trail_name: undefined,
    prefix: '',
    object_key: key,
    object_arn: expect.stringMatching(/^arn:aws:s3:::aws-cloudtrail-logs-810361751552-devto\/AWSLogs\//),
    organization_id: null,
    log_account_id: articleAccountId,
    log_region: 'us-east-1',
    log_date: '2022-07-06',
    delivered_at: '2022-07-06T18:15:00.000Z',
  })
})

describe('places', () => {
  const columns = ['event_id', 'prefix', 'organization_id', 'log_account_id', 'log_region', 'region'] as const

  test("an organization's trail, in a bucket of another region, by ARN and by name", async ({ harness }) => {
    const { trails, buckets } = harness.sandbox
    const arn = addOrganizationTrail(trails, buckets)
    const rows = await harness.rows(cloudtrailS3Event, { columns, quals: { trail_arn: equals(arn) } })
    expect(rows).toHaveLength(160)
    expect(new Set(rows.map((row) => `${row.log_account_id} ${row.log_region}`))).toEqual(
      new Set([articleAccountId, otherAccountId].flatMap((id) => [`${id} us-east-1`, `${id} eu-west-1`])),
    )
    expect(rows[0]).toMatchObject({
      prefix: organizationPrefix,
      organization_id: organizationId,
      region: 'eu-west-1',
    })
    const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
    const named = await harness.rows(cloudtrailS3Event, {
      connection,
      columns,
      quals: { trail_name: equals('organization') },
    })
    expect(ids(named)).toEqual(ids(rows))
    const other = { trail_arn: equals(arn), bucket: equals('another') }
    expect(await harness.rows(cloudtrailS3Event, { columns, quals: other })).toEqual([])
  })

  test.for([bucket, `${bucket}--use1-az4--x-s3`])(
    '%s alone: whatever stands before AWSLogs',
    async (bucket, { harness }) => {
      const { sandbox } = harness
      const prefixes = ['', 'old', 'audit/logs', 'myAWSLogs', 'AWSLogs', 'AWSLogs/deep', 'a//b', 'other']
      for (const prefix of prefixes) {
        const trail = { bucket, prefix, count: 2, objects: 1, seed: prefix.length + 1 }
        const inOrganization = prefix === 'other' ? { organizationId } : {}
        sandbox.generateTrail({ ...trail, ...inOrganization })
      }
      sandbox.buckets.get(bucket)?.put('data/AWSLogs.txt', Buffer.from('x'), { lastModified: 0 })
      const rows = await harness.rows(cloudtrailS3Event, { columns, quals: { bucket: equals(bucket) } })
      expect(new Set(rows.map(({ prefix }) => prefix))).toEqual(new Set(prefixes))
      expect(rows).toHaveLength(2 * prefixes.length)
      for (const prefix of prefixes) {
        const quals = { bucket: equals(bucket), prefix: equals(prefix) }
        const some = await harness.rows(cloudtrailS3Event, { columns, quals })
        expect(some.map((row) => row.prefix)).toEqual([prefix, prefix])
      }
      const some = { bucket: equals(bucket), prefix: equals('old', 'audit/logs') }
      expect(await harness.rows(cloudtrailS3Event, { columns, quals: some })).toHaveLength(4)
    },
  )

  test('one log file, by its key or ARN, without a list', async ({ harness }) => {
    const [key = '', other = ''] = harness.sandbox.generateTrail({ bucket, count: 20, objects: 2 })
    const byKey = { bucket: equals(bucket), object_key: equals(key) }
    const byArn = { object_arn: equals(`arn:aws:s3:::${bucket}/${key}`) }
    for (const quals of [byKey, byArn]) {
      harness.sandbox.calls.clear()
      expect(await harness.rows(cloudtrailS3Event, { columns, quals })).toHaveLength(10)
      expect(harness.operations()).not.toContain('ListObjectsV2')
    }
    const nothing = [
      { ...byKey, ...byArn, object_key: equals(other) },
      { ...byArn, bucket: equals('another') },
      { object_arn: equals('arn:aws:s3:::own-trail') },
      { bucket: equals(bucket), object_key: equals('AWSLogs/no-log-file') },
      { ...byKey, log_region: equals('eu-west-1') },
      { bucket: equals(bucket), object_key: equals(key.replace('.json', 'x.json')) },
    ]
    for (const quals of nothing) {
      expect(await harness.rows(cloudtrailS3Event, { columns, quals })).toEqual([])
    }
  })

  test('a trail, and a bucket, that there is not', async ({ harness }) => {
    const said = async (quals: object) => (await errorOf(harness.rows(cloudtrailS3Event, { quals }))).message
    expect(await said({ trail_arn: equals('trail') })).toBe(
      'DescribeTrails: "trail" is not the ARN of a trail',
    )
    expect(await said({ trail_arn: equals(`${articleArn}x`) })).toBe(
      `DescribeTrails: there is no trail "${articleArn}x"`,
    )
    expect(await said({ trail_name: equals('nobody') })).toBe(
      'DescribeTrails: there is no trail "nobody" in us-east-1',
    )
    expect(await said({ bucket: equals('nowhere') })).toBe('there is no bucket "nowhere"')
  })
})

describe('what is read', () => {
  const day = 24 * 60 * 60_000

  test('of a month of regions and accounts, only the day, and the time beyond it', async ({ harness }) => {
    const { sandbox } = harness
    const startTime = Date.UTC(2024, 2, 1)
    for (const accountId of [articleAccountId, otherAccountId, '333333333333']) {
      for (const region of ['us-east-1', 'eu-west-1', 'us-west-2', 'ap-south-1']) {
        const month = { bucket, accountId, region, startTime, count: 30, objects: 30, intervalMs: day }
        sandbox.generateTrail({ ...month, delay: 60_000 })
      }
    }
    const quals = {
      bucket: equals(bucket),
      log_region: equals('eu-west-1'),
      event_time: [
        { operator: '>=', value: micros(startTime + 10 * day) },
        { operator: '<', value: micros(startTime + 11 * day) },
      ],
    } as const
    const rows = await harness.rows(cloudtrailS3Event, { columns: ['event_time', 'log_region'], quals })
    expect(rows.length).toBeGreaterThan(0)
    const calls = sandbox.calls.list({ service: 's3' }).map(({ operation, parameters }) => ({
      operation,
      ...(parameters as { key?: string; prefix?: string }),
    }))
    const read = calls.filter(({ operation }) => operation === 'GetObject').map(({ key = '' }) => key)
    expect(new Set(read.map((key) => key.replace(/^AWSLogs\/\d+\/CloudTrail\/(.*)\/[^/]*$/, '$1')))).toEqual(
      new Set(['eu-west-1/2024/03/11']),
    )
    expect(read.length).toBeLessThanOrEqual(3 * 2)
    const listed = calls.flatMap(({ operation, prefix = '' }) =>
      operation === 'ListObjectsV2' && /\/\d\d\/$/.test(prefix) ? [prefix.slice(-21)] : [],
    )
    expect(new Set(listed)).toEqual(
      new Set(['eu-west-1/2024/03/10/', 'eu-west-1/2024/03/11/', 'eu-west-1/2024/03/12/']),
    )
  })

  test('without dates, one list finds the log files of a region that has few; of more, months follow', async ({
    harness,
  }) => {
    const { sandbox } = harness
    const own = trailBucket(harness)
    const months = [Date.UTC(2023, 11, 31), Date.UTC(2024, 0, 1), Date.UTC(2024, 1, 2)]
    for (const time of months) own.put(own.putRecords({ id: String(time), time }), {}, time)
    const lists = async () => {
      sandbox.calls.clear()
      const rows = await harness.rows(cloudtrailS3Event, {
        columns: ['event_id'],
        quals: { bucket: equals(bucket) },
      })
      expect(ids(rows)).toEqual(months.map(String))
      return sandbox.calls
        .list({ service: 's3', operation: 'ListObjectsV2' })
        .map(({ parameters }) => (parameters as { prefix?: string }).prefix ?? '')
    }
    const account = `AWSLogs/${articleAccountId}/`
    const folders = ['', 'AWSLogs/', `${account}CloudTrail`, `${account}CloudTrail/`]
    const region = `${account}CloudTrail/us-east-1/`
    const few = await lists()
    expect(few.sort()).toEqual([...folders, region])
    own.bucket.mostKeysPerPage = 2
    const more = (await lists()).filter((prefix) => prefix.startsWith(region))
    expect(more.sort()).toEqual([region, region, `${region}2024/`, `${region}2024/01/`, `${region}2024/02/`])
  })

  test('in a directory bucket, all days within bounds, whatever is listed first', async ({ harness }) => {
    const own = trailBucket(harness, `${bucket}--use1-az4--x-s3`)
    const day = 24 * 60 * 60_000
    const first = Date.UTC(2024, 2, 1, 12)
    for (let i = 0; i < 1200; i++) {
      const time = first + (i % 30) * day
      own.put(own.putRecords({ id: String(i), time }), {}, time)
    }
    const quals = {
      bucket: equals(own.bucket.name),
      log_date: [
        { operator: '>=' as const, value: '2023-11-01' },
        { operator: '<=' as const, value: '2024-03-01' },
      ],
    }
    const rows = await harness.rows(cloudtrailS3Event, { columns: ['event_id'], quals })
    expect(rows).toHaveLength(40)
  })

  test('the newest first: the log files of the last days, and no more', async ({ harness }) => {
    harness.sandbox.generateTrail({ bucket, count: 600, objects: 100, intervalMs: 60_000 })
    const quals = { bucket: equals(bucket) }
    const columns = ['event_time', 'event_id'] as const
    const all = await harness.rows(cloudtrailS3Event, { columns, quals })
    harness.sandbox.calls.clear()
    const rows = await harness.rows(cloudtrailS3Event, {
      columns,
      quals,
      limit: 20,
      order: { column: 'event_time', direction: 'desc' },
    })
    const newest = (of: typeof rows) =>
      of
        .map(({ event_time }) => String(event_time))
        .sort()
        .reverse()
        .slice(0, 20)
    expect(newest(rows)).toEqual(newest(all))
    expect(harness.sandbox.calls.count({ operation: 'GetObject' })).toBeLessThanOrEqual(8)
  })

  test('a large log file in parts, each of the same object', async ({ harness }) => {
    const { put } = trailBucket(harness)
    // What does not compress.
    const noise = (index: number) => Array.from({ length: 20 }, (_, i) => Math.sin(index * 20 + i)).join()
    const records = Array.from({ length: 16_000 }, (_, index) => record({ id: `${index} ${noise(index)}` }))
    put(logFile(records))
    const rows = await harness.rows(cloudtrailS3Event, {
      columns: ['event_id'],
      quals: { bucket: equals(bucket) },
    })
    expect(rows).toHaveLength(16_000)
    const parts = harness.sandbox.calls.list({ operation: 'GetObject' })
    expect(parts.length).toBeGreaterThan(1)
    expect(parts.map(({ parameters }) => (parameters as { range?: string }).range)).toContain(
      'bytes=2097152-4194303',
    )
  })
})

describe('objects that are odd', () => {
  const columns = ['event_id'] as const
  const quals = { bucket: equals(bucket) }

  /** What can be read, and what is told of the rest. */
  async function lenient(harness: AwsHarness, settings: object = { on_object_failure: 'notice' }) {
    const leftOut: string[] = []
    const rows = await harness.rows(cloudtrailS3Event, {
      connection: harness.connect(settings),
      columns,
      quals,
      onLeftOut: (part, { message, detail }) => leftOut.push(`${part}: ${message}; ${detail}`),
    })
    return { ids: ids(rows), leftOut }
  }

  test('in between: digests, other services, folders, names that are no log files', async ({ harness }) => {
    const { put, putRecords, bucket: own } = trailBucket(harness)
    const key = put(putRecords({ id: 'a' }))
    const foreign = [
      key.replace('.json.gz', '.txt'),
      key.replace('AWSLogs/', 'AWSLogs/x/'),
      key.replaceAll('CloudTrail', 'CloudTrail-Digest'),
      key.replaceAll('CloudTrail', 'CloudTrail-Aggregated'),
      key.replace(/[^/]*$/, ''),
      key.replace('_us-east-1_', '_eu-west-1_'),
      key.replace('T1230Z', 'T9930Z'),
    ]
    for (const other of foreign) own.put(other, Buffer.from('x'), { lastModified: 0 })
    for (const folder of ['CloudTrail-Insight', 'CloudTrail-NetworkActivity']) {
      own.put(logFileKey(place, delivered, 'u'.repeat(16), folder), putRecords({ id: folder }), {
        lastModified: 0,
      })
    }
    expect(await lenient(harness)).toEqual({
      ids: ['CloudTrail-Insight', 'CloudTrail-NetworkActivity', 'a'],
      leftOut: [],
    })
  })

  const whole = logFile([record({ id: 'x' })])
  test.for<[string, Buffer, string]>([
    ['cut short', whole.subarray(0, -12), 'it is cut short'],
    ['damaged', Buffer.concat([whole.subarray(0, 12), Buffer.alloc(40, 7)]), 'its gzip is damaged'],
    ['empty', Buffer.alloc(0), 'it is empty'],
    ['of nothing', gzipSync(''), 'it is cut short'],
    ['without Records', gzipSync('{"digest":1}'), 'it has no Records'],
    ['something else', Buffer.from('<html>'), 'it is not JSON'],
    ['cut short within its JSON', gzipSync(`{"Records":[${record({ id: 'y' })},`), 'it is cut short'],
  ])('a log file that is %s', async ([name, content, reason], { harness }) => {
    const { put, putRecords } = trailBucket(harness)
    put(putRecords({ id: 'a' }))
    const key = put(content)
    const error = await errorOf(harness.rows(cloudtrailS3Event, { columns, quals }))
    expect(error).toMatchObject({
      sqlState: 'HV000',
      code: 'BrokenLogFile',
      message: `the log file "${key}" of bucket "own-trail" cannot be read: ${reason}`,
      hint: expect.stringContaining('on_object_failure'),
    })
    const told = await lenient(harness)
    expect(told.leftOut).toEqual([expect.stringContaining(`log file ${key}: `)])
    // What came before the place where it is cut stays.
    const stays = name === 'cut short within its JSON' ? ['a', 'y'] : name === 'cut short' ? told.ids : ['a']
    expect(told.ids).toEqual(stays)
  })

  test('records that are none, and the others of their file', async ({ harness }) => {
    const { put } = trailBucket(harness)
    const good = record({ id: 'good' })
    const bad = ['{"eventID":}', '1', 'null', '{"eventID":"timeless"}', '{"eventTime":"yesterday"}', '["x"]']
    const key = put(logFile([good, ...bad, record({ id: 'last' })]))
    const error = await errorOf(harness.rows(cloudtrailS3Event, { columns, quals }))
    expect(error).toMatchObject({
      code: 'BrokenLogFile',
      message: `a record of the log file "${key}" of bucket "own-trail" cannot be read: it is not JSON`,
      detail: `At byte ${12 + good.length + 1} of its JSON, and 5 others.`,
    })
    expect((await lenient(harness)).ids).toEqual(['good', 'last'])
    const connection = harness.connect()
    const rows = await harness.rows(cloudtrailS3Event, {
      connection,
      columns,
      quals,
      ignoredCodes: ['BrokenLogFile'],
      onLeftOut: () => {},
    })
    expect(ids(rows)).toEqual(['good', 'last'])
  })

  test('JSON that is not compressed, and gzip of several members', async ({ harness }) => {
    const { put } = trailBucket(harness)
    put(Buffer.from(`{"Records":[${record({ id: 'plain' })}]}`))
    const text = `{"Records":[${record({ id: 'é' })}]}`
    put(Buffer.concat([gzipSync(text.slice(0, 30)), gzipSync(text.slice(30))]))
    expect((await lenient(harness)).ids).toEqual(['plain', 'é'])
  })

  test('one that is gone between list and read', async ({ harness }) => {
    const { put, putRecords } = trailBucket(harness)
    put(putRecords({ id: 'a' }))
    put(putRecords({ id: 'b' }), { refusal: { code: 'NoSuchKey', message: 'gone', status: 404 } })
    expect(await lenient(harness, {})).toEqual({ ids: ['a'], leftOut: [] })
  })

  test('one that is archived', async ({ harness }) => {
    const { put, putRecords } = trailBucket(harness)
    put(putRecords({ id: 'a' }))
    const key = put(putRecords({ id: 'b' }), { storageClass: 'GLACIER' })
    expect(await errorOf(harness.rows(cloudtrailS3Event, { columns, quals }))).toMatchObject({
      code: 'InvalidObjectState',
      message: `the object "${key}" of bucket "own-trail" is archived`,
      hint: expect.stringContaining('RestoreObject'),
    })
    const { ids: read, leftOut } = await lenient(harness)
    expect(read).toEqual(['a'])
    expect(leftOut).toEqual([expect.stringContaining(`log file ${key}: the object`)])
  })

  test('one that its key keeps back is an error, whatever the settings', async ({ harness }) => {
    const { put, putRecords } = trailBucket(harness)
    const message =
      'User: x is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext'
    const key = put(putRecords({ id: 'a' }), { refusal: { code: 'AccessDenied', message, status: 403 } })
    expect(await errorOf(lenient(harness))).toMatchObject({
      code: 'AccessDenied',
      message: `AWS denied access to the object "${key}" of bucket "own-trail" in us-east-1`,
      detail: expect.stringContaining('kms:Decrypt'),
      hint: expect.stringContaining(`s3:GetObject on arn:aws:s3:::own-trail/${key}, and kms:Decrypt`),
    })
  })
})

describe('failures', () => {
  const quals = { bucket: equals(bucket) }
  const columns = ['event_id'] as const

  test.for([
    { kind: 'throttle', operation: 'GetObject', times: 2 },
    { kind: 'error', operation: 'GetObject', times: 2 },
    { kind: 'error', operation: 'ListObjectsV2', times: 1, after: 2 },
    { kind: 'cut', operation: 'GetObject', times: 2 },
    { kind: 'cut', operation: 'GetObject', times: 2, afterBytes: 0 },
    { kind: 'cut', operation: 'ListObjectsV2', times: 1, after: 3 },
  ] as const)('that pass: %j', async (fault, { harness }) => {
    harness.sandbox.generateTrail({ bucket, count: 100, objects: 10 })
    harness.sandbox.faults.add(fault)
    const rows = await harness.rows(cloudtrailS3Event, { columns, quals })
    expect(new Set(ids(rows)).size).toBe(100)
    expect(rows).toHaveLength(100)
  })

  test('a key without permissions', async ({ harness }) => {
    harness.sandbox.generateTrail({ bucket, count: 1, objects: 1 })
    const connection = harness.connect({}, deniedEnvironment)
    const error = await errorOf(harness.rows(cloudtrailS3Event, { connection, columns, quals }))
    expect(error.hint).toContain('s3:ListBucket on arn:aws:s3:::own-trail')
  })

  test('a cancelled query ends its calls, and asks for nothing more', async ({ harness }) => {
    const { sandbox } = harness
    sandbox.generateTrail({ bucket, count: 100, objects: 100 })
    sandbox.faults.add({ kind: 'hang', operation: 'GetObject' })
    const cancel = new AbortController()
    const reading = errorOf(harness.rows(cloudtrailS3Event, { columns, quals, signal: cancel.signal }))
    const call = await sandbox.calls.next(({ operation }) => operation === 'GetObject')
    cancel.abort()
    expect((await reading).sqlState).toBe('57014')
    await sandbox.calls.until(() => call.aborted)
    await sandbox.calls.idle()
    expect(sandbox.calls.count({ operation: 'GetObject' })).toBeLessThanOrEqual(50)
  })
})

test("in a member's account, the organization's bucket is asked for by name", async ({ harness }) => {
  addOrganizationTrail(harness.sandbox.trails, harness.sandbox.buckets)
  const rows = await harness.rows(cloudtrailS3Event, {
    columns: ['event_id'],
    quals: { bucket: equals(organizationBucket), log_account_id: equals(otherAccountId) },
  })
  expect(rows).toHaveLength(80)
})
