/** In which regions buckets are. S3 tells it of any bucket, also to those who may not read it. */
import { awsCall, type CallScan } from '../calls/aws-call.js'
import { Once } from '../calls/once.js'
import { noSuchBucket } from '../calls/s3-call.js'
import type { AwsService, Client } from '../services/aws-service.js'
import { s3Of } from '../services/s3.js'

/** What S3 is asked through. */
export interface S3Source {
  client<Made extends Client>(service: AwsService<Made>, region: string): Promise<Made>
  defaultRegion(): Promise<string>
}

export class BucketRegions {
  readonly #source: S3Source
  readonly #regions = new Map<string, Once<string>>()

  constructor(source: S3Source) {
    this.#source = source
  }

  /**
   * The region of a bucket, asked once by HeadBucket.
   * @throws ApiError where there is no such bucket
   */
  regionOf(bucket: string, scan: CallScan): Promise<string> {
    const known = this.#regions.get(bucket) ?? new Once<string>()
    this.#regions.set(bucket, known)
    return known.get(scan.signal, () => this.#ask(bucket, scan))
  }

  async #ask(bucket: string, scan: CallScan): Promise<string> {
    const asked = await this.#source.defaultRegion()
    return awsCall(scan, 'HeadBucket', asked, async (abortSignal) => {
      const client = await this.#source.client(s3Of(bucket), asked)
      try {
        const { BucketRegion } = await client.headBucket({ Bucket: bucket }, { abortSignal })
        return BucketRegion ?? asked
      } catch (error) {
        const { status, region } = refusalOf(error)
        if (region !== undefined) return region
        if (status === 404) throw noSuchBucket(bucket, asked)
        // A store that is not AWS's need not know of regions, nor this caller the bucket: the list will say so.
        if (status === 403) return asked
        throw error
      }
    })
  }
}

/** What an answer says that is an error. One to HEAD has no words. */
function refusalOf(error: unknown): {
  readonly status: number | undefined
  readonly region: string | undefined
} {
  if (!(error instanceof Error)) return { status: undefined, region: undefined }
  const { $metadata, $response } = error as Error & {
    readonly $metadata?: { readonly httpStatusCode?: number }
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
  }
  return { status: $metadata?.httpStatusCode, region: $response?.headers?.['x-amz-bucket-region'] }
}
