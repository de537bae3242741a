import { STSClient } from '@aws-sdk/client-sts'
import type { AwsService } from './aws-service.js'

export const sts: AwsService<STSClient> = {
  name: 'STS',
  actions: 'sts',
  client: (settings) => new STSClient(settings),
}
