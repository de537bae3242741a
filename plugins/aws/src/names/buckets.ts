/** What the name of a bucket tells, and how ARNs name it. */
import { partitionOf } from './partition.js'

/** The ARN of a bucket, or of an object in it. @param region where the bucket is */
export function bucketArn({ bucket, region }: { bucket: string; region: string }, key?: string): string {
  return `arn:${partitionOf(region)}:s3:::${bucket}${key === undefined ? '' : `/${key}`}`
}

/** Whether it is one of S3 Express One Zone: Amazon S3 User Guide, "Directory bucket naming rules". */
export function isDirectoryBucket(bucket: string): boolean {
  return bucket.endsWith('--x-s3')
}
