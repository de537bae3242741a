/** CloudTrail Lake of the article's account, as of the article's day. */
import { arnOf, type LakeStore } from '../aws/lake-store.js'
import { articleDelivery, articleRegion } from './article-trail.js'

const region = articleRegion
const day = 24 * 3600
const now = articleDelivery / 1000

const managementStore = 'ee54f254-e519-4d51-8c3c-1f0a9e2d7b60'
const oldStore = '0c9b7f9e-5d3a-4c55-9a51-6f3f7b2a1d04'

const managementEvents = [
  {
    Name: 'Management events',
    FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }],
  },
]

export function fillLake(lake: LakeStore, accountId: string): void {
  const storeArn = arnOf('eventdatastore', region, accountId, managementStore)
  lake.stores.push(
    {
      region,
      id: managementStore,
      description: {
        Name: 'devto-management',
        Status: 'ENABLED',
        AdvancedEventSelectors: managementEvents,
        MultiRegionEnabled: true,
        OrganizationEnabled: false,
        RetentionPeriod: 2557,
        TerminationProtectionEnabled: true,
        CreatedTimestamp: now - day,
        UpdatedTimestamp: now - day + 42.5,
        BillingMode: 'FIXED_RETENTION_PRICING',
        FederationStatus: 'DISABLED',
      },
    },
    {
      region,
      id: oldStore,
      description: {
        Name: 'first-try',
        Status: 'PENDING_DELETION',
        AdvancedEventSelectors: managementEvents,
        MultiRegionEnabled: false,
        OrganizationEnabled: false,
        RetentionPeriod: 7,
        TerminationProtectionEnabled: false,
        CreatedTimestamp: now - 2 * day,
        UpdatedTimestamp: now - day,
        KmsKeyId: `arn:aws:kms:${region}:${accountId}:key/0f6b8c1d-77aa-4b5e-9d5c-2f1e3c4b5a69`,
        BillingMode: 'EXTENDABLE_RETENTION_PRICING',
        FederationStatus: 'DISABLED',
      },
    },
  )
  lake.channels.push({
    region,
    id: '7d1f0e52-3b44-4c0f-9a7e-2f6c1b8d9e31',
    description: {
      Name: 'devto-audit',
      Source: 'Custom',
      SourceConfig: { ApplyToAllRegions: false, AdvancedEventSelectors: [] },
      Destinations: [{ Type: 'EVENT_DATA_STORE', Location: storeArn }],
      IngestionStatus: {
        LatestIngestionSuccessTime: now - 600,
        LatestIngestionSuccessEventID: '2b6f9a10-11aa-4c7d-8f22-0d9c3e5b7a18',
        LatestIngestionAttemptTime: now - 300,
        LatestIngestionAttemptEventID: '9e3d5c77-68f1-4a0b-b9d4-7c1e2f3a4b5c',
        LatestIngestionErrorCode: 'InvalidEventData',
      },
    },
  })
  const imported = (ImportId: string, ImportStatus: string, age: number, failed: number) => ({
    region,
    description: {
      ImportId,
      ImportStatus,
      Destinations: [storeArn],
      CreatedTimestamp: now - age,
      UpdatedTimestamp: now - age + 900,
      StartEventTime: now - 30 * day,
      EndEventTime: now - day,
      ImportSource: {
        S3: {
          S3LocationUri: `s3://aws-cloudtrail-logs-${accountId}-devto/AWSLogs/${accountId}/CloudTrail/`,
          S3BucketRegion: region,
          S3BucketAccessRoleArn: `arn:aws:iam::${accountId}:role/service-role/devto-import`,
        },
      },
      ImportStatistics: {
        PrefixesFound: 34,
        PrefixesCompleted: 34 - failed,
        FilesCompleted: 411,
        EventsCompleted: 18_204,
        FailedEntries: failed,
      },
    },
  })
  lake.imports.push(
    imported('b1c2d3e4-f5a6-4788-99aa-bbccddeeff00', 'FAILED', 20_000, 3),
    imported('c2d3e4f5-a6b7-4899-aabb-ccddeeff0011', 'COMPLETED', 10_000, 0),
  )
  const asked = (QueryId: string, QueryStatus: string, age: number, more: object) => ({
    region,
    store: managementStore,
    description: {
      QueryId,
      QueryStatus,
      QueryString: `SELECT eventName, count(*) FROM ${managementStore} GROUP BY eventName`,
      QueryStatistics: {
        EventsMatched: 36,
        EventsScanned: 18_240,
        BytesScanned: 9_741_120,
        ExecutionTimeInMillis: 2_318,
        CreationTime: now - age,
      },
      ...more,
    },
  })
  lake.queries.push(
    asked('d3e4f5a6-b7c8-499a-abbc-cddeeff00112', 'FINISHED', 5_000, {
      DeliveryS3Uri: `s3://aws-cloudtrail-lake-query-results-${accountId}-${region}/`,
      DeliveryStatus: 'SUCCESS',
    }),
    asked('e4f5a6b7-c8d9-4aab-bccd-deeff0011223', 'FAILED', 4_000, {
      ErrorMessage: 'The query was too large.',
    }),
  )
}
