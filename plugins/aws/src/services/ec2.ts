import type { EC2 } from '@aws-sdk/client-ec2'
import type { AwsService } from './aws-service.js'

export const ec2: AwsService<EC2> = {
  name: 'EC2',
  actions: 'ec2',
  client: async (settings) => new (await import('@aws-sdk/client-ec2')).EC2(settings),
}
