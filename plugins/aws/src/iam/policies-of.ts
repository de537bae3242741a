/** The policies of one user or role, which IAM lists by calls of their own. */
import type { IAM } from '@aws-sdk/client-iam'
import type { JsonText } from '@millrace/plugin-sdk'
import { listOrNull } from '../columns/json-value.js'
import { type IamPage, type IamScan, iamCall, iamItems, type SendOne, type SendPage } from './iam-call.js'
import { type InlinePolicy, type InlinePolicyColumns, inlinePolicyColumns } from './inline-policies.js'

/** A call by its name in the API. */
interface Call<Send> {
  readonly name: string
  readonly send: Send
}

interface PolicyNamesPage extends IamPage {
  readonly PolicyNames?: readonly string[] | undefined
}

interface AttachedPoliciesPage extends IamPage {
  readonly AttachedPolicies?: readonly { readonly PolicyArn?: string | undefined }[] | undefined
}

/**
 * Those that are part of it.
 * @param list gives their names
 * @param get gives the one of a name
 */
export async function inlinePoliciesOf(
  scan: IamScan,
  list: Call<SendPage<PolicyNamesPage>>,
  get: Call<
    (client: IAM, policyName: string, options: Parameters<SendOne<unknown>>[1]) => Promise<InlinePolicy>
  >,
): Promise<InlinePolicyColumns> {
  const names = await iamItems(scan, list.name, list.send, ({ PolicyNames }) => PolicyNames)
  const policies = await Promise.all(
    names.map((policyName) =>
      iamCall(scan, get.name, (client, options) => get.send(client, policyName, options)),
    ),
  )
  return inlinePolicyColumns(policies.filter((policy) => policy !== undefined))
}

/** The ARNs of those that are attached to it; NULL where there are none. */
export async function attachedPolicyArns(
  scan: IamScan,
  { name, send }: Call<SendPage<AttachedPoliciesPage>>,
): Promise<JsonText | null> {
  const policies = await iamItems(scan, name, send, ({ AttachedPolicies }) => AttachedPolicies)
  return listOrNull(policies.map(({ PolicyArn }) => PolicyArn))
}
