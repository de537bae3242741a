/** Writes statements that aim at one rule of the planner each, so that every rule is met whatever else chance writes. */
import type { Choices } from './choices.js'
import { boundRules } from './rules/bound-rules.js'
import { conditionRules } from './rules/condition-rules.js'
import { joinRules } from './rules/join-rules.js'
import { limitRules } from './rules/limit-rules.js'
import { orderRules } from './rules/order-rules.js'
import { repeatRules } from './rules/repeat-rules.js'
import { type Rule, type RuleContext, RuleParts, type RuleStatement } from './rules/rule-parts.js'
import { scanRules } from './rules/scan-rules.js'
import { subqueryRules } from './rules/subquery-rules.js'
import { unmatchedRules } from './rules/unmatched-rules.js'
import { unreadRules } from './rules/unread-rules.js'

const rules: readonly Rule[] = [
  ...conditionRules,
  ...boundRules,
  ...repeatRules,
  ...orderRules,
  ...limitRules,
  ...unreadRules,
  ...unmatchedRules,
  ...joinRules,
  ...scanRules,
  ...subqueryRules,
]

/** How many there are. The first choice of a statement says which it aims at. */
export const ruleCount = rules.length

/** Where the tables have no columns for that rule, the next one is aimed at. */
export function ruleStatement(choices: Choices, context: RuleContext): RuleStatement {
  const first = choices.below(ruleCount)
  const parts = new RuleParts(choices, context)
  for (const rule of [...rules.slice(first), ...rules.slice(0, first)]) {
    const statement = rule(parts)
    if (statement !== undefined) return statement
  }
  return { text: 'select 1', isOrdered: false }
}
