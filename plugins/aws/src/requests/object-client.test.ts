/** Reading objects at little cost: requests and errors are those of the SDK. */
import { Readable } from 'node:stream'
import { readAnswerBody } from '@millrace/plugin-sdk'
import { HttpResponse } from '@smithy/core/protocols'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { AnswerHandler } from '../answers/answer-handler.js'
import { ObjectClient, type ObjectInput } from './object-client.js'

type Handle = AnswerHandler['handle']
type Request = Parameters<Handle>[0]
type Answer = (request: Request) => { status: number; headers?: Record<string, string>; body?: string }

/** Answers without a network, and keeps what was asked. */
class Asked extends AnswerHandler {
  readonly requests: Request[] = []
  readonly #answer: Answer

  constructor(answer: Answer) {
    super({}, undefined, 's3')
    this.#answer = answer
  }

  override async handle(...[request]: Parameters<Handle>): ReturnType<Handle> {
    this.requests.push(request)
    const { status, headers = {}, body = '' } = this.#answer(request)
    return {
      response: new HttpResponse({ statusCode: status, headers, body: Readable.from([Buffer.from(body)]) }),
    }
  }
}

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
const { signal } = new AbortController()

function connect(settings: Partial<ConstructorParameters<typeof ObjectClient>[0]>, answer: Answer) {
  const handler = new Asked(answer)
  const common = { region: 'eu-west-1', maxAttempts: 1, responseChecksumValidation: 'WHEN_REQUIRED' } as const
  const client = new ObjectClient({
    ...common,
    credentials: async () => keys,
    requestHandler: handler,
    ...settings,
  })
  return { client, requests: handler.requests }
}

const found: Answer = () => ({ status: 200, headers: { etag: '"e"' }, body: 'content' })

function refusal(status: number, code: string, headers: Record<string, string> = {}): Answer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>said S3</Message></Error>`
  return () => ({ status, headers: { 'x-amz-request-id': 'r1', ...headers }, body })
}

/** What is asked for, without what is another for each call. */
function shown({ headers, ...request }: Request | undefined = fail()) {
  const { 'amz-sdk-invocation-id': _id, authorization = '', ...others } = headers
  // The identifier of a call is signed too.
  const [scope] = authorization.split(', Signature=')
  return { ...request, headers: { ...others, authorization: scope } }
}

function fail(): never {
  throw new Error('it did not come to this')
}

describe('a request', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('..', '.', '', 'é', "!'()*~"),
  )
  const inputs = fc.record<ObjectInput>(
    {
      Bucket: fc.constantFrom('logs', 'my.logs.of.2022', 'under-score-9'),
      Key: fc
        .array(text, { minLength: 1, maxLength: 4 })
        .map((parts) => `a${parts.join('/').toWellFormed()}`),
      RequestPayer: fc.constant('requester'),
      IfMatch: fc.constantFrom('"e"', '"33a64df551425fcc55e4d42a148795d9f25f89d4-2"'),
      Range: fc.constantFrom('bytes=0-99', 'bytes=2097152-4194303'),
    },
    { requiredKeys: ['Bucket', 'Key'] },
  )
  const settings = fc.record(
    {
      region: fc.constantFrom('us-east-1', 'eu-west-1', 'cn-north-1', 'us-gov-west-1'),
      endpoint: fc.constantFrom('http://127.0.0.1:4566', 'https://minio.example.com/store/'),
      forcePathStyle: fc.boolean(),
      useDualstackEndpoint: fc.boolean(),
      credentials: fc.constant(async () => ({ ...keys, sessionToken: 'token' })),
      userAgentAppId: fc.constant('app'),
    },
    { requiredKeys: [] },
  )

  it("is the SDK's own for the object, for whatever name, place and settings", async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2022, 6, 6) })
    try {
      await fc.assert(
        fc.asyncProperty(settings, inputs, inputs, async (of, first, second) => {
          // The SDK has no endpoint of both kinds.
          fc.pre(of.endpoint === undefined || of.useDualstackEndpoint !== true)
          const { client, requests } = connect(of, found)
          for (const input of [first, second, { ...second, Key: 'other' }]) {
            await client.readObject(input, signal)
            await client.getObject(input)
            const [own, sdks, ...others] = requests.splice(0)
            expect(shown(own)).toEqual(shown(sdks))
            expect(others).toEqual([])
          }
        }),
        { numRuns: 60 },
      )
    } finally {
      vi.useRealTimers()
    }
  })

  it('has an identifier and the newest credentials each time', async () => {
    let number = 0
    const credentials = async () => ({ ...keys, accessKeyId: `AKID${++number}`, expiration: new Date(0) })
    const { client, requests } = connect({ credentials }, found)
    await client.readObject({ Bucket: 'logs', Key: 'a' }, signal)
    await client.readObject({ Bucket: 'logs', Key: 'b' }, signal)
    const ids = requests.map(({ headers }) => headers['amz-sdk-invocation-id'])
    expect(new Set(ids).size).toBe(2)
    const used = requests.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1])
    expect(new Set(used).size).toBe(2)
  })

  it('is prepared again where there were no credentials', async () => {
    let have = false
    const credentials = async () => {
      if (!have) throw new Error('none yet')
      return keys
    }
    const { client } = connect({ credentials }, found)
    await expect(client.readObject({ Bucket: 'logs', Key: 'a' }, signal)).rejects.toThrow('none yet')
    have = true
    await expect(client.readObject({ Bucket: 'logs', Key: 'a' }, signal)).resolves.toMatchObject({
      etag: '"e"',
    })
  })

  it("is the SDK's where a bucket takes sessions", async () => {
    const session = `<CreateSessionResult><Credentials><AccessKeyId>S</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
      <SessionToken>of the bucket</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></CreateSessionResult>`
    const { client, requests } = connect({ region: 'us-east-1' }, ({ query }) =>
      query !== undefined && 'session' in query
        ? { status: 200, body: session }
        : { status: 200, body: 'content' },
    )
    const { body } = await client.readObject({ Bucket: 'logs--use1-az4--x-s3', Key: 'a' }, signal)
    expect((await readAnswerBody(body)).toString()).toBe('content')
    expect(requests.at(-1)?.headers).toMatchObject({ 'x-amz-s3session-token': 'of the bucket' })
  })
})

describe('an answer', () => {
  it('is the content, with what readers of parts need', async () => {
    const headers = { etag: '"e"', 'content-range': 'bytes 0-6/99' }
    const { client } = connect({}, () => ({ status: 206, headers, body: 'content' }))
    const { body, ...told } = await client.readObject({ Bucket: 'logs', Key: 'a' }, signal)
    expect(told).toEqual({ etag: '"e"', contentRange: 'bytes 0-6/99' })
    expect((await readAnswerBody(body)).toString()).toBe('content')
  })

  it.for([
    ['gone', refusal(404, 'NoSuchKey')],
    ['archived', refusal(403, 'InvalidObjectState')],
    ['elsewhere', refusal(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'us-west-2' })],
    ['changed', refusal(412, 'PreconditionFailed')],
    ['throttled', refusal(503, 'SlowDown', { 'retry-after': '7' })],
    ['without content', () => ({ status: 500 })],
    ['of another service', () => ({ status: 403, body: '<html>Sign in</html>' })],
    ['not changed', () => ({ status: 304 })],
    [
      'that never came',
      () => {
        throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
      },
    ],
  ] as const)("that is none is the SDK's error: %s", async ([, answer]) => {
    const { client, requests } = connect({}, answer)
    const input = { Bucket: 'logs', Key: 'a' }
    const own = await client.readObject(input, signal).then(fail, told)
    expect(requests).toHaveLength(1)
    expect(own).toEqual(await client.getObject(input).then(fail, told))
    expect(own.name).not.toBe('')
  })

  it("tells by how much this machine's clock is off, whichever of several answers the SDK learns it from", async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString()
    const { client, requests } = connect({}, refusal(403, 'RequestTimeTooSkewed', { date }))
    const ask = () => client.readObject({ Bucket: 'logs', Key: 'a' }, signal).then(fail, told)
    const both = await Promise.all([ask(), ask()])
    for (const { metadata } of both) expect(metadata).toMatchObject({ clockSkewCorrected: true })
    await ask()
    const [first = '', , third = ''] = requests.map(({ headers }) => headers['x-amz-date'])
    expect(Number(third.replace(/\D/g, '')) - Number(first.replace(/\D/g, ''))).toBeGreaterThanOrEqual(5959)
  })
})

/** What errors say. */
function told(error: unknown) {
  const { name, message, code, $metadata, $response, $fault } = Object(error)
  const { statusCode, headers } = $response ?? {}
  return { name, message, code, metadata: $metadata, statusCode, headers, fault: $fault }
}
