/** What IAM and Organizations tell of the sandbox's account. */

/** As DescribeOrganization gives it. */
export interface Organization {
  readonly Id: string
  readonly Arn: string
  readonly FeatureSet: 'ALL' | 'CONSOLIDATED_BILLING'
  readonly MasterAccountArn: string
  readonly MasterAccountId: string
  readonly MasterAccountEmail: string
  readonly AvailablePolicyTypes: readonly { readonly Type: string; readonly Status: string }[]
}

/** May be changed at any time. */
export interface Account {
  aliases: readonly string[]
  /** Undefined for an account that is in none. */
  organization: Organization | undefined
}
