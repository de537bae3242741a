/** Conditions on a text that is known before anything is asked, such as the region that a call would go to. */
import type { Operator, Qual } from './qual.js'

/** Operators that {@link mayFulfil} looks at. */
export const knownTextOperators: readonly Operator[] = ['=', '<>', '~~', '~~*', '!~~', '!~~*']

/** Whether a text may fulfil all conditions on it; true also where only PostgreSQL can decide. */
export function mayFulfil(quals: readonly Qual<string>[] | undefined, text: string): boolean {
  return (quals ?? []).every((qual) => mayFulfilOne(qual, text))
}

function mayFulfilOne(qual: Qual<string>, text: string): boolean {
  switch (qual.operator) {
    case '=':
      return qual.values.includes(text)
    case '<>':
      return qual.value !== text
    case '~~':
      return likeTest(qual.value, 'su')?.test(text) ?? true
    case '~~*':
      // Beyond ASCII, upper and lower case depend on PostgreSQL's locale.
      return !isAscii(qual.value + text) || (likeTest(qual.value, 'sui')?.test(text) ?? true)
    case '!~~':
    case '!~~*':
      // Texts that match when case counts also match, in every locale, when it does not.
      return !(likeTest(qual.value, 'su')?.test(text) ?? false)
    default:
      return true
  }
}

/** @returns undefined for a pattern that ends in its escape character, which PostgreSQL rejects */
function likeTest(pattern: string, flags: string): RegExp | undefined {
  let source = ''
  for (const [part] of pattern.matchAll(/\\?[\s\S]/gu)) {
    if (part === '\\') return undefined
    if (part === '%') source += '.*'
    else if (part === '_') source += '.'
    else source += part.replace(/^\\(?=[\s\S])/, '').replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  }
  return new RegExp(`^${source}$`, flags)
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text)
}
