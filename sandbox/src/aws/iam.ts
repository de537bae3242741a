/** AWS Identity and Access Management: the account's aliases, its users and roles. */
import type { Account } from './account.js'
import type { AwsService } from './aws-service.js'
import { identityOperations } from './iam-identities.js'
import { formInput, IamPages } from './iam-pages.js'
import type { IdentityStore } from './identity-store.js'

export function iamService(account: Account, identities: IdentityStore): AwsService {
  const pages = new IamPages()
  return {
    name: 'iam',
    protocol: 'query',
    identifier: '2010-05-08',
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    throttlingCode: 'Throttling',
    operations: {
      ListAccountAliases: (raw) => pages.list('AccountAliases', formInput.parse(raw), account.aliases),
      ...identityOperations(identities, pages),
    },
  }
}
