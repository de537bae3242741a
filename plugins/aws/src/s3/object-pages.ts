/** Pages of ListObjectsV2. */
import type { _Object, ListObjectsV2CommandInput } from '@aws-sdk/client-s3'
import type { CallScan } from '../calls/aws-call.js'
import { PageTokens } from '../calls/page-tokens.js'
import { s3Call } from '../calls/s3-call.js'
import type { AwsConnection } from '../connection/connection.js'
import { isDirectoryBucket } from '../names/buckets.js'
import { s3Of } from '../services/s3.js'
import { meantBy, widerQuery } from './directory-buckets.js'

export interface S3Scan extends CallScan {
  readonly connection: AwsConnection
}

export interface ObjectPage {
  readonly objects: readonly _Object[]
  /** What keys have in common up to the delimiter; only where one was given. */
  readonly prefixes: readonly string[]
  /** Whether S3 says that there are no more. */
  readonly isLast: boolean
}

export type ObjectQuery = Pick<
  ListObjectsV2CommandInput,
  'Prefix' | 'Delimiter' | 'StartAfter' | 'FetchOwner' | 'MaxKeys'
>

const mostKeysPerPage = 1000

/**
 * The pages that have something, in the order of keys, but for directory buckets: those have none. The caller stops where it
 * has enough.
 */
export async function* objectPages(
  scan: S3Scan,
  { bucket, region }: { readonly bucket: string; readonly region: string },
  query: ObjectQuery,
): AsyncGenerator<ObjectPage, void, void> {
  const isDirectory = isDirectoryBucket(bucket)
  const tokens = new PageTokens('ListObjectsV2')
  let token: string | undefined
  do {
    const input = {
      MaxKeys: mostKeysPerPage,
      ...(isDirectory ? widerQuery(query) : query),
      Bucket: bucket,
      RequestPayer: scan.connection.requestPayer,
      ContinuationToken: token,
    }
    const answer = await s3Call(scan, 'ListObjectsV2', { bucket, region }, async (abortSignal) =>
      (await scan.connection.client(s3Of(bucket), region)).listObjectsV2(input, { abortSignal }),
    )
    const { Contents: objects = [], CommonPrefixes = [] } = answer
    token = tokens.next(answer.NextContinuationToken)
    const prefixes = CommonPrefixes.flatMap(({ Prefix }) => Prefix ?? [])
    const found = { objects, prefixes, isLast: token === undefined }
    const page = isDirectory ? meantBy(query, found) : found
    if (page.objects.length > 0 || page.prefixes.length > 0) yield page
  } while (token !== undefined)
}

/** All common prefixes of a delimiter, beneath a prefix. */
export async function commonPrefixes(
  scan: S3Scan,
  place: { readonly bucket: string; readonly region: string },
  prefix: string,
  delimiter: string,
): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { prefixes } of objectPages(scan, place, { Prefix: prefix, Delimiter: delimiter })) {
    found.push(...prefixes)
  }
  return found
}
