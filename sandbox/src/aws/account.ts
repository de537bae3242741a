/** What IAM and Organizations return for the sandbox's account. */

/** An organization as DescribeOrganization gives it. */
export interface Organization {
  readonly Id: string
  readonly Arn: string
  readonly FeatureSet: 'ALL' | 'CONSOLIDATED_BILLING'
  readonly MasterAccountArn: string
  readonly MasterAccountId: string
  readonly MasterAccountEmail: string
  readonly AvailablePolicyTypes: readonly { readonly Type: string; readonly Status: string }[]
}

/** An account's properties; may be changed at any time. */
export interface Account {
  aliases: readonly string[]
  /** The organization; undefined for an account that is in none. */
  organization: Organization | undefined
}
