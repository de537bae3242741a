import type { CloudTrail } from '@aws-sdk/client-cloudtrail'
import type { AwsService } from './aws-service.js'

export const cloudTrail: AwsService<CloudTrail> = {
  name: 'CLOUDTRAIL',
  actions: 'cloudtrail',
  client: async (settings) => new (await import('@aws-sdk/client-cloudtrail')).CloudTrail(settings),
  /** CloudTrail user guide, "Quotas in AWS CloudTrail": calls to get, describe and list, and LookupEvents. */
  callsPerSecond: (call) => (call === 'LookupEvents' ? 2 : 10),
}
