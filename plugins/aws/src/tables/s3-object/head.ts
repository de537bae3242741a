/** Columns that HeadObject gives, by a call for each object. */
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { Row, Scan } from '@millrace/plugin-sdk'
import { problemOf, s3Call } from '../../calls/s3-call.js'
import { jsonOrNull } from '../../columns/json-value.js'
import type { AwsConnection } from '../../connection/connection.js'
import { s3Of } from '../../services/s3.js'
import type { ObjectColumns } from './columns.js'

type ObjectRow = Row<ObjectColumns>

export const checksumColumns = [
  'checksum_crc32',
  'checksum_crc32c',
  'checksum_sha1',
  'checksum_sha256',
] as const

export const headColumns = [
  'version_id',
  'accept_ranges',
  'bucket_key_enabled',
  'cache_control',
  ...checksumColumns,
  'content_disposition',
  'content_encoding',
  'content_language',
  'content_length',
  'content_range',
  'content_type',
  'delete_marker',
  'expiration',
  'expires',
  'object_lock_legal_hold_status',
  'object_lock_mode',
  'object_lock_retain_until_date',
  'replication_status',
  'request_charged',
  'restore',
  'server_side_encryption',
  'sse_kms_key_id',
  'tag_count',
  'website_redirection_location',
  'metadata',
] as const satisfies readonly (keyof ObjectColumns)[]

/** The columns of an object; none for a common prefix, or for an object that is gone. */
export async function fetchHead(
  { key, bucket_name: bucket, region }: ObjectRow,
  scan: Scan<AwsConnection, ObjectColumns>,
): Promise<ObjectRow> {
  if (typeof key !== 'string' || typeof bucket !== 'string' || typeof region !== 'string') return {}
  // Checksums take the permission to decrypt, which the others do without.
  const wantsChecksums = checksumColumns.some((column) => scan.columns.has(column))
  const input = {
    Bucket: bucket,
    Key: key,
    RequestPayer: scan.connection.requestPayer,
    ...(wantsChecksums ? { ChecksumMode: 'ENABLED' as const } : {}),
  }
  try {
    const head = await s3Call(scan, 'HeadObject', { bucket, key, region }, async (abortSignal) =>
      (await scan.connection.client(s3Of(bucket), region)).headObject(input, { abortSignal }),
    )
    return columnsOf(head)
  } catch (error) {
    if (problemOf(error) === 'gone') return {}
    throw error
  }
}

function columnsOf(head: HeadObjectCommandOutput): ObjectRow {
  return {
    version_id: head.VersionId,
    accept_ranges: head.AcceptRanges,
    bucket_key_enabled: head.BucketKeyEnabled,
    cache_control: head.CacheControl,
    checksum_crc32: head.ChecksumCRC32,
    checksum_crc32c: head.ChecksumCRC32C,
    checksum_sha1: head.ChecksumSHA1,
    checksum_sha256: head.ChecksumSHA256,
    content_disposition: head.ContentDisposition,
    content_encoding: head.ContentEncoding,
    content_language: head.ContentLanguage,
    content_length: head.ContentLength === undefined ? null : String(head.ContentLength),
    content_range: head.ContentRange,
    content_type: head.ContentType,
    delete_marker: head.DeleteMarker,
    expiration: head.Expiration,
    expires: timeOf(head.ExpiresString),
    object_lock_legal_hold_status: head.ObjectLockLegalHoldStatus,
    object_lock_mode: head.ObjectLockMode,
    object_lock_retain_until_date: head.ObjectLockRetainUntilDate,
    replication_status: head.ReplicationStatus,
    request_charged: head.RequestCharged,
    restore: head.Restore,
    server_side_encryption: head.ServerSideEncryption,
    sse_kms_key_id: head.SSEKMSKeyId,
    tag_count: head.TagCount === undefined ? null : String(head.TagCount),
    website_redirection_location: head.WebsiteRedirectLocation,
    metadata: jsonOrNull(head.Metadata),
  }
}

/** The header is of the user's own, and may be any text. */
function timeOf(text: string | undefined): Date | null {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? null : new Date(time)
}
