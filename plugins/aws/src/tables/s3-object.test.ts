import { errorOf } from '@millrace/plugin-sdk/testing'
import { articleAccountId, otherAccountId } from '@millrace/sandbox/credentials'
import { describe, expect } from 'vitest'
import { type AwsHarness, deniedEnvironment, equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { s3Object } from './s3-object.js'

const bucket = 'things'
const here = { name: bucket, region: 'us-east-1', ownerId: articleAccountId }
const lastModified = Date.UTC(2024, 2, 1, 12, 30, 5)

test('every column', async ({ harness }) => {
  const { sandbox } = harness
  sandbox.buckets.add({ ...here, region: 'eu-west-1' }).put('a/b.json', Buffer.from('{}'), {
    lastModified,
    contentType: 'application/json',
    contentEncoding: 'gzip',
    storageClass: 'STANDARD_IA',
    metadata: { owner: 'jon' },
    kmsKeyId: 'arn:aws:kms:eu-west-1:1:key/k',
    versionId: 'v1',
  })
  const quals = { bucket_name: equals(bucket), prefix: equals('a/') }
  const [row, ...others] = await harness.rows(s3Object, { quals })
  expect(others).toEqual([])
  expect(row).toMatchObject({
    key: 'a/b.json',
    arn: 'arn:aws:s3:::things/a/b.json',
    bucket_name: bucket,
    last_modified: new Date(lastModified),
    storage_class: 'STANDARD_IA',
    version_id: 'v1',
    accept_ranges: 'bytes',
    content_encoding: 'gzip',
    content_length: '2',
    content_type: 'application/json',
    etag: '"99914b932bd37a50b983c5e7c90ae93b"',
    prefix: 'a/',
    server_side_encryption: 'aws:kms',
    size: 2,
    sse_kms_key_id: 'arn:aws:kms:eu-west-1:1:key/k',
    metadata: '{"owner":"jon"}',
    owner: expect.stringContaining(articleAccountId),
    title: 'a/b.json',
    akas: '["arn:aws:s3:::things/a/b.json"]',
    partition: 'aws',
    region: 'eu-west-1',
    account_id: articleAccountId,
  })
  expect(sandbox.calls.list().map(({ operation, region }) => `${operation} ${region}`)).toEqual([
    'GetCallerIdentity us-east-1',
    'HeadBucket us-east-1',
    'ListObjectsV2 eu-west-1',
    'HeadObject eu-west-1',
  ])
})

describe('lists', () => {
  const keys = ['a', 'a/1', 'a/2', 'a/b/3', 'b%_\\c', 'b1', 'é']

  /** Fills a bucket; asks it for keys and common prefixes. */
  function namedIn(harness: AwsHarness, name: string, connection = harness.connect()) {
    const own = harness.sandbox.buckets.add({ ...here, name })
    for (const key of keys) own.put(key, Buffer.from(key), { lastModified })
    return async (quals: object) => {
      const all = { bucket_name: equals(name), ...quals }
      const rows = await harness.rows(s3Object, { connection, columns: ['key'], quals: all })
      return rows.map(({ key, common_prefix }) => common_prefix ?? key)
    }
  }

  test('conditions on the key and its beginning lose nothing', async ({ harness }) => {
    const named = namedIn(harness, bucket)
    expect(await named({})).toEqual(keys)
    expect(await named({ prefix: equals('a/') })).toEqual(['a/1', 'a/2', 'a/b/3'])
    expect(await named({ start_after: equals('a/2') })).toEqual(['a/b/3', 'b%_\\c', 'b1', 'é'])
    expect(await named({ delimiter: equals('/') })).toEqual(['a', 'b%_\\c', 'b1', 'é', 'a/'])
    expect(await named({ delimiter: equals('/'), prefix: equals('a/') })).toEqual(['a/1', 'a/2', 'a/b/'])
    expect(await named({ key: [{ operator: '~~', value: 'a/%' }] })).toEqual(['a/1', 'a/2', 'a/b/3'])
    expect(await named({ key: [{ operator: '~~', value: 'b\\%\\_\\\\c' }] })).toEqual(['b%_\\c'])
    expect(await named({ key: [{ operator: '~~', value: 'x%' }], prefix: equals('a') })).toEqual([])
    harness.sandbox.calls.clear()
    expect(await named({ key: equals('a') })).toEqual(['a'])
    expect(await named({ key: equals('a/') })).toEqual([])
    expect(await named({ key: equals('a'), start_after: equals('a') })).toEqual([])
    expect(await named({ key: equals('a/b/3'), delimiter: equals('/') })).toEqual([])
    expect(await named({ key: equals('b1'), prefix: equals('a') })).toEqual([])
    expect(harness.operations()).toEqual(Array(4).fill('ListObjectsV2'))
  })

  test('of a directory bucket, which is in no order and knows fewer conditions, give the same', async ({
    harness,
  }) => {
    const connection = harness.connect()
    const inBucket = namedIn(harness, bucket, connection)
    const inDirectory = namedIn(harness, `${bucket}--use1-az4--x-s3`, connection)
    // One that is asked first decides for both how a client of the SDK signs.
    await inBucket({})
    const beginning = (value: string) => ({ key: [{ operator: '~~', value }] })
    for (const quals of [
      {},
      ...['a/', 'a', 'b', 'a/b', 'x'].map((prefix) => ({ prefix: equals(prefix) })),
      ...['a', 'a/2', 'b', 'z'].map((key) => ({ start_after: equals(key) })),
      ...['a', 'a/', ''].map((prefix) => ({ delimiter: equals('/'), prefix: equals(prefix) })),
      { delimiter: equals('/'), start_after: equals('a/') },
      ...['a/%', 'b%', 'a/b%'].map(beginning),
      ...keys.map((key) => ({ key: equals(key) })),
      { key: equals('a'), start_after: equals('a') },
      { key: equals('a/b/3'), prefix: equals('a') },
    ]) {
      expect([quals, (await inDirectory(quals)).sort()]).toEqual([quals, (await inBucket(quals)).sort()])
    }
    expect(harness.operations()).toContain('CreateSession')
  })

  test('of a directory bucket find a key among the pages, and stop there', async ({ harness }) => {
    const own = harness.sandbox.buckets.add({ ...here, name: `${bucket}--use1-az4--x-s3` })
    for (let i = 0; i < 1500; i++) own.put(`k${i}`, Buffer.alloc(0), { lastModified })
    const last = own.objects.at(-1)?.key ?? ''
    const quals = { bucket_name: equals(own.name), key: equals(last) }
    expect(await harness.rows(s3Object, { quals, columns: ['key'] })).toMatchObject([{ key: last }])
  })

  test('by pages, and no more of them than a limit needs', async ({ harness }) => {
    const own = harness.sandbox.buckets.add(here)
    for (let i = 0; i < 2500; i++) own.put(`k${i}`, Buffer.alloc(0), { lastModified })
    const quals = { bucket_name: equals(bucket) }
    const rows = await harness.rows(s3Object, { quals, columns: ['key'] })
    expect(new Set(rows.map(({ key }) => key)).size).toBe(2500)
    expect(harness.operations()).toEqual(['HeadBucket', ...Array(3).fill('ListObjectsV2')])
    expect(kept(rows, { key: equals('k7') })).toHaveLength(1)
  })

  test('an object that is gone before it is asked for', async ({ harness }) => {
    const own = harness.sandbox.buckets.add(here)
    own.put('k', Buffer.from('x'), { lastModified })
    harness.sandbox.faults.add({ kind: 'error', operation: 'HeadObject', status: 404, code: 'NoSuchKey' })
    const quals = { bucket_name: equals(bucket) }
    const [row] = await harness.rows(s3Object, { quals, columns: ['key', 'content_type'] })
    expect(row).toMatchObject({ key: 'k' })
    expect(row?.content_type).toBeUndefined()
  })
})

describe('refusals', () => {
  const quals = { bucket_name: equals(bucket) }
  const columns = ['key'] as const

  test('a bucket that there is not', async ({ harness }) => {
    expect(await errorOf(harness.rows(s3Object, { quals, columns }))).toMatchObject({
      message: 'there is no bucket "things"',
      code: 'NoSuchBucket',
      hint: expect.stringContaining('s3_bucket_name'),
    })
  })

  test('a caller without permission, and a bucket of others', async ({ harness }) => {
    harness.sandbox.buckets.add(here)
    const connection = harness.connect({}, deniedEnvironment)
    expect(await errorOf(harness.rows(s3Object, { connection, quals, columns }))).toMatchObject({
      message: 'AWS denied access to the bucket "things" in us-east-1',
      code: 'AccessDenied',
      detail: expect.stringContaining(
        'is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::things"',
      ),
      hint: expect.stringContaining('s3:ListBucket on arn:aws:s3:::things'),
    })
    harness.sandbox.buckets.add({ ...here, ownerId: otherAccountId })
    const error = await errorOf(harness.rows(s3Object, { quals, columns }))
    expect(error.detail).toMatch(/^AccessDenied: Access Denied \(HTTP 403, request id /)
  })

  test('requesters pay only where the settings say so', async ({ harness }) => {
    const paid = { ...here, ownerId: otherAccountId, readers: [articleAccountId], isRequesterPays: true }
    harness.sandbox.buckets.add(paid).put('k', Buffer.from('x'), { lastModified })
    const error = await errorOf(harness.rows(s3Object, { quals, columns }))
    expect(error.hint).toContain('s3_requester_pays')
    const connection = harness.connect({ s3_requester_pays: true })
    expect(await harness.rows(s3Object, { connection, quals, columns })).toMatchObject([{ key: 'k' }])
  })
})

test('a bucket by path, where the host has no names for buckets', async ({ harness }) => {
  harness.sandbox.buckets.add(here).put('k', Buffer.from('x'), { lastModified })
  const endpoint_url = harness.sandbox.url.replace('127.0.0.1', 'localhost')
  const connection = harness.connect({ endpoint_url, s3_force_path_style: true })
  const quals = { bucket_name: equals(bucket) }
  expect(await harness.rows(s3Object, { connection, quals, columns: ['key'] })).toMatchObject([{ key: 'k' }])
})

testSteampipe(s3Object, {
  columns: [
    'key text',
    'arn text',
    'bucket_name text',
    'last_modified timestamp with time zone',
    'storage_class text',
    'version_id text',
    'accept_ranges text',
    'bucket_key_enabled boolean',
    'cache_control text',
    'checksum_crc32 text',
    'checksum_crc32c text',
    'checksum_sha1 text',
    'checksum_sha256 text',
    'content_disposition text',
    'content_encoding text',
    'content_language text',
    'content_length text',
    'content_range text',
    'content_type text',
    'delete_marker boolean',
    'expiration text',
    'expires timestamp with time zone',
    'etag text',
    'object_lock_legal_hold_status text',
    'object_lock_mode text',
    'object_lock_retain_until_date timestamp with time zone',
    'prefix text',
    'replication_status text',
    'request_charged text',
    'restore text',
    'server_side_encryption text',
    'size bigint',
    'sse_kms_key_id text',
    'start_after text',
    'tag_count text',
    'website_redirection_location text',
    'metadata jsonb',
    'owner jsonb',
    'title text',
    'akas jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    bucket_name: 'required =',
    prefix: 'optional =',
    start_after: 'optional =',
  },
})
