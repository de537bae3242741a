/**
 * LIKE for APIs that list by the beginning of a name.
 */
import type { Qual } from '@millrace/plugin-sdk'

/** The longest beginning that a column's LIKE conditions ask for; '' where they ask for none. */
export function longestLikePrefix(quals: readonly Qual<string>[] | undefined): string {
  return (quals ?? [])
    .map((qual) => (qual.operator === '~~' ? likePrefix(qual.value) : ''))
    .reduce((longest, prefix) => (prefix.length > longest.length ? prefix : longest), '')
}

/**
 * What a text must begin with to fulfil LIKE.
 * @param pattern SQL's: `%` and `_` stand for others, a backslash takes the next character as it is
 * @returns '' where any beginning will do, or where the pattern is invalid
 */
function likePrefix(pattern: string): string {
  let prefix = ''
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index)
    if (character === '%' || character === '_') return prefix
    if (character === '\\') {
      index++
      if (index === pattern.length) return ''
    }
    prefix += pattern.charAt(index)
  }
  return prefix
}
