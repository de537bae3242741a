/** S3 by a client of AWS's SDK: lists, objects, ranges, refusals, both styles of address. */
import { request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { S3 } from '@aws-sdk/client-s3'
import { describe, expect } from 'vitest'
import { articleAccountId, deniedCredentials, otherAccountId, sandboxCredentials } from '../credentials.js'
import { articleBucketName } from '../data/article-bucket.js'
import { articleEvents } from '../data/article-events.js'
import { addOrganizationTrail, organizationBucket } from '../data/organization-trail.js'
import type { Sandbox } from '../sandbox.js'
import { clientTest } from '../testing/client-test.js'

const test = clientTest(S3)
const bucket = articleBucketName(articleAccountId)

function clientOf(sandbox: Sandbox, settings: object = {}): S3 {
  const shared = {
    endpoint: sandbox.url,
    region: 'us-east-1',
    credentials: sandboxCredentials,
    maxAttempts: 1,
  }
  return new S3({ ...shared, ...settings })
}

/** What a failing call says; the code of one without a body is the SDK's. */
async function failure(call: Promise<unknown>): Promise<{ name: string; status: number; region: string }> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const { name, $metadata, $response } = error as Error & {
    $metadata: { httpStatusCode: number }
    $response: { headers: Record<string, string> }
  }
  return { name, status: $metadata.httpStatusCode, region: $response.headers['x-amz-bucket-region'] ?? '' }
}

describe('ListObjectsV2', () => {
  test('by pages, all keys in the order of their bytes', async ({ sandbox, client }) => {
    const own = sandbox.buckets.add({ name: 'pages', region: 'us-east-1', ownerId: articleAccountId })
    const names = ['a', 'B', 'a/b c', 'a&<é>', 'z+%', '😀', '\uffee']
    for (const name of names) own.put(name, Buffer.from(name), { lastModified: 0 })
    const keys: (string | undefined)[] = []
    let token: string | undefined
    do {
      const page = await client.listObjectsV2({ Bucket: 'pages', MaxKeys: 2, ContinuationToken: token })
      expect(page.KeyCount).toBe(page.Contents?.length)
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key))
      token = page.NextContinuationToken
      expect(page.IsTruncated).toBe(token !== undefined)
    } while (token !== undefined)
    expect(keys).toEqual(['B', 'a', 'a&<é>', 'a/b c', 'z+%', '\uffee', '😀'])
  })

  test('by prefix and after a key', async ({ client }) => {
    const all = await client.listObjectsV2({
      Bucket: bucket,
      Prefix: `AWSLogs/${articleAccountId}/CloudTrail/`,
    })
    const keys = (all.Contents ?? []).map(({ Key = '' }) => Key)
    expect(keys.length).toBeGreaterThan(10)
    const after = await client.listObjectsV2({ Bucket: bucket, Prefix: 'AWSLogs/', StartAfter: keys[3] })
    expect(after.Contents?.[0]?.Key).toBe(keys[4])
  })

  test('by delimiters of one and of several characters', async ({ client }) => {
    const folders = await client.listObjectsV2({
      Bucket: bucket,
      Prefix: `AWSLogs/${articleAccountId}/`,
      Delimiter: '/',
    })
    expect(folders.CommonPrefixes?.map(({ Prefix }) => Prefix?.split('/').at(-2))).toEqual([
      'CloudTrail-Digest',
      'CloudTrail',
      'elasticloadbalancing',
    ])
    expect(folders.Contents?.map(({ Size }) => Size)).toEqual([0])
    const roots = await client.listObjectsV2({ Bucket: bucket, Delimiter: 'AWSLogs/' })
    expect(roots.CommonPrefixes).toEqual([{ Prefix: 'AWSLogs/' }])
    expect(roots.Contents ?? []).toEqual([])
  })
})

describe('objects', () => {
  test("the article's events, all of them", async ({ client }) => {
    const { Contents = [] } = await client.listObjectsV2({
      Bucket: bucket,
      Prefix: `AWSLogs/${articleAccountId}/CloudTrail/us-east-1/2022/07/06/`,
    })
    const messages: string[] = []
    for (const { Key, Size } of Contents) {
      const { Body, ContentLength } = await client.getObject({ Bucket: bucket, Key })
      expect(ContentLength).toBe(Size)
      const bytes = gunzipSync((await Body?.transformToByteArray()) ?? '')
      for (const record of JSON.parse(bytes.toString()).Records) messages.push(JSON.stringify(record))
    }
    expect(messages.sort()).toEqual(
      articleEvents(articleAccountId)
        .map(({ message }) => message)
        .sort(),
    )
  })

  test('ranges, from both ends, and beyond', async ({ sandbox, client }) => {
    const own = sandbox.buckets.add({ name: 'ranges', region: 'us-east-1', ownerId: articleAccountId })
    own.put('k', Buffer.from('0123456789'), { lastModified: 1_000_000, metadata: { owner: 'jon' } })
    const part = async (Range: string) => {
      const { Body, ContentRange } = await client.getObject({ Bucket: 'ranges', Key: 'k', Range })
      return `${await Body?.transformToString()} ${ContentRange}`
    }
    expect(await part('bytes=2-4')).toBe('234 bytes 2-4/10')
    expect(await part('bytes=7-99')).toBe('789 bytes 7-9/10')
    expect(await part('bytes=-2')).toBe('89 bytes 8-9/10')
    expect(await failure(part('bytes=10-'))).toMatchObject({ name: 'InvalidRange', status: 416 })
    const head = await client.headObject({ Bucket: 'ranges', Key: 'k' })
    expect(head).toMatchObject({
      ContentLength: 10,
      Metadata: { owner: 'jon' },
      LastModified: new Date(1_000_000),
    })
    const other = client.getObject({ Bucket: 'ranges', Key: 'k', IfMatch: '"other"' })
    expect(await failure(other)).toMatchObject({ name: 'PreconditionFailed', status: 412 })
  })

  test('generated ones are the same whenever they are made', async ({ sandbox, client }) => {
    const options = { bucket: 'generated', count: 50, objects: 5, seed: 3 }
    const keys = sandbox.generateTrail(options)
    expect(keys).toHaveLength(5)
    expect(keys[0]).toMatch(
      /^AWSLogs\/810361751552\/CloudTrail\/us-east-1\/2024\/03\/01\/810361751552_CloudTrail_us-east-1_20240301T0000Z_\w{16}\.json\.gz$/,
    )
    const read = async () => {
      const { Body } = await client.getObject({ Bucket: 'generated', Key: keys[2] ?? '' })
      return JSON.parse(gunzipSync((await Body?.transformToByteArray()) ?? '').toString()).Records
    }
    const records = await read()
    expect(records).toHaveLength(10)
    expect(sandbox.generateTrail(options)).toEqual(keys)
    expect(await read()).toEqual(records)
  })
})

describe('refusals', () => {
  test('a bucket of another region names it, also to HEAD; one that is followed answers', async ({
    sandbox,
    client,
  }) => {
    addOrganizationTrail(sandbox.trails, sandbox.buckets)
    const elsewhere = { status: 301, region: 'eu-west-1' }
    expect(await failure(client.listObjectsV2({ Bucket: organizationBucket }))).toMatchObject({
      ...elsewhere,
      name: 'PermanentRedirect',
    })
    expect(await failure(client.headBucket({ Bucket: organizationBucket }))).toMatchObject(elsewhere)
    expect(await client.getBucketLocation({ Bucket: organizationBucket })).toMatchObject({
      LocationConstraint: 'eu-west-1',
    })
    const there = clientOf(sandbox, { region: 'eu-west-1' })
    expect((await there.listObjectsV2({ Bucket: organizationBucket })).KeyCount).toBe(16)
    there.destroy()
  })

  test('what is not there, is archived, or is refused', async ({ sandbox, client }) => {
    const own = sandbox.buckets.add({ name: 'refusals', region: 'us-east-1', ownerId: articleAccountId })
    own.put('cold', Buffer.from('x'), { lastModified: 0, storageClass: 'DEEP_ARCHIVE' })
    const refusal = { code: 'AccessDenied', message: 'not authorized to perform: kms:Decrypt', status: 403 }
    own.put('locked', Buffer.from('x'), { lastModified: 0, refusal })
    const get = (Bucket: string, Key: string) => failure(client.getObject({ Bucket, Key }))
    expect(await get('no-such-bucket', 'k')).toMatchObject({ name: 'NoSuchBucket', status: 404 })
    expect(await get('refusals', 'k')).toMatchObject({ name: 'NoSuchKey', status: 404 })
    expect(await get('refusals', 'cold')).toMatchObject({ name: 'InvalidObjectState', status: 403 })
    expect(await get('refusals', 'locked')).toMatchObject({ name: 'AccessDenied', status: 403 })
  })

  test('keys that are wrong, and those that may not', async ({ sandbox }) => {
    const list = async (credentials: object, name = bucket) => {
      const client = clientOf(sandbox, { credentials: { ...sandboxCredentials, ...credentials } })
      const said = await failure(client.listObjectsV2({ Bucket: name }))
      client.destroy()
      return said
    }
    expect(await list({ accessKeyId: 'AKIAUNKNOWN' })).toMatchObject({
      name: 'InvalidAccessKeyId',
      status: 403,
    })
    expect(await list({ secretAccessKey: 'guessed' })).toMatchObject({
      name: 'SignatureDoesNotMatch',
      status: 403,
    })
    expect(await list(deniedCredentials)).toMatchObject({ name: 'AccessDenied', status: 403 })
    sandbox.buckets.add({ name: 'of-others', region: 'us-east-1', ownerId: otherAccountId })
    expect(await list({}, 'of-others')).toMatchObject({ name: 'AccessDenied', status: 403 })
  })

  test('a requester who does not pay', async ({ sandbox, client }) => {
    const paid = { name: 'paid', region: 'us-east-1', ownerId: otherAccountId, readers: [articleAccountId] }
    sandbox.buckets.add({ ...paid, isRequesterPays: true })
    expect(await failure(client.listObjectsV2({ Bucket: 'paid' }))).toMatchObject({ name: 'AccessDenied' })
    const { KeyCount } = await client.listObjectsV2({ Bucket: 'paid', RequestPayer: 'requester' })
    expect(KeyCount).toBe(0)
  })

  test('faults, in its own words', async ({ sandbox, client }) => {
    sandbox.faults.add({ kind: 'throttle', service: 's3', times: 1 })
    sandbox.faults.add({ kind: 'error', operation: 'ListObjectsV2', after: 1, times: 1 })
    const list = () => failure(client.listObjectsV2({ Bucket: bucket }))
    expect(await list()).toMatchObject({ name: 'SlowDown', status: 503 })
    expect(await list()).toMatchObject({ name: 'InternalError', status: 500 })
  })
})

test('a bucket by the name of its host', async ({ sandbox, client }) => {
  // The SDK's own signature, for a host that this machine need not know.
  const { port } = new URL(sandbox.url)
  const signed: { path: string; headers: Record<string, string> }[] = []
  const hosted = clientOf(sandbox, {
    endpoint: `http://localhost:${port}`,
    requestHandler: {
      handle: async ({
        path,
        query,
        headers,
      }: {
        path: string
        query: Record<string, string>
        headers: Record<string, string>
      }) => {
        signed.push({ path: `${path}?${new URLSearchParams(query)}`, headers })
        throw new Error('not sent')
      },
    },
  })
  await expect(hosted.listObjectsV2({ Bucket: bucket, MaxKeys: 1 })).rejects.toThrow('not sent')
  const [{ path = '', headers = {} } = {}] = signed
  expect(headers.host).toBe(`${bucket}.localhost:${port}`)
  expect(path.startsWith('/?')).toBe(true)
  const text = await new Promise<string>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      response.on('end', () => resolve(body))
    })
      .on('error', reject)
      .end()
  })
  expect(text).toContain(`<Name>${bucket}</Name>`)
  expect((await client.listObjectsV2({ Bucket: bucket, MaxKeys: 1 })).Name).toBe(bucket)
})

test('a directory bucket: sessions, lists in no order, and fewer ways to ask', async ({ sandbox }) => {
  const client = clientOf(sandbox)
  const Bucket = 'express--use1-az4--x-s3'
  const own = sandbox.buckets.add({ name: Bucket, region: 'us-east-1', ownerId: articleAccountId })
  const keys = Array.from({ length: 20 }, (_, index) => `a/${String(index).padStart(2, '0')}`)
  for (const key of keys) own.put(key, Buffer.from(key), { lastModified: 0 })
  const { Contents = [] } = await client.listObjectsV2({ Bucket, Prefix: 'a/', Delimiter: '/' })
  const listed = Contents.map(({ Key = '' }) => Key)
  expect(listed).not.toEqual(keys)
  expect([...listed].sort()).toEqual(keys)
  expect(await (await client.getObject({ Bucket, Key: 'a/07' })).Body?.transformToString()).toBe('a/07')
  for (const odd of [{ Prefix: 'a' }, { Delimiter: 'a' }, { StartAfter: 'a/07' }]) {
    expect(await failure(client.listObjectsV2({ Bucket, ...odd }))).toMatchObject({ name: 'InvalidRequest' })
  }
  const withoutSession = clientOf(sandbox, { disableS3ExpressSessionAuth: true })
  await expect(withoutSession.listObjectsV2({ Bucket })).rejects.toThrow()
  client.destroy()
  withoutSession.destroy()
  expect(sandbox.calls.list({ operation: 'CreateSession' })).toHaveLength(1)
})
