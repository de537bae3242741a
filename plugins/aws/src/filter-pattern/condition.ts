/**
 * Conditions of CloudWatch Logs' filter patterns for JSON, as a tree.
 *
 * The grammar is that of the AWS page "Filter pattern syntax for metric filters, subscription filters, filter log
 * events, and Live Tail". It has no general NOT; each condition defines what it can negate.
 */
import { quote } from './quote.js'

export type Condition =
  /** A text, where `*` stands for any run of characters. `!=` holds only where the field is present. */
  | { readonly kind: 'text'; readonly field: string; readonly operator: '=' | '!='; readonly pattern: string }
  /** A regular expression of CloudWatch Logs, which matches anywhere in the field's text. */
  | { readonly kind: 'matches'; readonly field: string; readonly expression: string }
  | { readonly kind: 'is'; readonly field: string; readonly state: 'TRUE' | 'FALSE' | 'NULL' }
  | { readonly kind: 'not exists'; readonly field: string }
  | { readonly kind: 'any of'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'all of'; readonly conditions: readonly Condition[] }

/** A condition that a text equals one of several. */
export function anyOf(conditions: readonly Condition[]): Condition | undefined {
  const [first, ...others] = conditions
  return others.length === 0 ? first : { kind: 'any of', conditions }
}

export function allOf(conditions: readonly Condition[]): Condition | undefined {
  const [first, ...others] = conditions
  return others.length === 0 ? first : { kind: 'all of', conditions }
}

/** The number of regular expressions in a condition. */
export function countExpressions(condition: Condition): number {
  switch (condition.kind) {
    case 'matches':
      return 1
    case 'any of':
    case 'all of':
      return condition.conditions.reduce((sum, part) => sum + countExpressions(part), 0)
    default:
      return 0
  }
}

/** A condition as it stands between the braces of a pattern. */
export function render(condition: Condition): string {
  switch (condition.kind) {
    case 'text':
      return `$.${condition.field} ${condition.operator} ${quote(condition.pattern)}`
    case 'matches':
      return `$.${condition.field} = %${condition.expression}%`
    case 'is':
      return `$.${condition.field} IS ${condition.state}`
    case 'not exists':
      return `$.${condition.field} NOT EXISTS`
    case 'any of':
      return condition.conditions.map((part) => `(${render(part)})`).join(' || ')
    case 'all of':
      return condition.conditions.map((part) => `(${render(part)})`).join(' && ')
  }
}
