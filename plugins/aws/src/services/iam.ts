import { IAMClient } from '@aws-sdk/client-iam'
import type { AwsService } from './aws-service.js'

export const iam: AwsService<IAMClient> = {
  name: 'IAM',
  actions: 'iam',
  client: (settings) => new IAMClient(settings),
}
