import type { Organizations } from '@aws-sdk/client-organizations'
import type { AwsService } from './aws-service.js'

export const organizations: AwsService<Organizations> = {
  name: 'ORGANIZATIONS',
  actions: 'organizations',
  client: async (settings) => new (await import('@aws-sdk/client-organizations')).Organizations(settings),
}
