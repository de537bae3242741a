import { CloudTrailClient } from '@aws-sdk/client-cloudtrail'
import type { AwsService } from './aws-service.js'

export const cloudTrail: AwsService<CloudTrailClient> = {
  name: 'CLOUDTRAIL',
  actions: 'cloudtrail',
  client: (settings) => new CloudTrailClient(settings),
  /** CloudTrail user guide, "Quotas in AWS CloudTrail": calls to get, describe and list, and LookupEvents. */
  callsPerSecond: (call) => (call === 'LookupEvents' ? 2 : 10),
}
