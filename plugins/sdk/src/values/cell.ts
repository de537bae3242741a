/** Values as files and answers have them, before they become values of a column. */
import { numberText } from '../json.js'

/**
 * A text, a number, a truth value, NULL, or a list or object of JSON; numbers are as `parseJson` reads them, or a
 * bigint. Undefined is nothing at all, which becomes NULL.
 */
export type Cell = unknown

/** The digits of a number. */
export function digitsOf(cell: Cell): string | undefined {
  return typeof cell === 'bigint' ? String(cell) : numberText(cell)
}

/** How a format's texts are meant: in CSV, everything is a text; elsewhere, a text that looks like a number is none. */
export type TextMeaning = 'anything' | 'text'
