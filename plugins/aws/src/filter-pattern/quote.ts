/**
 * Texts inside filter patterns.
 */

/**
 * Texts of which every character's meaning between double quotes is known: printable ASCII. Left out are `%`,
 * which delimits regular expressions (no page says whether quotes take that from it), and `*`, a wildcard that
 * nothing makes literal and that is documented at a value's ends only.
 */
const known = /^[ -$&-)+-~]+$/

/** Terms of nothing but space match everything, and whether that holds for values is said nowhere. */
const blank = /^ +$/

/** Whether `$.f = "1"` or `"true"` holds for the JSON value, for the text, or for both, is said nowhere. */
const otherJsonLike = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|true|false|null)$/i

/** Whether a text can stand in a pattern with no doubt about what it matches. */
export function isCertain(value: string): boolean {
  return known.test(value) && !blank.test(value) && !otherJsonLike.test(value)
}

/** A text in double quotes; a backslash stands before quotes and backslashes. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
