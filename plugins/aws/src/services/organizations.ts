import { OrganizationsClient } from '@aws-sdk/client-organizations'
import type { AwsService } from './aws-service.js'

export const organizations: AwsService<OrganizationsClient> = {
  name: 'ORGANIZATIONS',
  actions: 'organizations',
  client: (settings) => new OrganizationsClient(settings),
}
