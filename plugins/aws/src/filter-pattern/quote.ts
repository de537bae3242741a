/** Texts inside filter patterns. */

/**
 * Texts of which every character's meaning between double quotes is known: printable ASCII. Excluded are `%`, which
 * delimits regular expressions (no page says whether it does so inside quotes), and `*`, a wildcard that nothing
 * makes literal and that is documented only at a value's ends.
 */
const known = /^[ -$&-)+-~]+$/

/** Terms of nothing but space match everything; it is documented nowhere whether that holds for values. */
const blank = /^ +$/

/**
 * Texts that look like other JSON values: it is documented nowhere whether `$.f = "1"` or `"true"` holds for the JSON
 * value, for the text, or for both.
 */
const otherJsonLike = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|true|false|null)$/i

/** Whether a text can stand in a pattern with no doubt about what it matches. */
export function isCertain(value: string): boolean {
  return known.test(value) && !blank.test(value) && !otherJsonLike.test(value)
}

/** A text in double quotes; a backslash precedes quotes and backslashes. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
