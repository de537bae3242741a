import { EC2Client } from '@aws-sdk/client-ec2'
import type { AwsService } from './aws-service.js'

export const ec2: AwsService<EC2Client> = {
  name: 'EC2',
  actions: 'ec2',
  client: (settings) => new EC2Client(settings),
}
