/**
 * Directory buckets, S3 Express One Zone: sessions take the place of signed requests, and lists are less than those of other
 * buckets.
 */
import { AwsError } from '../aws/aws-error.js'
import { escapeXml } from '../aws/wire.js'

/** The name under which requests to them are signed. */
export const directoryService = 's3express'

/** Directory bucket naming rules: the name ends with the zone's and a suffix. */
export function isDirectoryBucket(bucket: string): boolean {
  return bucket.endsWith('--x-s3')
}

/** The token of a session, which every other request needs. */
export function sessionTokenOf(bucket: string): string {
  return `session-of-${bucket}`
}

/** CreateSession. The keys are the caller's own. */
export function session(
  bucket: string,
  keys: { readonly accessKeyId: string; readonly secretAccessKey: string },
  now: number,
): string {
  const expiration = new Date(now + 5 * 60_000).toISOString()
  const values = {
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    SessionToken: sessionTokenOf(bucket),
    Expiration: expiration,
  }
  const elements = Object.entries(values).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<CreateSessionResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Credentials>${elements.join('')}</Credentials></CreateSessionResult>`
  )
}

/** @throws AwsError for what ListObjectsV2 does not do for them: only prefixes that end in `/`, no other delimiter, no start */
export function checkDirectoryList(parameters: URLSearchParams): void {
  const prefix = parameters.get('prefix') ?? ''
  const delimiter = parameters.get('delimiter') ?? ''
  const isOdd = (prefix !== '' && !prefix.endsWith('/')) || (delimiter !== '' && delimiter !== '/')
  if (isOdd || parameters.has('start-after')) {
    throw new AwsError('InvalidRequest', 'This request is not supported for directory buckets.', 400)
  }
}
