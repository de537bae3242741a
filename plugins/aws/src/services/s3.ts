import type { S3 } from '@aws-sdk/client-s3'
import type { AwsService } from './aws-service.js'

export const s3: AwsService<S3> = {
  name: 'S3',
  actions: 's3',
  rest: 's3',
  /** Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3". */
  actionsOfCalls: { ListObjectsV2: 'ListBucket', HeadBucket: 'ListBucket', HeadObject: 'GetObject' },
  async client(settings) {
    const { S3 } = await import('@aws-sdk/client-s3')
    // What gzip compressed has its own checksum; another of S3's costs time, and a permission where objects are encrypted.
    return new S3({ ...settings, responseChecksumValidation: 'WHEN_REQUIRED' })
  },
}
