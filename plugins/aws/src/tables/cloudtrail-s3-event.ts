/**
 * aws_cloudtrail_s3_event: what trails deliver to buckets, by ListObjectsV2 and GetObject.
 */
import {
  eachRow,
  equalValue,
  type Key,
  knownTextOperators,
  mayFulfil,
  merge,
  type Row,
  type Scan,
} from '@millrace/plugin-sdk'
import { accountKey, type IdentityValues, identityOfScan } from '../columns/identity-columns.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { logFileDecoder } from '../log-files/decode-log-file.js'
import {
  type DeliveryBounds,
  deliveryBoundsOf,
  fulfilsDates,
  isWithin,
} from '../log-files/delivery-bounds.js'
import { type LogFile, logFilesOf, monthsOf } from '../log-files/find-log-files.js'
import { type BucketPlace, logFolderBatches } from '../log-files/find-log-folders.js'
import { newestRows } from '../log-files/first-log-files.js'
import { parseLogFileKey } from '../log-files/log-file-key.js'
import { logFileRows } from '../log-files/log-file-rows.js'
import { bucketArn } from '../names/buckets.js'
import { callsOf, callsPer } from '../services/aws-service.js'
import { cloudTrail } from '../services/cloudtrail.js'
import { s3 } from '../services/s3.js'
import { columns, type S3EventColumns } from './cloudtrail-s3-event/columns.js'
import { recordConditions, recordKeys } from './cloudtrail-s3-event/conditions.js'
import { type LogPlace, logPlaces } from './cloudtrail-s3-event/places.js'

type EventScan = Scan<AwsConnection, S3EventColumns>
type EventRow = Row<S3EventColumns>

/** A key by which the log files are found; any of them will do. */
const placeKey = { operators: ['='], require: 'any-of', valuesPerCall: 1 } as const satisfies Key

/** A key for texts in the keys of log files. */
const folderKey = { operators: knownTextOperators, exact: ['=', '<>'], inherent: true } as const satisfies Key

const dateOperators = ['=', '<', '<=', '>', '>='] as const

export const cloudtrailS3Event = defineTable({
  name: 'aws_cloudtrail_s3_event',
  description:
    'Events that a trail of CloudTrail delivers to its bucket, read from the log files. Conditions on event_time, log_date, ' +
    'log_account_id and log_region narrow which of them are read; without any, all are.',
  columns,
  calls: [
    ...callsOf(cloudTrail, 'DescribeTrails'),
    ...callsOf(s3, 'HeadBucket'),
    ...callsPer('folder of a day, and 1000 log files', s3, 'ListObjectsV2'),
    ...callsPer('log file, and 2 MB of it', s3, 'GetObject'),
  ],
  keys: {
    bucket: placeKey,
    trail_arn: placeKey,
    trail_name: placeKey,
    object_arn: { ...placeKey, inherent: true },
    object_key: { operators: ['='], valuesPerCall: 1, inherent: true },
    prefix: { operators: ['='], exact: ['='], inherent: true },
    log_account_id: folderKey,
    log_region: folderKey,
    log_date: { operators: dateOperators, exact: dateOperators, inherent: true },
    ...recordKeys,
    region: folderKey,
    account_id: accountKey,
  },
  orders: { event_time: ['desc'] },
  async *list(scan) {
    const { quals } = scan
    const bounds = deliveryBoundsOf(quals, scan.connection.deliveryDelay)
    if (bounds === undefined) return
    const places = await logPlaces(quals, scan)
    const identity = await identityOfScan(scan, quals.account_id)
    if (identity === undefined) return
    yield* merge(places.map((place) => rowsOf(place, bounds, identity, scan)))
  },
  parts: {
    column: 'object_arn',
    decidedBy: ['event_time', 'log_date', 'log_account_id', 'log_region', 'prefix', 'object_key'],
    ttl: 7 * 24 * 60 * 60,
    list: objectArns,
  },
  examples: [
    {
      title: 'Where requests of a day came from, of every trail',
      sql: `select t.name, e.source_ip_address, count(*)
from aws_cloudtrail_trail t
join aws_cloudtrail_s3_event e on e.trail_arn = t.arn
where t.region = t.home_region
  and e.event_time >= timestamptz '2022-07-06 00:00+00' and e.event_time < timestamptz '2022-07-07 00:00+00'
group by t.name, e.source_ip_address`,
    },
    {
      title: 'The latest events of a bucket',
      sql: `select event_time, event_source, event_name, user_identifier
from aws_cloudtrail_s3_event
where bucket = 'aws-cloudtrail-logs-810361751552-devto'
order by event_time desc
limit 20`,
    },
    {
      title: 'Requests that were refused in a region, with the log files that say so',
      sql: `select event_time, event_name, error_code, source_ip_address, object_key
from aws_cloudtrail_s3_event
where trail_name = 'cloudtrail-for-devto' and log_region = 'us-east-1' and log_date = '2022-07-06'
  and error_code is not null`,
    },
    {
      title: 'How long log files took to be delivered',
      sql: `select log_account_id, log_region, max(delivered_at - event_time) as longest
from aws_cloudtrail_s3_event
where bucket = 'aws-cloudtrail-logs-810361751552-devto' and log_date >= '2022-07-01'
group by log_account_id, log_region`,
    },
  ],
})

/** The log files of a place, and how they are found. */
interface PlaceFiles {
  readonly place: BucketPlace
  find(within: DeliveryBounds, mostDays?: number): AsyncIterable<readonly LogFile[]>
  months(within: DeliveryBounds): Promise<readonly string[]>
}

/** @returns undefined for a bucket of a region that the conditions exclude */
async function placeFiles(
  { bucket, prefixes, key }: LogPlace,
  scan: EventScan,
): Promise<PlaceFiles | undefined> {
  const { quals } = scan
  const region = await scan.connection.bucketRegions.regionOf(bucket, scan)
  if (!mayFulfil(quals.region, region)) return undefined
  const place = { bucket, region }
  async function* all(within: DeliveryBounds, mostDays?: number) {
    if (key !== undefined) yield filesOfKey(key, scan, prefixes)
    else {
      yield* eachRow(logFolderBatches(scan, place, prefixes, quals), (folder) =>
        logFilesOf(scan, place, folder, within, mostDays),
      )
    }
  }
  return {
    place,
    async *find(within, mostDays) {
      for await (const files of all(within, mostDays)) {
        yield files.filter(({ name }) => isWithin(within, name) && fulfilsDates(quals.log_date, name.date))
      }
    },
    async months(within) {
      const found = new Set<string>()
      for await (const folders of logFolderBatches(scan, place, prefixes, quals)) {
        const lists = await Promise.all(folders.map((folder) => monthsOf(scan, place, folder, within)))
        for (const month of lists.flat()) found.add(month)
      }
      return [...found]
    },
  }
}

async function* rowsOf(
  at: LogPlace,
  bounds: DeliveryBounds,
  identity: IdentityValues,
  scan: EventScan,
): AsyncGenerator<readonly EventRow[]> {
  const { quals, limit, order } = scan
  const files = await placeFiles(at, scan)
  if (files === undefined) return
  const { place, find, months } = files
  const echo = { trail_arn: equalValue(quals.trail_arn), trail_name: equalValue(quals.trail_name) }
  const options = { columns: [...scan.columns], conditions: recordConditions(quals) }
  const readBy = (decode: typeof logFileDecoder.decode) => (file: LogFile) => {
    const values = { ...echo, ...fileValues(file, place), ...identity }
    return logFileRows(scan, place, file, { ...options, values }, decode)
  }
  if (order !== undefined && limit !== undefined && at.key === undefined) {
    yield* newestRows({ limit, find, months, read: readBy(logFileDecoder.decode) }, bounds)
  } else {
    const decode: typeof logFileDecoder.decode = (parts, of) => scan.decode(logFileDecoder, parts, of)
    yield* eachRow(find(bounds), readBy(decode))
  }
}

/** The ARNs of all log files that a scan needs. */
async function* objectArns(scan: EventScan): AsyncGenerator<readonly string[]> {
  const bounds = deliveryBoundsOf(scan.quals, scan.connection.deliveryDelay)
  if (bounds === undefined) return
  for (const at of await logPlaces(scan.quals, scan)) {
    const files = await placeFiles(at, scan)
    if (files === undefined) continue
    for await (const found of files.find(bounds)) yield found.map(({ key }) => bucketArn(files.place, key))
  }
}

/** The log file of a key that was named, if it is one and fulfils the conditions. */
function filesOfKey(
  key: string,
  { quals }: EventScan,
  prefixes: readonly string[] | undefined,
): readonly LogFile[] {
  const name = parseLogFileKey(key)
  if (name === undefined || prefixes?.includes(name.prefix) === false) return []
  const isMeant = mayFulfil(quals.log_account_id, name.accountId) && mayFulfil(quals.log_region, name.region)
  return isMeant ? [{ key, name, size: undefined }] : []
}

/** What a log file's name tells, the same in all of its rows. */
function fileValues({ key, name }: LogFile, place: BucketPlace) {
  const { bucket, region } = place
  return {
    bucket,
    prefix: name.prefix,
    object_key: key,
    object_arn: bucketArn(place, key),
    organization_id: name.organizationId,
    log_account_id: name.accountId,
    log_region: name.region,
    log_date: name.date,
    delivered_at: new Date(name.deliveredAt).toISOString(),
    region,
  }
}
