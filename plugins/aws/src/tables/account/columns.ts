/** Columns of aws_account. */
import { jsonb, text } from '@millrace/plugin-sdk/column'
import { identityColumns } from '../../columns/identity-columns.js'

export const columns = {
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
