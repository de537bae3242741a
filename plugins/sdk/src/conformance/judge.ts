/** Conditions as PostgreSQL decides them, as far as this can be known without asking it. */
import type { Column, ColumnType } from '../column.js'
import type { Qual } from '../qual.js'
import { canonicalValue } from './column-values.js'

/** Whether a condition is true of a value; `unknown` where only PostgreSQL can say. */
export type Verdict = 'true' | 'false' | 'unknown'

export function judge(qual: Qual, value: unknown, { type }: Column): Verdict {
  const isNull = value === null || value === undefined
  if (qual.operator === 'is null') return verdict(isNull)
  if (qual.operator === 'is not null') return verdict(!isNull)
  // No other condition is true of NULL.
  if (isNull) return 'false'
  const own = canonicalValue(value, type)
  if (own === undefined) return 'unknown'
  switch (qual.operator) {
    case '=':
      return verdict(qual.values.some((other) => canonicalValue(other, type) === own))
    case '<>':
      return canonicalValue(qual.value, type) === undefined
        ? 'unknown'
        : verdict(canonicalValue(qual.value, type) !== own)
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const bound = canonicalValue(qual.value, type)
      const order = bound === undefined ? undefined : compare(own, bound, type)
      if (order === undefined) return 'unknown'
      if (order === 0) return verdict(qual.operator.endsWith('='))
      return verdict(order < 0 === qual.operator.startsWith('<'))
    }
    default:
      return 'value' in qual ? judgePattern(qual.operator, qual.value, String(value)) : 'unknown'
  }
}

function verdict(isTrue: boolean): Verdict {
  return isTrue ? 'true' : 'false'
}

/** How PostgreSQL sorts; undefined where it depends on a collation, or on more than is known here. */
export function compare(own: unknown, other: unknown, type: ColumnType): number | undefined {
  if (own === other) return 0
  if (type === 'numeric')
    return Number(own) === Number(other) ? undefined : Math.sign(Number(own) - Number(other))
  if (type === 'text') {
    // Lower-case letters sort alike everywhere.
    return /^[a-z]+$/.test(String(own)) && /^[a-z]+$/.test(String(other))
      ? String(own) < String(other)
        ? -1
        : 1
      : undefined
  }
  if (type === 'date') return String(own) < String(other) ? -1 : 1
  if (typeof own === 'bigint' && typeof other === 'bigint') return own < other ? -1 : 1
  if (typeof own === 'number' && typeof other === 'number') return own < other ? -1 : 1
  return undefined
}

/** The suite's own patterns only: LIKE with backslashes, and expressions of literal characters, anchors and dots. */
function judgePattern(operator: string, pattern: string, text: string): Verdict {
  const ignoresCase = operator.endsWith('*')
  // Beyond ASCII, upper and lower case depend on PostgreSQL's locale.
  if (ignoresCase && !/^[ -~]*$/.test(pattern + text)) return 'unknown'
  const source = operator.includes('~~') ? likeSource(pattern) : pattern
  const isTrue = new RegExp(source, ignoresCase ? 'sui' : 'su').test(text)
  return verdict(isTrue !== operator.startsWith('!'))
}

function likeSource(pattern: string): string {
  const parts = [...pattern.matchAll(/\\?[\s\S]/gu)].map(([part]) => {
    if (part === '%') return '.*'
    if (part === '_') return '.'
    return escapeExpression(part.length > 1 && part.startsWith('\\') ? part.slice(1) : part)
  })
  return `^${parts.join('')}$`
}

/** A text as an expression that matches it, for JavaScript and PostgreSQL. */
export function escapeExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&')
}
