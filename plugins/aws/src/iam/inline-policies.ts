/** Policies that are part of a user or a role. */
import type { JsonText } from '@millrace/plugin-sdk'
import { jsonOrNull } from '../columns/json-value.js'
import { canonicalPolicy, policyOf } from './policy-document.js'

export interface InlinePolicy {
  readonly PolicyName?: string | undefined
  /** As the API gives it. */
  readonly PolicyDocument?: string | undefined
}

export interface InlinePolicyColumns {
  readonly inline_policies: JsonText | null
  readonly inline_policies_std: JsonText | null
}

/** NULL where there are none, as in Steampipe. */
export function inlinePolicyColumns(policies: readonly InlinePolicy[]): InlinePolicyColumns {
  if (policies.length === 0) return { inline_policies: null, inline_policies_std: null }
  const parsed = policies.map(({ PolicyName, PolicyDocument }) => ({
    PolicyName,
    PolicyDocument: policyOf(PolicyDocument),
  }))
  return {
    inline_policies: jsonOrNull(parsed),
    inline_policies_std: jsonOrNull(
      parsed.map(({ PolicyName, PolicyDocument }) => ({
        PolicyName,
        PolicyDocument: canonicalPolicy(PolicyDocument),
      })),
    ),
  }
}
