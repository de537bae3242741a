/**
 * aws_s3_object: the objects of a bucket, by ListObjectsV2, and what HeadObject says of each.
 */
import type { _Object } from '@aws-sdk/client-s3'
import { equalValue, knownTextOperators, mayFulfil, type Row, type Scan } from '@millrace/plugin-sdk'
import { pageSize } from '../calls/token-pages.js'
import { accountKey, type IdentityValues, identityOfScan } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import { longestLikePrefix } from '../conditions/like-prefix.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { isDirectoryBucket } from '../names/buckets.js'
import { type ObjectQuery, objectPages } from '../s3/object-pages.js'
import { callsOf } from '../services/aws-service.js'
import { s3 } from '../services/s3.js'
import { columns, type ObjectColumns } from './s3-object/columns.js'
import { fetchHead, headColumns } from './s3-object/head.js'

type ObjectScan = Scan<AwsConnection, ObjectColumns>
type ObjectRow = Row<ObjectColumns>

const mostKeysPerPage = 1000

/** A key for what only repeats the question. */
const questionKey = { operators: ['='], valuesPerCall: 1 } as const

export const s3Object = defineTable({
  name: 'aws_s3_object',
  description:
    'The objects of a bucket, in whatever region that is. With a delimiter, what lies beneath a common prefix is one row, ' +
    'as a folder.',
  columns,
  calls: callsOf(s3, 'HeadBucket', 'ListObjectsV2', 'HeadObject'),
  keys: {
    key: { operators: ['=', '~~'], valuesPerCall: 1, inherent: true },
    bucket_name: { operators: ['='], require: 'required', valuesPerCall: 1 },
    prefix: questionKey,
    start_after: questionKey,
    delimiter: questionKey,
    region: { operators: knownTextOperators, exact: ['=', '<>'], inherent: true },
    account_id: accountKey,
  },
  async *list(scan) {
    const { quals } = scan
    const bucket = equalValue(quals.bucket_name)
    const query = queryOf(scan)
    if (bucket === undefined || query === undefined) return
    const identity = await identityOfScan(scan, quals.account_id, ['arn', 'akas'])
    if (identity === undefined) return
    const region = await scan.connection.bucketRegions.regionOf(bucket, scan)
    if (!mayFulfil(quals.region, region)) return
    const values = {
      bucket_name: bucket,
      prefix: equalValue(quals.prefix),
      start_after: equalValue(quals.start_after),
      delimiter: equalValue(quals.delimiter),
      region,
      ...identity,
    }
    const key = equalValue(quals.key)
    for await (const { objects, prefixes } of objectPages(scan, { bucket, region }, query)) {
      const rows: ObjectRow[] = objects
        .filter(({ Key }) => key === undefined || Key === key)
        .map((object) => objectRow(object, bucket, values))
      // A condition on the key leaves no row without one.
      const folders = (quals.key ?? []).length > 0 ? [] : prefixes
      rows.push(...folders.map((prefix) => ({ ...values, common_prefix: prefix, title: prefix })))
      if (rows.length > 0) yield rows
      // Elsewhere, a key comes before all that it begins.
      if (query.MaxKeys === 1 && key !== undefined && (rows.length > 0 || !isDirectoryBucket(bucket))) return
    }
  },
  hydrate: { head: { columns: headColumns, fetch: fetchHead } },
  examples: [
    {
      title: 'The folders of a bucket',
      sql: `select common_prefix
from aws_s3_object
where bucket_name = 'aws-cloudtrail-logs-810361751552-devto'
  and prefix = 'AWSLogs/810361751552/' and delimiter = '/' and common_prefix is not null`,
    },
    {
      title: 'The largest log files of a day',
      sql: `select key, size, last_modified
from aws_s3_object
where bucket_name = 'aws-cloudtrail-logs-810361751552-devto'
  and prefix = 'AWSLogs/810361751552/CloudTrail/us-east-1/2022/07/06/'
order by size desc
limit 10`,
    },
    {
      title: 'How the objects of every trail are encrypted',
      sql: `select t.name, o.server_side_encryption, count(*)
from aws_cloudtrail_trail t
join aws_s3_object o on o.bucket_name = t.s3_bucket_name
where t.region = t.home_region
group by t.name, o.server_side_encryption`,
    },
  ],
})

/** @returns undefined where no object can fulfil the conditions */
function queryOf({ quals, columns: wanted, limit }: ObjectScan): ObjectQuery | undefined {
  const asked = equalValue(quals.prefix) ?? ''
  const delimiter = equalValue(quals.delimiter)
  const key = equalValue(quals.key)
  const named = key ?? longestLikePrefix(quals.key)
  if (!named.startsWith(asked) && !asked.startsWith(named)) return undefined
  if (key !== undefined && !key.startsWith(asked)) return undefined
  // A delimiter counts from the end of the prefix: with a longer one, other keys would come.
  const prefix = delimiter === undefined && named.length > asked.length ? named : asked
  const isSingle = key !== undefined && delimiter === undefined
  return {
    Prefix: prefix,
    Delimiter: delimiter,
    StartAfter: equalValue(quals.start_after),
    FetchOwner: wanted.has('owner') ? true : undefined,
    MaxKeys: isSingle ? 1 : pageSize(limit, mostKeysPerPage),
  }
}

function objectRow(
  object: _Object,
  bucket: string,
  values: ObjectRow & IdentityValues & { readonly region: string },
): ObjectRow {
  const { Key: key } = object
  const arn = key === undefined ? null : `arn:${values.partition ?? 'aws'}:s3:::${bucket}/${key}`
  return {
    ...values,
    key,
    arn,
    last_modified: object.LastModified,
    storage_class: object.StorageClass,
    etag: object.ETag,
    size: object.Size,
    owner: jsonOrNull(object.Owner),
    title: key,
    akas: jsonOrNull(arn === null ? undefined : [arn]),
  }
}
