/** Amazon S3: buckets by path (`/bucket/key`) and by host (`bucket.host/key`). */
import { randomUUID } from 'node:crypto'
import type { AccessKey, AccessKeys, Identity } from '../aws/access-keys.js'
import { AwsError } from '../aws/aws-error.js'
import { checkSignature, readSignature, type SignatureFault, type SignedRequest } from '../aws/signature.js'
import { escapeXml } from '../aws/wire.js'
import { expiredSessionToken } from '../credentials.js'
import type { Answer, ApiCall, ApiRequest, Refusal, Service } from '../service.js'
import type { Bucket, BucketStore } from './bucket-store.js'
import {
  checkDirectoryList,
  directoryService,
  isDirectoryBucket,
  session,
  sessionTokenOf,
} from './directory-bucket.js'
import { getObject, headObject } from './get-object.js'
import { listObjects } from './list-objects.js'

type Operation =
  | 'ListObjectsV2'
  | 'GetObject'
  | 'HeadObject'
  | 'HeadBucket'
  | 'GetBucketLocation'
  | 'CreateSession'
  | 'unknown'

/** What a request is about; names are decoded. */
interface S3Call {
  readonly operation: Operation
  readonly bucket: string
  readonly key: string
}

/** The actions of IAM, where they are not named as the operation. */
const actions: Readonly<Partial<Record<Operation, string>>> = {
  ListObjectsV2: 'ListBucket',
  HeadBucket: 'ListBucket',
  HeadObject: 'GetObject',
}

export class S3Api implements Service {
  readonly name = 's3'

  constructor(
    readonly keys: AccessKeys,
    readonly buckets: BucketStore,
  ) {}

  recognise(request: ApiRequest): ApiCall | null {
    const signed = readSignature(request)
    if (typeof signed === 'string') return null
    const call = callOf(request)
    if (signed.scope.service !== (isDirectoryBucket(call.bucket) ? directoryService : 's3')) return null
    const isHead = request.method === 'HEAD'
    return {
      service: this.name,
      operation: call.operation,
      region: signed.scope.region,
      parameters: shownParameters(call, request),
      answer: async () => {
        try {
          return await this.#run(call, signed, request)
        } catch (error) {
          if (error instanceof AwsError) return sayError(error, call, isHead, this.#bucketHeaders(call))
          throw error
        }
      },
      refuse: (refusal) => sayError(refusalError(refusal), call, isHead, {}),
    }
  }

  async #run(call: S3Call, signed: SignedRequest, request: ApiRequest): Promise<Answer> {
    const key = this.#authenticate(request, signed, call)
    const { identity } = key
    const bucket = this.buckets.get(call.bucket)
    if (bucket === undefined) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404)
    if (call.operation !== 'GetBucketLocation' && signed.scope.region !== bucket.region)
      throw elsewhere(bucket)
    authorize(identity, call, bucket, request)
    if (call.operation === 'CreateSession')
      return { status: 200, headers: xml, body: session(bucket.name, key, Date.now()) }
    const answer = await runOperation(call, bucket, request)
    return { ...answer, headers: { ...answer.headers, ...this.#bucketHeaders(call), ...requestIds() } }
  }

  #authenticate(request: ApiRequest, signed: SignedRequest, { bucket, operation }: S3Call): AccessKey {
    const isOfSession = isDirectoryBucket(bucket) && operation !== 'CreateSession'
    const sessionToken = request.headers[isOfSession ? 'x-amz-s3session-token' : 'x-amz-security-token']
    if (sessionToken === expiredSessionToken) {
      throw new AwsError('ExpiredToken', 'The provided token has expired.', 400)
    }
    const known = this.keys.find(signed.scope.accessKeyId)
    if (known === undefined) {
      const message = 'The AWS Access Key Id you provided does not exist in our records.'
      throw new AwsError('InvalidAccessKeyId', message, 403)
    }
    if (sessionToken !== (isOfSession ? sessionTokenOf(bucket) : known.sessionToken)) {
      throw new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.', 400)
    }
    const fault = checkSignature(request, signed, known.secretAccessKey, { isPathAsSent: true })
    if (fault !== null) throw signatureError(fault)
    return known
  }

  /** S3 names the region of a bucket in every answer about it, also to those who may not read it. */
  #bucketHeaders({ bucket }: S3Call): Record<string, string> {
    const region = this.buckets.get(bucket)?.region
    return region === undefined ? {} : { 'x-amz-bucket-region': region }
  }
}

async function runOperation(call: S3Call, bucket: Bucket, request: ApiRequest): Promise<Answer> {
  switch (call.operation) {
    case 'ListObjectsV2':
      if (bucket.isDirectory) checkDirectoryList(request.url.searchParams)
      return { status: 200, headers: xml, body: listObjects(bucket, request.url.searchParams) }
    case 'GetObject':
      return getObject(bucket, call.key, request.headers)
    case 'HeadObject':
      return headObject(bucket, call.key, request.headers)
    case 'HeadBucket':
      return { status: 200, headers: {}, body: '' }
    case 'GetBucketLocation':
      return { status: 200, headers: xml, body: location(bucket) }
    case 'CreateSession':
    case 'unknown':
      throw new AwsError(
        'NotImplemented',
        'A header you provided implies functionality that is not implemented',
        501,
      )
  }
}

const xml = { 'content-type': 'application/xml' }

function location({ region }: Bucket): string {
  const said = region === 'us-east-1' ? '' : region
  return `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${said}</LocationConstraint>`
}

function callOf({ method, url, headers }: ApiRequest): S3Call {
  const [, hostBucket] = /^([^:]+)\.localhost(?::\d+)?$/.exec(headers.host ?? '') ?? []
  const path = url.pathname.slice(1)
  const slash = path.indexOf('/')
  const [first, rest] = slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)]
  const bucket = decodeURIComponent(hostBucket ?? first)
  // For hosts without names, the SDK puts an empty segment between a directory bucket and its key.
  const inBucket = isDirectoryBucket(bucket) ? rest.replace(/^\//, '') : rest
  const key = decodeURIComponent(hostBucket === undefined ? inBucket : path)
  return { bucket, key, operation: operationOf(method, key, url.searchParams) }
}

function operationOf(method: string, key: string, parameters: URLSearchParams): Operation {
  if (method === 'HEAD') return key === '' ? 'HeadBucket' : 'HeadObject'
  if (method !== 'GET') return 'unknown'
  if (key !== '') return isPlain(parameters) ? 'GetObject' : 'unknown'
  if (parameters.has('session')) return 'CreateSession'
  if (parameters.has('location')) return 'GetBucketLocation'
  return parameters.get('list-type') === '2' ? 'ListObjectsV2' : 'unknown'
}

/** Whether a request is for an object itself, and not for its tags or the like. */
function isPlain(parameters: URLSearchParams): boolean {
  return [...parameters.keys()].every((name) => name === 'x-id')
}

function shownParameters({ bucket, key }: S3Call, { url, headers }: ApiRequest): unknown {
  const { 'list-type': _type, 'x-id': _id, ...query } = Object.fromEntries(url.searchParams)
  const { range } = headers
  return { bucket, ...(key === '' ? {} : { key }), ...query, ...(range === undefined ? {} : { range }) }
}

function authorize(identity: Identity, call: S3Call, bucket: Bucket, { headers }: ApiRequest): void {
  const { accountId, arn, isDenied } = identity
  if (isDenied) {
    const action = `s3:${actions[call.operation] ?? call.operation}`
    const resource = `arn:aws:s3:::${call.bucket}${call.key === '' ? '' : `/${call.key}`}`
    const why = `because no identity-based policy allows the ${action} action`
    const message = `User: ${arn} is not authorized to perform: ${action} on resource: "${resource}" ${why}`
    throw new AwsError('AccessDenied', message, 403)
  }
  const pays = headers['x-amz-request-payer'] === 'requester'
  const isOwner = accountId === bucket.ownerId
  const isReader = isOwner || bucket.readers.includes(accountId)
  if (!isReader || (bucket.isRequesterPays && !isOwner && !pays)) {
    throw new AwsError('AccessDenied', 'Access Denied', 403)
  }
}

function elsewhere({ name, region }: Bucket): AwsError {
  return new AwsError(
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. ' +
      `Please send all future requests to this endpoint. (${name}.s3.${region}.amazonaws.com)`,
    301,
  )
}

function signatureError(fault: Exclude<SignatureFault, 'missing'>): AwsError {
  switch (fault) {
    case 'malformed':
      return new AwsError(
        'AuthorizationHeaderMalformed',
        'The authorization header that you provided is not valid.',
      )
    case 'expired':
      return new AwsError(
        'RequestTimeTooSkewed',
        "The difference between the request time and the server's time is too large.",
        403,
      )
    case 'mismatch':
      return new AwsError(
        'SignatureDoesNotMatch',
        'The request signature that we calculated does not match the signature that you provided.',
        403,
      )
  }
}

function refusalError({ kind, status, code, message }: Refusal): AwsError {
  return kind === 'throttle'
    ? new AwsError(code ?? 'SlowDown', message ?? 'Please reduce your request rate.', status ?? 503)
    : new AwsError(
        code ?? 'InternalError',
        message ?? 'We encountered an internal error. Please try again.',
        status ?? (code === undefined ? 500 : 400),
      )
}

function requestIds(): Record<string, string> {
  return {
    'x-amz-request-id': randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase(),
    'x-amz-id-2': randomUUID(),
  }
}

/** An error's answer. One to HEAD has no body, and so no code: clients see the status only. */
function sayError(
  { code, message, status }: AwsError,
  { bucket, key }: S3Call,
  isHead: boolean,
  headers: Readonly<Record<string, string>>,
): Answer {
  const ids = requestIds()
  const body =
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(code)}</Code>` +
    `<Message>${escapeXml(message)}</Message>` +
    (key === '' ? `<BucketName>${escapeXml(bucket)}</BucketName>` : `<Key>${escapeXml(key)}</Key>`) +
    `<RequestId>${ids['x-amz-request-id']}</RequestId><HostId>${ids['x-amz-id-2']}</HostId></Error>`
  return { status, headers: { ...xml, ...headers, ...ids }, body: isHead ? '' : body }
}
