/** The article's account, and the organization that it manages. */
import type { Account } from '../aws/account.js'

export function articleAccount(accountId: string): Account {
  const id = 'o-a1b2c3d4e5'
  return {
    aliases: ['devto-articles'],
    organization: {
      Id: id,
      Arn: `arn:aws:organizations::${accountId}:organization/${id}`,
      FeatureSet: 'ALL',
      MasterAccountArn: `arn:aws:organizations::${accountId}:account/${id}/${accountId}`,
      MasterAccountId: accountId,
      MasterAccountEmail: 'aws@articles.example',
      AvailablePolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }],
    },
  }
}
