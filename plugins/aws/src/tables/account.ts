/**
 * aws_account: the account whose credentials are in use, by IAM's ListAccountAliases and Organizations'
 * DescribeOrganization. Always one row.
 */
import { jsonb, type Row, type Scan, text } from '@millrace/plugin-sdk'
import { awsCall, awsCallExpecting, ExpectedError } from '../calls/aws-call.js'
import { tokenPages } from '../calls/token-pages.js'
import { accountKey, identityColumns, identityOfScan } from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { callsOf } from '../services/aws-service.js'
import { iam } from '../services/iam.js'
import { organizations } from '../services/organizations.js'

const columns = {
  account_aliases: jsonb("The account's aliases, as a list."),
  arn: text('The ARN of the account.'),
  organization_id: text(
    'The identifier of the organization that the account is in; NULL where it is in none.',
  ),
  organization_arn: text('The ARN of the organization.'),
  organization_feature_set: text('What the organization is for: ALL, or CONSOLIDATED_BILLING.'),
  organization_master_account_arn: text("The ARN of the organization's management account."),
  organization_master_account_email: text("The e-mail address of the organization's management account."),
  organization_master_account_id: text("The number of the organization's management account."),
  organization_available_policy_types: jsonb('Kinds of policies that the organization can use, as a list.'),
  title: text('A title for the account: its first alias, else its number.'),
  akas: jsonb('Globally unique names of the account: a list of its ARN.'),
  partition: identityColumns.partition,
  region: text('Always global.'),
  account_id: text('The number of the account.'),
}

export type AccountColumns = typeof columns

type AccountScan = Scan<AwsConnection, AccountColumns>
type AccountRow = Row<AccountColumns>

const notInOrganization = ['AWSOrganizationsNotInUseException']

export const account = defineTable({
  name: 'aws_account',
  description: 'The account whose credentials are in use, its aliases and its organization.',
  columns,
  calls: [...callsOf(iam, 'ListAccountAliases'), ...callsOf(organizations, 'DescribeOrganization')],
  keys: {
    account_id: accountKey,
  },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id, ['arn', 'akas', 'title'])
    if (identity === undefined) return
    const { partition, account_id } = identity
    // An account has no ARN of its own; this form is Steampipe's.
    const arn = account_id === null ? null : `arn:${partition}:::${account_id}`
    yield [{ arn, akas: arn === null ? null : jsonOrNull([arn]), region: 'global', ...identity }]
  },
  hydrate: {
    aliases: { columns: ['account_aliases', 'title'], fetch: fetchAliases },
    organization: {
      columns: [
        'organization_id',
        'organization_arn',
        'organization_feature_set',
        'organization_master_account_arn',
        'organization_master_account_email',
        'organization_master_account_id',
        'organization_available_policy_types',
      ],
      // Only some of an organization's members may ask for it.
      optional: ['AccessDeniedException'],
      fetch: fetchOrganization,
    },
  },
  examples: [
    {
      title: 'Who this connection is',
      sql: 'select account_id, title, partition from aws_account',
    },
    {
      title: "The organization's management account",
      sql: `select organization_id, organization_master_account_id, organization_master_account_email
from aws_account`,
    },
    {
      title: 'Kinds of policies in use in the organization',
      sql: `select policy ->> 'Type' as type, policy ->> 'Status' as status
from aws_account, jsonb_array_elements(organization_available_policy_types) as policy`,
    },
  ],
})

async function fetchAliases(row: AccountRow, scan: AccountScan): Promise<AccountRow> {
  const { connection } = scan
  const region = await connection.defaultRegion()
  const pages = tokenPages('ListAccountAliases', undefined, async (Marker) => {
    const answer = await awsCall(scan, 'ListAccountAliases', region, async (abortSignal) =>
      (await connection.client(iam, region)).listAccountAliases({ Marker }, { abortSignal }),
    )
    return { items: answer.AccountAliases ?? [], token: answer.IsTruncated ? answer.Marker : undefined }
  })
  const aliases: string[] = []
  for await (const page of pages) aliases.push(...page)
  return { account_aliases: jsonOrNull(aliases), title: aliases[0] ?? row.account_id }
}

async function fetchOrganization(_row: AccountRow, scan: AccountScan): Promise<AccountRow> {
  const { connection } = scan
  const region = await connection.defaultRegion()
  const answer = await awsCallExpecting(
    scan,
    'DescribeOrganization',
    region,
    notInOrganization,
    async (abortSignal) =>
      (await connection.client(organizations, region)).describeOrganization({}, { abortSignal }),
  )
  if (answer instanceof ExpectedError || answer.Organization === undefined) return {}
  const { Organization: organization } = answer
  return {
    organization_id: organization.Id,
    organization_arn: organization.Arn,
    organization_feature_set: organization.FeatureSet,
    organization_master_account_arn: organization.MasterAccountArn,
    organization_master_account_email: organization.MasterAccountEmail,
    organization_master_account_id: organization.MasterAccountId,
    organization_available_policy_types: jsonOrNull(organization.AvailablePolicyTypes),
  }
}
