/** AWS Identity and Access Management, of which the plugin asks for the account's aliases. */
import { z } from 'zod'
import type { Account } from './account.js'
import type { AwsService } from './aws-service.js'
import { ListPages } from './list-pages.js'
import { checkBetween } from './read-input.js'
import { escapeXml } from './wire.js'

const formInput = z.record(z.string(), z.string())

const mostAliasesPerPage = 1000

export function iamService(account: Account): AwsService {
  const pages = new ListPages()
  return {
    name: 'iam',
    protocol: 'query',
    identifier: '2010-05-08',
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    throttlingCode: 'Throttling',
    operations: {
      ListAccountAliases: (raw) => {
        const { MaxItems, Marker } = formInput.parse(raw)
        const limit = Number(MaxItems ?? 100)
        checkBetween(limit, 'maxItems', 1, mostAliasesPerPage, 'ValidationError')
        const { items, token } = pages.cut(account.aliases, {
          limit,
          token: Marker,
          fingerprint: 'ListAccountAliases',
          invalidToken: 'ValidationError',
        })
        const members = items.map((alias) => `<member>${escapeXml(alias)}</member>`).join('')
        const more = token === undefined ? '' : `<Marker>${escapeXml(token)}</Marker>`
        return {
          text: `<AccountAliases>${members}</AccountAliases><IsTruncated>${token !== undefined}</IsTruncated>${more}`,
        }
      },
    },
  }
}
