/** The bucket that the article's trail delivers to: the article's events, digests, and what else lies in such a bucket. */
import { gzipSync } from 'node:zlib'
import { Random } from '../random.js'
import type { BucketStore } from '../s3/bucket-store.js'
import { articleEvents } from './article-events.js'
import { articleDelivery, articleRegion } from './article-trail.js'
import { digestKey, folderOf, logFile, logFileDetails, logFileKey } from './trail-objects.js'

const seed = 20220707
const deliveryInterval = 15 * 60_000
const hour = 60 * 60_000

export function articleBucketName(accountId: string): string {
  return `aws-cloudtrail-logs-${accountId}-devto`
}

export function fillArticleBucket(buckets: BucketStore, accountId: string): void {
  const bucket = buckets.add({
    name: articleBucketName(accountId),
    region: articleRegion,
    ownerId: accountId,
  })
  const place = { accountId, region: articleRegion }
  const random = new Random(seed)
  for (const [deliveredAt, records] of deliveries(accountId)) {
    const details = { ...logFileDetails, lastModified: deliveredAt + 12_000 }
    bucket.put(logFileKey(place, deliveredAt, uniqueString(random)), logFile(records), details)
  }
  for (let before = 1; before <= 3; before++) {
    const time = articleDelivery - 1_210_000 - before * hour
    const digest = {
      awsAccountId: accountId,
      digestStartTime: new Date(time - hour).toISOString(),
      digestEndTime: new Date(time).toISOString(),
      digestS3Bucket: bucket.name,
      digestPublicKeyFingerprint: random.hex(32),
      logFiles: [],
    }
    bucket.put(
      digestKey(place, 'cloudtrail-for-devto', articleRegion, time),
      gzipSync(JSON.stringify(digest)),
      { ...logFileDetails, lastModified: time + 30_000 },
    )
  }
  // A folder as the console makes it, and another service's logs.
  const started = Date.UTC(2022, 6, 5, 15, 2, 41)
  bucket.put(`AWSLogs/${accountId}/`, Buffer.alloc(0), { lastModified: started })
  const balancer = `${accountId}_elasticloadbalancing_us-east-1_app.web.0123456789abcdef_20220706T2000Z_203.0.113.9_5x.log.gz`
  bucket.put(
    `${folderOf(place, 'elasticloadbalancing', articleDelivery)}${balancer}`,
    gzipSync('http 2022-07-06T19:58:01.123456Z app/web/0123456789abcdef\n'),
    { lastModified: articleDelivery },
  )
}

/** The events of each delivery, by its time. */
function deliveries(accountId: string): ReadonlyMap<number, readonly string[]> {
  const delivered = new Map<number, string[]>()
  for (const { timestamp, message } of articleEvents(accountId)) {
    const time = Math.ceil(timestamp / deliveryInterval) * deliveryInterval
    const records = delivered.get(time)
    if (records === undefined) delivered.set(time, [message])
    else records.push(message)
  }
  return delivered
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** What makes the name of a log file unique. */
export function uniqueString(random: Random): string {
  return Array.from({ length: 16 }, () => letters.charAt(random.below(letters.length))).join('')
}
