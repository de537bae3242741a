/** Calls to S3, whose refusals often do not say which permission is missing. */
import { ApiError, type ApiErrorOptions } from '@millrace/plugin-sdk'
import { bucketArn, isDirectoryBucket } from '../names/buckets.js'
import { awsCall, type CallScan } from './aws-call.js'

/** What a call asks for, for its errors. */
export interface S3Target {
  readonly bucket: string
  /** Absent where the bucket itself is asked. */
  readonly key?: string
  /** Where the bucket is. */
  readonly region: string
}

/** What an error says of one object, that need not be so for others. */
export type ObjectProblem = 'gone' | 'archived'

/**
 * Makes a call of S3.
 * @throws ApiError that names bucket and key, and what permission may be missing
 */
export async function s3Call<Result>(
  scan: CallScan,
  name: string,
  target: S3Target,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return awsCall(scan, name, target.region, async (signal) => {
    try {
      return await run(signal)
    } catch (error) {
      throw withTarget(error, target) ?? error
    }
  })
}

/** What an error of a call says of its object; undefined where it says nothing of it in particular. */
export function problemOf(error: unknown): ObjectProblem | undefined {
  const code = codeOf(error)
  if (code === 'NoSuchKey' || code === 'NotFound') return 'gone'
  return code === 'InvalidObjectState' ? 'archived' : undefined
}

/** The API's code of an error, however deep it is wrapped. */
function codeOf(error: unknown): string | undefined {
  if (ApiError.is(error)) return error.code
  return error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : undefined
}

/** The error in words of S3; undefined for one that has nothing to do with bucket or object. */
function withTarget(error: unknown, target: S3Target): ApiError | undefined {
  if (!(error instanceof Error)) return undefined
  const { bucket, key, region } = target
  const { $metadata } = error as Error & {
    readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  }
  const status = $metadata?.httpStatusCode
  if (status === undefined) return undefined
  const what = key === undefined ? `bucket "${bucket}"` : `object "${key}" of bucket "${bucket}"`
  const options = {
    code: error.name,
    detail: `${error.name}: ${error.message} (HTTP ${[status, $metadata?.requestId && `request id ${$metadata.requestId}`].filter(Boolean).join(', ')})`,
  }
  switch (error.name) {
    case 'NoSuchBucket':
      return noSuchBucket(bucket, region, options)
    case 'InvalidObjectState':
      return new ApiError(`the ${what} is archived`, {
        ...options,
        hint: 'Restore it (RestoreObject), or narrow the conditions so that it is not read.',
      })
    case 'PermanentRedirect':
      return new ApiError(`the ${what} is not in ${region}`, {
        ...options,
        hint: 'Set default_region of the connection to the region of the bucket.',
      })
    case 'AccessDenied':
    case 'Forbidden':
      return new ApiError(`AWS denied access to the ${what} in ${region}`, {
        ...options,
        hint: permissionHint(target),
      })
    default:
      return undefined
  }
}

function permissionHint({ bucket, key, region }: S3Target): string {
  const arn = bucketArn({ bucket, region }, key)
  const permission = key === undefined ? 's3:ListBucket' : 's3:GetObject'
  const encrypted = key === undefined ? '' : ', and kms:Decrypt on the key that encrypts it'
  const needed = isDirectoryBucket(bucket)
    ? 's3express:CreateSession on the bucket'
    : `${permission} on ${arn}`
  return (
    `It takes ${needed}${encrypted}; for a bucket of another account, its policy (and that of the key) ` +
    'must grant it too. Where the requester pays, set s3_requester_pays of the connection.'
  )
}

export function noSuchBucket(bucket: string, region: string, said: ApiErrorOptions = {}): ApiError {
  return new ApiError(`there is no bucket "${bucket}"`, {
    code: 'NoSuchBucket',
    detail: `S3 in ${region} knows none of this name.`,
    ...said,
    hint: 'Check the name; the column s3_bucket_name of aws_cloudtrail_trail tells where trails deliver.',
  })
}
