import { isDirectoryBucket } from '../names/buckets.js'
import type { ObjectClient } from '../requests/object-client.js'
import type { AwsService } from './aws-service.js'

export const s3: AwsService<ObjectClient> = {
  name: 'S3',
  actions: 's3',
  rest: 's3',
  /** Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3". */
  actionsOfCalls: { ListObjectsV2: 'ListBucket', HeadBucket: 'ListBucket', HeadObject: 'GetObject' },
  async client(settings) {
    const { ObjectClient } = await import('../requests/object-client.js')
    // What gzip compressed has its own checksum; another of S3's costs time, and a permission where objects are encrypted.
    return new ObjectClient({ ...settings, responseChecksumValidation: 'WHEN_REQUIRED' })
  },
}

/**
 * The same for directory buckets. A client of the SDK that has asked for another bucket first signs requests to these for the
 * wrong service, S3 itself, and AWS refuses them.
 */
const s3Express: AwsService<ObjectClient> = { ...s3 }

/** Whom to ask for a bucket, or for what is in it. */
export function s3Of(bucket: string): AwsService<ObjectClient> {
  return isDirectoryBucket(bucket) ? s3Express : s3
}
