/** The article's trail, and where its events are. */
import type { Trail } from '../aws/trail-store.js'

export const articleRegion = 'us-east-1'
export const articleLogGroup = 'cloudtrail-cwg-devto'

/** The log group of events from IPv6 addresses, which stand apart: the article's pattern would take some of them. */
export const ipv6LogGroup = 'cloudtrail-ipv6'

/** The log group of messages that are not CloudTrail records, or are strange ones. */
export const oddLogGroup = 'sandbox/odd-messages'

/** A log group that has a stream and no events. */
export const emptyLogGroup = 'sandbox/empty'

export function articleStream(accountId: string): string {
  return `${accountId}_CloudTrail_${articleRegion}`
}

/** When the article's trail delivered last. */
export const articleDelivery = Date.UTC(2022, 6, 6, 20, 38, 9)

export function articleTrail(accountId: string): Trail {
  const delivered = articleDelivery / 1000
  return {
    name: 'cloudtrail-for-devto',
    homeRegion: articleRegion,
    isMultiRegion: false,
    description: {
      S3BucketName: `aws-cloudtrail-logs-${accountId}-devto`,
      IncludeGlobalServiceEvents: true,
      LogFileValidationEnabled: true,
      // The article prints it like this: without `log-group:` and without `:*`.
      CloudWatchLogsLogGroupArn: `arn:aws:logs:${articleRegion}:${accountId}:${articleLogGroup}`,
      CloudWatchLogsRoleArn: `arn:aws:iam::${accountId}:role/service-role/cloudtrail-for-devto`,
      HasCustomEventSelectors: true,
      HasInsightSelectors: false,
      IsOrganizationTrail: false,
    },
    status: {
      IsLogging: true,
      LatestDeliveryTime: delivered,
      LatestCloudWatchLogsDeliveryTime: delivered - 2,
      LatestDigestDeliveryTime: delivered - 1210,
      LatestDeliveryAttemptTime: '2022-07-06T20:38:09Z',
      LatestDeliveryAttemptSucceeded: '2022-07-06T20:38:09Z',
      LatestNotificationAttemptTime: '',
      LatestNotificationAttemptSucceeded: '',
      StartLoggingTime: Date.UTC(2022, 6, 5, 15, 2, 41) / 1000,
      TimeLoggingStarted: '2022-07-05T15:02:41Z',
      TimeLoggingStopped: '',
    },
    eventSelectors: [
      {
        ReadWriteType: 'All',
        IncludeManagementEvents: true,
        DataResources: [],
        ExcludeManagementEventSources: [],
      },
    ],
    tags: { Purpose: 'devto', Owner: 'articles' },
  }
}
