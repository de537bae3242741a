/**
 * A trail of the article's organization, which records all regions and delivers to a bucket of another region, under a
 * prefix. Not there from the start: add it where it is needed.
 */
import type { TrailStore } from '../aws/trail-store.js'
import { otherAccountId } from '../credentials.js'
import type { BucketStore } from '../s3/bucket-store.js'
import { articleRegion } from './article-trail.js'
import { generateTrailInto } from './generated-trail.js'

export const organizationBucket = 'devto-organization-trail'
export const organizationPrefix = 'audit/logs'
export const organizationId = 'o-devto12345'
export const organizationTrailName = 'organization'

/** The events of each account in each region. */
export const organizationEvents = 40

/** @returns the trail's ARN */
export function addOrganizationTrail(trails: TrailStore, buckets: BucketStore): string {
  const trail = {
    name: organizationTrailName,
    homeRegion: articleRegion,
    isMultiRegion: true,
    description: {
      S3BucketName: organizationBucket,
      S3KeyPrefix: organizationPrefix,
      IsOrganizationTrail: true,
      HasInsightSelectors: false,
    },
    status: { IsLogging: true },
    tags: {},
  }
  trails.add(trail)
  buckets.add({ name: organizationBucket, region: 'eu-west-1', ownerId: trails.accountId })
  let seed = 1
  for (const accountId of [trails.accountId, otherAccountId]) {
    for (const region of [articleRegion, 'eu-west-1']) {
      generateTrailInto(buckets, {
        bucket: organizationBucket,
        prefix: organizationPrefix,
        organizationId,
        accountId,
        region,
        count: organizationEvents,
        objects: 4,
        startTime: Date.UTC(2024, 2, 1, 23, 30),
        intervalMs: 90_000,
        seed: seed++,
      })
    }
  }
  return trails.arnOf(trail)
}
