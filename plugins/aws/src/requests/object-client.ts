/**
 * A client of S3 whose reading of objects costs little.
 *
 * The SDK goes through some twenty functions for each call, most of them for what is the same for all objects of a bucket:
 * the endpoint, the user agent, the scheme of signing. That takes more than a millisecond of the main thread for each of
 * thousands of small objects. Here the SDK prepares one request for each bucket, which is not sent; those for its objects
 * differ from it in path and range only, and are signed by the SDK's signer.
 *
 * Answers that are no object, and failures to get one, then go through the SDK as if it had asked: what becomes of them is the
 * SDK's own.
 */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { GetObjectCommand, type GetObjectCommandInput, S3 } from '@aws-sdk/client-s3'
import { extendedEncodeURIComponent, HttpRequest, HttpResponse } from '@smithy/core/protocols'

export interface ObjectInput extends Pick<GetObjectCommandInput, 'RequestPayer' | 'IfMatch' | 'Range'> {
  readonly Bucket: string
  readonly Key: string
}

/** The part of an answer that readers of objects look at. */
export interface ObjectAnswer {
  readonly body: AsyncIterable<Uint8Array>
  readonly etag: string | undefined
  readonly contentRange: string | undefined
}

/** What the requests for a bucket's objects have in common. */
interface Prepared {
  readonly request: HttpRequest
  /** The path of the object without a name. */
  readonly path: string
  readonly signer: Awaited<ReturnType<S3['config']['signer']>>
  readonly signingRegion: string
  readonly signingService: string
}

/** The name of the object that the SDK prepares a request for. */
const anyKey = 'k'

/** By how many milliseconds this machine's clock is off where services refuse requests; the SDK's own limit. */
const harmfulSkew = 240_000

/** What the signer adds, and makes anew for each request. */
const signatureHeaders = ['authorization', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256']

type Scheme = NonNullable<Parameters<S3['config']['signer']>[0]>
type Answer = Awaited<ReturnType<S3['config']['requestHandler']['handle']>>

export class ObjectClient extends S3 {
  readonly #prepared = new Map<string, Promise<Prepared | undefined>>()

  /** GetObject. @throws what the SDK throws */
  async readObject(input: ObjectInput, abortSignal: AbortSignal): Promise<ObjectAnswer> {
    const prepared = await this.#preparedFor(input)
    if (prepared === undefined) {
      const { Body, ETag: etag, ContentRange: contentRange } = await this.getObject(input, { abortSignal })
      // For Node.js, the SDK gives a stream of Node's.
      return { body: Body as AsyncIterable<Uint8Array>, etag, contentRange }
    }
    const { signer, signingRegion, signingService } = prepared
    const offset = this.config.systemClockOffset
    const signingDate = new Date(Date.now() + offset)
    const signing = { signingDate, signingRegion, signingService }
    let answer: Answer | undefined
    try {
      const request = await signer.sign(requestFor(input, prepared), signing)
      // The signer makes one of the same kind.
      answer = await this.config.requestHandler.handle(request as HttpRequest, { abortSignal })
    } catch (error) {
      return this.#fail(input, offset, Promise.reject(error))
    }
    const { statusCode, headers, body } = answer.response
    if (statusCode < 200 || statusCode >= 300) return this.#fail(input, offset, Promise.resolve(answer))
    return { body, etag: headers.etag, contentRange: headers['content-range'] }
  }

  /** @returns undefined where the requests of a bucket have less in common, as with sessions of S3 Express */
  #preparedFor({ Bucket, RequestPayer }: ObjectInput): Promise<Prepared | undefined> {
    const key = `${Bucket} ${RequestPayer ?? ''}`
    const known = this.#prepared.get(key)
    if (known !== undefined) return known
    const made = this.#prepare({ Bucket, RequestPayer, Key: anyKey })
    this.#prepared.set(key, made)
    // What could not be prepared, as without credentials, is tried again.
    made.catch(() => this.#prepared.delete(key))
    return made
  }

  async #prepare(input: ObjectInput): Promise<Prepared | undefined> {
    let signed: unknown
    let schemes: readonly Scheme[] = []
    await this.#sendInstead(input, async (request, { authSchemes = [] }) => {
      signed = request
      schemes = authSchemes
      return { response: new HttpResponse({ statusCode: 200, headers: {}, body: Readable.from([]) }) }
    })
    const [scheme] = schemes
    if (scheme?.name !== 'sigv4' || schemes.length > 1) return undefined
    if (!HttpRequest.isInstance(signed) || !signed.path.endsWith(`/${anyKey}`)) return undefined
    const request = HttpRequest.clone(signed)
    for (const name of signatureHeaders) delete request.headers[name]
    const { signingRegion, signingName: signingService } = scheme
    const path = request.path.slice(0, -anyKey.length)
    return { request, path, signer: await this.config.signer(scheme), signingRegion, signingService }
  }

  /** Has the SDK make an error of what was answered instead of an object. @param offset the clock's, when that was asked for */
  async #fail(input: ObjectInput, offset: number, answer: Promise<Answer>): Promise<never> {
    try {
      await this.#sendInstead(input, () => answer)
    } catch (error) {
      const corrected = this.config.systemClockOffset
      // The SDK has learnt it from an answer to another request, which was asked for at the same time.
      if (corrected !== offset && Math.abs(corrected) >= harmfulSkew) noteCorrection(error)
      throw error
    }
    throw new Error('an answer that is no object is no error of the SDK')
  }

  /** GetObject, but that nothing is sent: the answer is given. */
  #sendInstead(
    input: ObjectInput,
    answer: (request: unknown, context: { readonly authSchemes?: readonly Scheme[] }) => Promise<Answer>,
  ) {
    const command = new GetObjectCommand(input)
    command.middlewareStack.add(
      (_next, context) => async (args) => {
        const { response } = await answer(args.request, context)
        // The middleware around it makes the output.
        return { response, output: { $metadata: {} } }
      },
      { name: 'givenAnswer', step: 'deserialize', priority: 'low' },
    )
    return this.send(command)
  }
}

function requestFor({ Key, IfMatch, Range }: ObjectInput, { request, path }: Prepared): HttpRequest {
  const headers = { ...request.headers, 'amz-sdk-invocation-id': randomUUID() }
  if (IfMatch !== undefined) Object.assign(headers, { 'if-match': IfMatch })
  if (Range !== undefined) Object.assign(headers, { range: Range })
  const name = Key.split('/').map(extendedEncodeURIComponent).join('/')
  return new HttpRequest({ ...request, headers, path: path + name })
}

function noteCorrection(error: unknown): void {
  if (error instanceof Error && '$metadata' in error) {
    Object.assign(Object(error.$metadata), { clockSkewCorrected: true })
  }
}
