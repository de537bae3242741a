import type { STS } from '@aws-sdk/client-sts'
import type { AwsService } from './aws-service.js'

export const sts: AwsService<STS> = {
  name: 'STS',
  actions: 'sts',
  client: async (settings) => new (await import('@aws-sdk/client-sts')).STS(settings),
}
