/**
 * Objects as CloudTrail puts them into a trail's bucket. Names are those of the AWS page "CloudTrail log file examples" and,
 * for digests, "CloudTrail digest file structure".
 */
import { gzipSync } from 'node:zlib'

/** What is in the name of an object besides its time. */
export interface TrailPlace {
  /** The trail's prefix, without a slash at its end; '' for none. */
  readonly prefix?: string
  /** Of an organization's trail. */
  readonly organizationId?: string
  readonly accountId: string
  readonly region: string
}

/** @param folder `CloudTrail`, or the kind of events that has a folder of its own, such as `CloudTrail-Insight` */
export function folderOf(place: TrailPlace, folder: string, time: number): string {
  const { prefix = '', organizationId, accountId, region } = place
  const parts = [
    ...(prefix === '' ? [] : [prefix]),
    'AWSLogs',
    ...(organizationId === undefined ? [] : [organizationId]),
    accountId,
    folder,
    region,
    new Date(time).toISOString().slice(0, 10).replaceAll('-', '/'),
  ]
  return `${parts.join('/')}/`
}

/**
 * @param deliveredAt in epoch milliseconds
 * @param unique 16 letters and digits
 */
export function logFileKey(
  place: TrailPlace,
  deliveredAt: number,
  unique: string,
  folder = 'CloudTrail',
): string {
  const minute = `${compact(deliveredAt).slice(0, 13)}Z`
  const name = [place.accountId, folder, place.region, minute, unique].join('_')
  return `${folderOf(place, folder, deliveredAt)}${name}.json.gz`
}

export function digestKey(place: TrailPlace, trail: string, homeRegion: string, time: number): string {
  const name = [place.accountId, 'CloudTrail-Digest', place.region, trail, homeRegion, compact(time)].join(
    '_',
  )
  return `${folderOf(place, 'CloudTrail-Digest', time)}${name}.json.gz`
}

/** @param records JSON of each */
export function logFile(records: readonly string[]): Buffer {
  return gzipSync(`{"Records":[${records.join(',')}]}`)
}

/** `20220706T203809Z` */
function compact(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

/** What CloudTrail says of an object's content. */
export const logFileDetails = { contentType: 'application/json', contentEncoding: 'gzip' } as const
