/** AWS Organizations, of which the plugin asks for the account's organization. */
import type { Account } from './account.js'
import { AwsError } from './aws-error.js'
import { type AwsService, json } from './aws-service.js'

export function organizationsService(account: Account): AwsService {
  return {
    name: 'organizations',
    protocol: 'json',
    identifier: 'AWSOrganizationsV20161128',
    throttlingCode: 'TooManyRequestsException',
    operations: {
      DescribeOrganization: () => {
        if (account.organization === undefined) {
          throw new AwsError(
            'AWSOrganizationsNotInUseException',
            'Your account is not a member of an organization.',
          )
        }
        return json({ Organization: account.organization })
      },
    },
  }
}
