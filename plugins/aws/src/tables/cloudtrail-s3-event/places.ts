/** Where a scan's log files are: what its conditions name, looked up where they name a trail. */
import { ApiError, equalValue, equalValues, type Quals } from '@millrace/plugin-sdk'
import { placesOfTrail } from '../../log-files/find-trails.js'
import type { S3Scan } from '../../s3/object-pages.js'
import type { S3EventColumns } from './columns.js'

/** A bucket, and which of its log files. */
export interface LogPlace {
  readonly bucket: string
  /** What may stand before `AWSLogs`; undefined for whatever does. */
  readonly prefixes: readonly string[] | undefined
  /** The only key; undefined for all. */
  readonly key: string | undefined
}

/** @returns none where no log file can fulfil the conditions */
export async function logPlaces(quals: Quals<S3EventColumns>, scan: S3Scan): Promise<readonly LogPlace[]> {
  const key = equalValue(quals.object_key)
  const prefixes = equalValues(quals.prefix)
  const bucket = equalValue(quals.bucket)
  const object = objectOf(equalValue(quals.object_arn))
  if (object === 'none') return []
  const named = [bucket, object?.bucket].filter((name) => name !== undefined)
  if (new Set(named).size > 1) return []
  if (key !== undefined && object !== undefined && object.key !== key) return []
  const only = key ?? object?.key
  const [name] = named
  const trails = await trailPlaces(quals, scan)
  if (trails !== undefined) {
    return trails.flatMap((place) => {
      const isMeant = name === undefined || place.bucket === name
      const isPrefix = prefixes === undefined || prefixes.includes(place.prefix)
      return isMeant && isPrefix ? [{ bucket: place.bucket, prefixes: [place.prefix], key: only }] : []
    })
  }
  if (name === undefined) throw new ApiError('a bucket, trail_arn, trail_name or object_arn must be given')
  return [{ bucket: name, prefixes, key: only }]
}

/** @returns undefined where no trail is named */
async function trailPlaces(quals: Quals<S3EventColumns>, scan: S3Scan) {
  const arn = equalValue(quals.trail_arn)
  const name = equalValue(quals.trail_name)
  if (arn !== undefined) {
    const isNamed = name === undefined || arn.endsWith(`:trail/${name}`)
    return isNamed ? placesOfTrail({ arn }, scan) : []
  }
  return name === undefined ? undefined : placesOfTrail({ name }, scan)
}

/** @returns 'none' for an ARN that no object has */
function objectOf(arn: string | undefined) {
  if (arn === undefined) return undefined
  const [, bucket, key] = /^arn:[a-z-]+:s3:::([^/]+)\/(.+)$/s.exec(arn) ?? []
  return bucket === undefined || key === undefined ? 'none' : { bucket, key }
}
