import { tokensOf } from './parser.js'

/** What may be shown of a statement: names, keywords, parameters, operators and punctuation. */
const shown = [
  /^[\p{L}_][\p{L}\p{N}_$]*$/u,
  /^(?:U&)?"[^']*"$/i,
  /^\$\d+$/,
  /^[-+*/<>=~!@#%^&|`?.,;:()[\]]+$/,
]

/** The longest text that is looked at, and the most characters of what is shown of it. */
const longestText = 20_000
const mostShown = 1_000

/**
 * A statement without what it may hold of values and secrets: `?` stands for each literal, and comments are left out.
 * Everything goes that is not known to be harmless. Lists of literals are shortened.
 * @returns undefined where the text cannot be told apart, or is very long
 */
export function withoutLiterals(text: string): string | undefined {
  if (text.length > longestText) return undefined
  const parts: string[] = []
  let end = 0
  try {
    for (const token of tokensOf(text)) {
      if (token.start > end && parts.length > 0) parts.push(' ')
      parts.push(shown.some((form) => form.test(token.text)) ? token.text : '?')
      end = token.end
    }
  } catch {
    // Such as a literal that does not end.
    return undefined
  }
  const whole = parts.join('').replace(/\?(?:, ?\?)+/g, '?, …')
  return whole.length > mostShown ? `${whole.slice(0, mostShown)}…` : whole
}
