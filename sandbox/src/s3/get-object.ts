/** GetObject and HeadObject. */
import { AwsError } from '../aws/aws-error.js'
import type { Answer } from '../service.js'
import type { Bucket, StoredObject } from './bucket-store.js'

interface ByteRange {
  readonly start: number
  /** The first byte that is not part of it. */
  readonly end: number
}

/** Classes whose objects must be restored before they can be read. */
const archived: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE'])

export async function getObject(
  bucket: Bucket,
  key: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const object = found(bucket, key, headers)
  const { storageClass = 'STANDARD' } = object
  if (archived.has(storageClass)) {
    throw new AwsError('InvalidObjectState', "The operation is not valid for the object's storage class", 403)
  }
  const size = object.content.size()
  const range = rangeOf(headers.range, size)
  const { start, end } = range ?? { start: 0, end: size }
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headersOf(object),
      ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
    },
    body: await object.content.read(start, end),
  }
}

export function headObject(bucket: Bucket, key: string, headers: Readonly<Record<string, string>>): Answer {
  const object = found(bucket, key, headers)
  return {
    status: 200,
    headers: { ...headersOf(object), 'content-length': String(object.content.size()) },
    body: '',
  }
}

function found(bucket: Bucket, key: string, headers: Readonly<Record<string, string>>): StoredObject {
  const object = bucket.object(key)
  if (object === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404)
  const { refusal } = object
  if (refusal !== undefined) throw new AwsError(refusal.code, refusal.message, refusal.status)
  const expected = headers['if-match']
  if (expected !== undefined && expected !== object.etag) {
    throw new AwsError(
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
      412,
    )
  }
  return object
}

function headersOf(object: StoredObject): Record<string, string> {
  const { lastModified, etag, storageClass, contentType, contentEncoding, kmsKeyId, versionId } = object
  const known: Record<string, string | undefined> = {
    etag,
    'last-modified': new Date(lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    'content-type': contentType ?? 'binary/octet-stream',
    'content-encoding': contentEncoding,
    // S3 does not name the standard class.
    'x-amz-storage-class': storageClass === 'STANDARD' ? undefined : storageClass,
    'x-amz-server-side-encryption': kmsKeyId === undefined ? 'AES256' : 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId,
    'x-amz-version-id': versionId,
    ...Object.fromEntries(
      Object.entries(object.metadata ?? {}).map(([name, value]) => [`x-amz-meta-${name}`, value]),
    ),
  }
  return Object.fromEntries(
    Object.entries(known).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/**
 * The part that a request asks for; undefined for the whole, also where the header means nothing (RFC 9110, section 14.2).
 * @throws AwsError for one that is not in the object
 */
function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  if (start >= size || end <= start) {
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416)
  }
  return { start, end }
}
