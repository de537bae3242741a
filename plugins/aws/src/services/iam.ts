import type { IAM } from '@aws-sdk/client-iam'
import type { AwsService } from './aws-service.js'

export const iam: AwsService<IAM> = {
  name: 'IAM',
  actions: 'iam',
  client: async (settings) => new (await import('@aws-sdk/client-iam')).IAM(settings),
}
