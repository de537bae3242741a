/**
 * SQL conditions on a text field as conditions of a filter pattern.
 *
 * The law of quals holds: what cannot be expressed for certain is left out, and more events match. The columns hold a
 * field's value only where it is a JSON string, and NULL otherwise; so for numbers, booleans, null, lists, objects
 * and absent fields the query's condition is not true, and it does not matter what a pattern makes of them. That is
 * also why IS NULL cannot be expressed: a pattern has no condition for "no string", and matches no message that is
 * not JSON. IS NOT NULL can: a text either is another text or is not.
 */
import type { Operator, Qual } from '@millrace/plugin-sdk'
import { anyOf, type Condition } from './condition.js'
import { likeConditions } from './like.js'
import { isCertain } from './quote.js'
import { regularExpressionConditions } from './regular-expression.js'

/** Operators that {@link textConditions} can translate. */
export const textOperators: readonly Operator[] = ['=', '<>', '~~', '~', 'is not null']

/** @param field the field's path in the event, such as `userIdentity.type` */
export function textConditions(field: string, qual: Qual<string>): readonly Condition[] {
  switch (qual.operator) {
    case '=': {
      if (!qual.values.every(isCertain)) return []
      const condition = anyOf(
        qual.values.map((pattern): Condition => ({ kind: 'text', field, operator: '=', pattern })),
      )
      return condition === undefined ? [] : [condition]
    }
    case '<>':
      if (!isCertain(qual.value)) return []
      return [{ kind: 'text', field, operator: '!=', pattern: qual.value }]
    case '~~':
      return likeConditions(field, qual.value)
    case '~':
      return regularExpressionConditions(field, qual.value)
    case 'is not null':
      return [isPresent(field)]
    default:
      return []
  }
}

/**
 * A condition that a field is a text. `$.f = "*"` would do for most; it is documented nowhere whether the empty text
 * matches it.
 */
function isPresent(field: string): Condition {
  const other = (operator: '=' | '!='): Condition => ({ kind: 'text', field, operator, pattern: 'a' })
  return { kind: 'any of', conditions: [other('='), other('!=')] }
}

export function booleanConditions(field: string, qual: Qual<boolean>): readonly Condition[] {
  const values = qual.operator === '=' ? qual.values : qual.operator === 'is not null' ? [true, false] : []
  const condition = anyOf(
    values.map((value): Condition => ({ kind: 'is', field, state: value ? 'TRUE' : 'FALSE' })),
  )
  return condition === undefined ? [] : [condition]
}
