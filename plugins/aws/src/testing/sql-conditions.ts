/** Conditions as PostgreSQL decides them, for tests that compare what a table fetched with what it should. */
import type { Qual } from '@millrace/plugin-sdk'

/** Whether a row stays: a condition on NULL is not true, except IS NULL. */
export function holds<Value extends string | bigint | boolean>(
  qual: Qual<Value>,
  value: Value | null | undefined,
): boolean {
  if (value === null || value === undefined) return qual.operator === 'is null'
  switch (qual.operator) {
    case '=':
      return qual.values.includes(value)
    case '<>':
      return value !== qual.value
    case '<':
      return value < qual.value
    case '<=':
      return value <= qual.value
    case '>':
      return value > qual.value
    case '>=':
      return value >= qual.value
    case '~~':
      return like(String(value), qual.value)
    case '~':
      // The expressions of tests mean the same to JavaScript, and a dot is any character to PostgreSQL.
      return new RegExp(qual.value, 's').test(String(value))
    case 'is not null':
      return true
    default:
      throw new Error(`no test needs ${qual.operator}`)
  }
}

/** SQL's LIKE; false for a pattern that ends in its escape character, which PostgreSQL refuses. */
export function like(text: string, pattern: string): boolean {
  const characters = [...text]
  const parts = partsOf(pattern)
  if (parts === undefined) return false
  // By columns of the usual table: the places in the text that a beginning of the pattern can reach.
  let reached = new Set([0])
  for (const part of parts) {
    const next = new Set<number>()
    for (const at of reached) {
      if (part === 'any run') for (let to = at; to <= characters.length; to++) next.add(to)
      else if (at < characters.length && (part === 'any' || part.character === characters[at])) {
        next.add(at + 1)
      }
    }
    reached = next
  }
  return reached.has(characters.length)
}

type Part = 'any run' | 'any' | { readonly character: string }

function partsOf(pattern: string): Part[] | undefined {
  const parts: Part[] = []
  const characters = [...pattern]
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]
    if (character === '%') parts.push('any run')
    else if (character === '_') parts.push('any')
    else {
      const meant = character === '\\' ? characters[++index] : character
      if (meant === undefined) return undefined
      parts.push({ character: meant })
    }
  }
  return parts
}
