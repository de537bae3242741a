/** ListObjectsV2: which keys and common prefixes a page holds. */
import { AwsError } from '../aws/aws-error.js'
import { ListPages } from '../aws/list-pages.js'
import { escapeXml } from '../aws/wire.js'
import { type Bucket, compareKeys, type StoredObject } from './bucket-store.js'

/** Of a request that does not say; also the most that it may say. */
const defaultMaxKeys = 1000

const pages = new ListPages()

/** A line of a list: an object, or what many keys have in common up to the delimiter. */
type Entry =
  | { readonly kind: 'object'; readonly object: StoredObject }
  | { readonly kind: 'prefix'; readonly prefix: string }

/**
 * The answer's XML.
 * @throws AwsError for parameters that S3 refuses
 */
export function listObjects(bucket: Bucket, parameters: URLSearchParams): string {
  const prefix = parameters.get('prefix') ?? ''
  const delimiter = parameters.get('delimiter') ?? ''
  const startAfter = parameters.get('start-after') ?? ''
  const token = parameters.get('continuation-token')
  const maxKeys = maxKeysOf(parameters.get('max-keys'))
  if (token === '') throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect')
  const entries = entriesOf(bucket, prefix, delimiter, startAfter)
  const page = pages.cut(entries, {
    limit: Math.min(maxKeys, bucket.mostKeysPerPage),
    token,
    fingerprint: JSON.stringify([bucket.name, prefix, delimiter, startAfter]),
    invalidToken: 'InvalidArgument',
  })
  const isTruncated = maxKeys > 0 && page.token !== undefined
  const isEncoded = parameters.get('encoding-type') === 'url'
  const text = (value: string) => escapeXml(isEncoded ? encodeKey(value) : value)
  const element = (name: string, value: string) => `<${name}>${text(value)}</${name}>`
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
    `<Name>${escapeXml(bucket.name)}</Name>${element('Prefix', prefix)}` +
    (delimiter === '' ? '' : element('Delimiter', delimiter)) +
    (startAfter === '' ? '' : element('StartAfter', startAfter)) +
    (token === null ? '' : `<ContinuationToken>${escapeXml(token)}</ContinuationToken>`) +
    (isEncoded ? '<EncodingType>url</EncodingType>' : '') +
    `<KeyCount>${page.items.length}</KeyCount><MaxKeys>${maxKeys}</MaxKeys>` +
    `<IsTruncated>${isTruncated}</IsTruncated>` +
    (isTruncated ? `<NextContinuationToken>${escapeXml(page.token ?? '')}</NextContinuationToken>` : '') +
    page.items
      .map((entry) =>
        entry.kind === 'prefix'
          ? `<CommonPrefixes>${element('Prefix', entry.prefix)}</CommonPrefixes>`
          : contents(
              entry.object,
              element,
              parameters.get('fetch-owner') === 'true' ? bucket.ownerId : undefined,
            ),
      )
      .join('') +
    `</ListBucketResult>`
  )
}

function contents(
  { key, lastModified, etag, content, storageClass = 'STANDARD' }: StoredObject,
  element: (name: string, value: string) => string,
  ownerId: string | undefined,
): string {
  const owner = ownerId === undefined ? '' : `<Owner><ID>${ownerId.padEnd(64, '0')}</ID></Owner>`
  return (
    `<Contents>${element('Key', key)}<LastModified>${isoSeconds(lastModified)}</LastModified>` +
    `<ETag>${escapeXml(etag)}</ETag><Size>${content.size()}</Size>${owner}` +
    `<StorageClass>${storageClass}</StorageClass></Contents>`
  )
}

function entriesOf(bucket: Bucket, prefix: string, delimiter: string, startAfter: string): readonly Entry[] {
  const entries: Entry[] = []
  const seen = new Set<string>()
  for (const object of bucket.objects) {
    const { key } = object
    if (!key.startsWith(prefix)) continue
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    if (end < 0) {
      if (startAfter === '' || compareKeys(key, startAfter) > 0) entries.push({ kind: 'object', object })
      continue
    }
    const common = key.slice(0, end + delimiter.length)
    // A common prefix counts by itself, not by the keys that it stands for.
    if (seen.has(common) || (startAfter !== '' && compareKeys(common, startAfter) <= 0)) continue
    seen.add(common)
    entries.push({ kind: 'prefix', prefix: common })
  }
  return entries
}

function maxKeysOf(text: string | null): number {
  if (text === null) return defaultMaxKeys
  const value = Number(text)
  if (!/^\d{1,10}$/.test(text) || value > 2 ** 31 - 1) {
    throw new AwsError('InvalidArgument', 'Provided max-keys not an integer or within integer range')
  }
  return Math.min(value, defaultMaxKeys)
}

/** A time as S3 lists it: the milliseconds are always zero. */
function isoSeconds(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}.000Z`
}

function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/')
}
