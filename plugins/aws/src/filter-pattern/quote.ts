/**
 * Texts inside filter patterns.
 */

/**
 * Texts of which every character's meaning between double quotes is known: printable ASCII. `%` is left out,
 * since it delimits regular expressions and no page says whether quotes take that from it.
 */
const known = /^[ -$&-~]+$/

/** Whether `$.f = "1"` holds for the number 1, for the text "1", or for both, is said nowhere. */
const numberLike = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** Whether a text can stand in a pattern with no doubt about what it matches. */
export function isCertain(value: string): boolean {
  return known.test(value) && !numberLike.test(value)
}

/** A text in double quotes; a backslash stands before quotes and backslashes. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
